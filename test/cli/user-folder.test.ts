/** Tests of `cli/user-folder.ts`: names of files are relative to the folder in which the user called the command. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { userFolder } from '../../cli/user-folder.ts';
import { MAIN } from './running.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MAPPING = { version: 1, measurement: 'room', timestamp: 'ts', fields: { v: 'v' } };

let event: string;
beforeAll(() => {
  event = JSON.stringify({ ts: 1, v: 2 });
});

/** A new folder with a mapping and events. */
const newFolder = (base = tmpdir()): string => {
  const folder = mkdtempSync(join(realpathSync(base), 'sink-folder-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'my.json'), JSON.stringify(MAPPING));
  writeFileSync(join(folder, 'events.ndjson'), event);
  return folder;
};

const variables = (more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv => ({
  PATH: process.env.PATH,
  HOME: process.env.HOME,
  ...more,
});

const npm = (cwd: string, args: readonly string[], more: Readonly<Record<string, string>> = {}) => {
  const { status, stdout, stderr } = spawnSync('npm', args, { cwd, env: variables(more), encoding: 'utf8' });
  return { code: status, out: stdout, err: stderr };
};

const CONVERTED = { code: 0, out: 'room v=2 1000000\n', err: '' };

test('npm run in a subfolder of the clone finds the files of the subfolder', () => {
  const folder = newFolder(join(ROOT, 'test/cli'));
  const call = ['run', '--silent', 'sink', '--', 'convert', '--mapping', 'my.json', 'events.ndjson'];
  expect(npm(folder, call)).toEqual(CONVERTED);
});

test('npm --prefix in another folder finds the files of that folder, for options, arguments, and SINK_MAPPING', () => {
  const folder = newFolder();
  const call = ['--prefix', ROOT, 'run', '--silent', 'sink', '--', 'convert'];
  expect(npm(folder, [...call, '--mapping', 'my.json', 'events.ndjson'])).toEqual(CONVERTED);
  expect(npm(folder, [...call, 'events.ndjson'], { SINK_MAPPING: 'my.json' })).toEqual(CONVERTED);
});

test('a script of another package finds the files of that package, as every command in its script does', () => {
  const folder = newFolder();
  const script = `"${process.execPath}" "${MAIN}" convert --mapping my.json events.ndjson`;
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ scripts: { try: script } }));
  mkdirSync(join(folder, 'inner'));
  expect(npm(join(folder, 'inner'), ['run', '--silent', 'try'])).toEqual(CONVERTED);
});

test('the folder of the user is unknown without npm, in a process of another script, and if it does not exist', () => {
  const script = { npm_lifecycle_script: 'node cli/opengemini-sink.js', npm_package_json: join(ROOT, 'package.json') };
  expect(userFolder({ ...script, INIT_CWD: '/' })).toBe('/');
  expect(userFolder({ ...script, INIT_CWD: '/nowhere' })).toBeUndefined();
  expect(userFolder({ INIT_CWD: '/' })).toBeUndefined();
  expect(userFolder({ ...script, npm_lifecycle_script: 'vitest run', INIT_CWD: '/' })).toBeUndefined();
});
