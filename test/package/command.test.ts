/** The installed package as a command. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, inject, onTestFinished, test } from 'vitest';
import { ENVIRONMENT, ROOT } from './install-package.ts';
import { run, runNode } from './running.ts';

const MODULES = join(inject('consumer'), 'node_modules');
const COMMAND = join(MODULES, 'opengemini-sqs-sink/cli/opengemini-sink.js');
const { version, devDependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

test('npx runs the command of the installed package, which prints its version', async () => {
  expect(await run('npx', ['opengemini-sink', '--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
});

test('the installed command converts events with a mapping from the examples of the package', async () => {
  const mapping = 'node_modules/opengemini-sqs-sink/examples/sensor.json';
  const event = '{"room":"hall","floor":2,"ts":1780000000,"temperature":21.5,"people":3}';
  expect(await run('npx', ['opengemini-sink', 'convert', '--mapping', mapping], `${event}\n`)).toEqual({
    code: 0,
    out: 'room,floor=2,room=hall temperature=21.5,people=3i 1780000000000000000\n',
    err: '',
  });
});

test('npx runs the command in a subfolder of a clone, without a registry and with names of files of the subfolder', async () => {
  const cache = mkdtempSync(join(tmpdir(), 'opengemini-sink-cache-'));
  onTestFinished(() => rmSync(cache, { recursive: true }));
  const child = spawn('npx', ['opengemini-sink', 'convert', '--mapping', 'sensor.json', 'sensor.ndjson'], {
    cwd: join(ROOT, 'examples'),
    env: { ...ENVIRONMENT, npm_config_cache: cache, npm_config_offline: 'true' },
  });
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect([code, out.split('\n').length]).toEqual([1, 3]);
  expect(err).toMatch(/^\{"file":"sensor\.ndjson","line":3,.*\}\n$/);
});

test('the entry point of the package can be executed, in the clone and in the package', () => {
  for (const file of [COMMAND, join(ROOT, 'cli/opengemini-sink.js')])
    expect(statSync(file).mode & 0o111, file).toBe(0o111);
});

test('the installed command prints its help and a completion script with the name of the installed command', async () => {
  const [help, script] = await Promise.all([
    run('npx', ['opengemini-sink', 'help', 'check']),
    runNode([COMMAND, 'completion', 'bash']),
  ]);
  expect(help).toMatchObject({ code: 0, err: '' });
  expect(help.out).toMatch(/^Usage: npx opengemini-sink check /);
  expect(script).toMatchObject({ code: 0, err: '' });
  expect(script.out).toMatch(/\ncomplete -F _opengemini_sink opengemini-sink\n$/);
});

test('the installed command refuses an unknown command in a sentence', async () => {
  const { code, out, err } = await run('npx', ['opengemini-sink', 'nope']);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^There is no command "nope"\.\n/);
});

test('the package installs no emulator and no tool of its development', () => {
  const names = ['dynalite', 'fauxqs', 'typescript', 'esbuild', 'uplot', 'vitest'];
  expect(names.filter((name) => existsSync(join(MODULES, name)))).toEqual([]);
  expect(existsSync(join(MODULES, 'undici'))).toBe(true);
});

test('the command names the version of Node that it needs', async () => {
  const old = "Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '22.1.0' } })";
  const { code, out, err } = await runNode([
    '--import',
    `data:text/javascript,${encodeURIComponent(old)}`,
    COMMAND,
    'dev',
  ]);
  expect([code, out]).toEqual([2, '']);
  expect(err).toMatch(/^opengemini-sink needs Node 24 or newer, this is v\d+\.\d+\.\d+\./);
});

test.each(['dev', 'demo'])(
  '%s names the emulators that are not installed, and the command that installs them',
  async (name) => {
    const { code, out, err } = await runNode([COMMAND, name]);
    expect([code, out]).toEqual([2, '']);
    expect(err).toBe(
      `The local system needs dynalite and fauxqs, which are not installed. Run "npm install --save-dev dynalite@${devDependencies.dynalite} fauxqs@${devDependencies.fauxqs}".\n`,
    );
  },
);

/** Links the emulators beside the package, where npm installs them. Their own dependencies are found where the links lead. */
const linkEmulators = (): void => {
  const names = ['dynalite', 'fauxqs'];
  for (const name of names) symlinkSync(join(ROOT, 'node_modules', name), join(MODULES, name));
  onTestFinished(() => {
    for (const name of names) rmSync(join(MODULES, name));
  });
};

test('demo runs the whole system from the installed package once the emulators are installed', async () => {
  linkEmulators();
  const { code, out, err } = await runNode([COMMAND, 'demo', '--messages', '20', '--events', '5']);
  expect([code, err]).toEqual([0, '']);
  expect(out).toContain('function    src/lambda/entry/ingest.js, mapping examples/mapping.json');
  expect(out).toContain('All results are as expected');
});

test('dev runs from the installed package, and prints commands that call the installed package', async () => {
  linkEmulators();
  const child = spawn(process.execPath, [COMMAND, 'dev'], { cwd: inject('consumer'), env: ENVIRONMENT });
  let out = '';
  for await (const part of child.stdout) {
    out += part;
    if (out.includes('Read state:')) break;
  }
  const url = /^ {2}console +(http:\S+)$/m.exec(out)?.[1];
  const responses = await Promise.all(['', 'main.js', 'main.css', 'icon.svg'].map((file) => fetch(`${url}${file}`)));
  child.kill('SIGTERM');
  expect(await once(child, 'close')).toEqual([0, null]);
  // The package contains the page as files, because esbuild is not installed.
  expect(responses.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(out).toMatch(/^Send events: +echo '.*' \| npx opengemini-sink send --queue-url http/m);
  expect(out).toMatch(/^Read state: +npx opengemini-sink status --table /m);
});
