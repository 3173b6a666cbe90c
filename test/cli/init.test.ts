/** The command `init`: the files of a new project. `test/package/project.test.ts` installs, tests, and packages one. */

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { snsBody } from '../../src/testing/messages.ts';
import { scriptsIn } from '../docs/shell.ts';
import { MAIN } from './running.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'opengemini-sink-init-'));

const init = (...args: readonly string[]) => {
  // Without the variables of npm, which would make it a script of this project.
  const env = { PATH: process.env.PATH };
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'init', ...args], {
    cwd: folder,
    encoding: 'utf8',
    env,
  });
  return { code: status, out: stdout, err: stderr };
};

const read = (file: string): string => readFileSync(join(folder, file), 'utf8');

const filesIn = (project: string): readonly string[] =>
  readdirSync(join(folder, project), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(join(folder, project).length + 1))
    .sort();

beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});
afterAll(() => rmSync(folder, { recursive: true }));

const COMMON = [
  ...['.github/workflows/ci.yml', '.gitignore', '.nvmrc', 'README.md', 'events.ndjson', 'package.json'],
  ...['serverless.yml', 'sink.js'],
];

const VARIANTS = [
  { options: [], files: ['mapping.json', 'test/mapping.test.js'] },
  { options: ['--typescript'], files: ['src/ingest.ts', 'test/ingest.test.ts', 'tsconfig.json'] },
];

describe.each(VARIANTS)('init $options', ({ options, files }) => {
  test(`init ${options} writes the files of a project, and prints the next steps`, () => {
    const { code, out, err } = init('plants', ...options);
    expect([code, err]).toEqual([0, '']);
    // This is a clone, and its version may not be in the registry. test/package/project.test.ts calls the installed one.
    expect(out).toMatch(
      /\n {2}cd plants\n {2}npm install \/\S+\.tgz {2}# written by "npm pack"\n {2}npm test\n {2}npm run dev\n {2}npm run deploy /,
    );
    expect(filesIn('plants')).toEqual([...COMMON, ...files].sort());
    for (const file of filesIn('plants')) expect(read(`plants/${file}`)).not.toContain('my-telemetry');
  });

  test(`init ${options} writes the versions that this project is tested with, and a range for the package only`, () => {
    init('Plants', ...options);
    const { name, dependencies, devDependencies } = JSON.parse(read('Plants/package.json'));
    const own = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const { typescript, ...others } = devDependencies;
    expect(name).toBe('plants');
    expect(dependencies).toEqual({ 'opengemini-sqs-sink': `^${own.version}` });
    expect(own.devDependencies).toMatchObject(others);
    if (typescript !== undefined)
      expect(own.devDependencies['@typescript/native']).toBe(`npm:typescript@${typescript}`);
  });

  test(`the README of init ${options} names only files and scripts that exist`, () => {
    init('plants', ...options);
    const readme = read('plants/README.md');
    const { scripts } = JSON.parse(read('plants/package.json'));
    const names = scriptsIn(readme);
    expect(names).toEqual(expect.arrayContaining(['test', 'check', 'dev', 'deploy', 'remove']));
    expect(names.filter((script) => scripts[script] === undefined)).toEqual([]);
    const named = [...readme.matchAll(/^\| `([^`]+)` \|/gm)].map(([, file = '']) => file);
    expect(named.length).toBeGreaterThan(4);
    const pages = [...readme.matchAll(/`node_modules\/opengemini-sqs-sink\/([^`]+)`/g)].map(([, file = '']) => file);
    expect(pages.length).toBeGreaterThan(1);
    expect(named.filter((file) => !existsSync(join(folder, 'plants', file)))).toEqual([]);
    expect(pages.filter((file) => !existsSync(join(ROOT, file)))).toEqual([]);
  });
});

test('the workflow of a new project uses the actions of this project, pinned by their hashes', () => {
  init('plants');
  const actionsIn = (text: string): readonly string[] => text.match(/uses: .*/g) ?? [];
  const own = actionsIn(readFileSync(join(ROOT, '.github/workflows/ci.yml'), 'utf8'));
  const written = actionsIn(read('plants/.github/workflows/ci.yml'));
  expect(written.length).toBe(2);
  expect(written.filter((action) => !own.includes(action) || !/@[0-9a-f]{40} /.test(action))).toEqual([]);
});

test('both variants differ in serverless.yml by the mapping file only', () => {
  init('plants');
  init('other/plants', '--typescript');
  expect(read('plants/serverless.yml')).toBe(
    read('other/plants/serverless.yml').replace('  dev:\n', '    mapping: mapping.json\n  dev:\n'),
  );
});

test('init writes into a folder that contains only .git', () => {
  mkdirSync(join(folder, 'plants/.git'), { recursive: true });
  expect(init('plants')).toMatchObject({ code: 0, err: '' });
});

test('init refuses a folder that is not empty, and writes nothing', () => {
  mkdirSync(join(folder, 'plants'));
  writeFileSync(join(folder, 'plants/mapping.json'), '{}');
  const err = 'The folder plants is not empty: it contains mapping.json. Name a new or an empty folder.\n';
  expect(init('plants')).toEqual({ code: 2, out: '', err });
  expect(filesIn('plants')).toEqual(['mapping.json']);
});

test('init refuses a file', () => {
  writeFileSync(join(folder, 'plants'), '');
  expect(init('plants')).toEqual({ code: 2, out: '', err: 'plants is a file. Name a new or an empty folder.\n' });
});

test.each(['9plants', 'my_plants', 'plants.eu', 'größe', 'p'.repeat(41)])('init refuses the name %s', (name) => {
  const err = `The name of a project must start with a letter and contain only letters, digits, and hyphens, at most 40 characters, because its stack in CloudFormation gets this name. Got "${name}".\n`;
  expect(init(name)).toEqual({ code: 2, out: '', err });
  expect(filesIn('.')).toEqual([]);
});

describe('init --from', () => {
  const EVENT = { room: 'hall', ts: 1_780_000_000_000, temperature: 21.5 };

  test('the proposed mapping is printed without a folder, with the result of the samples on standard error', () => {
    writeFileSync(join(folder, 'room.json'), JSON.stringify(EVENT, null, 2));
    writeFileSync(join(folder, 'more.ndjson'), `${JSON.stringify(EVENT)}\n${JSON.stringify({ ...EVENT, on: true })}\n`);
    const { code, out, err } = init('--from', 'room.json', 'more.ndjson');
    expect(code).toBe(0);
    expect(out).toContain('# Proposed from 3 sample events.');
    expect(out).toContain('\nmeasurement: room\n');
    expect(out).toContain('\ntimestamp: { path: ts, precision: ms }\n');
    expect(err).toContain('The samples with this mapping: 3 events: 3 lines.\n');
    expect(filesIn('.')).toEqual(['more.ndjson', 'room.json']);
  });

  test('a project with the proposed mapping contains its samples and a test that passes', () => {
    writeFileSync(join(folder, 'room.json'), JSON.stringify([EVENT, { ...EVENT, room: 'a"b\\c' }], null, 2));
    const { code, out } = init('plants', '--from', 'room.json');
    expect([code, out]).toEqual([0, expect.stringContaining('Wrote 10 files into plants.')]);
    expect(filesIn('plants')).toEqual([...COMMON, 'mapping.test.yaml', 'mapping.yaml'].sort());
    for (const file of filesIn('plants')) expect(read(`plants/${file}`)).not.toMatch(/mapping\.json|node --test/);
    const env = { PATH: process.env.PATH };
    const call = (...args: readonly string[]) =>
      spawnSync(process.execPath, [MAIN, ...args], { cwd: join(folder, 'plants'), encoding: 'utf8', env });
    expect(call('test', 'mapping.test.yaml')).toMatchObject({ status: 0, stderr: '' });
    const converted = call('convert', '--mapping', 'mapping.yaml', 'events.ndjson');
    expect(converted).toMatchObject({ status: 0, stderr: '' });
    expect(converted.stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('the test of a project expects dropped events, and keeps bodies that are no JSON as texts', () => {
    writeFileSync(
      join(folder, 'e.ndjson'),
      '[{"dev":"a","t":NaN},{"dev":"a","t":1.5}]\n{"dev":"a","t":1}{"dev":"b","t":2}\n',
    );
    init('plants', '--from', 'e.ndjson');
    expect(read('plants/mapping.test.yaml')).toContain('    dropped: 1\n');
    const call = spawnSync(process.execPath, [MAIN, 'test', 'plants/mapping.test.yaml'], {
      cwd: folder,
      encoding: 'utf8',
    });
    expect(call).toMatchObject({ status: 0, stderr: '' });
  });

  test('times of today are plausible in a proposed project, and its README reads the proposed measurement', () => {
    const ts = new Date().toISOString();
    writeFileSync(join(folder, 'meter.json'), JSON.stringify({ ts, value: 1.5 }));
    const { err } = init('plants', '--from', 'meter.json');
    expect(err).not.toContain('probably wrong');
    expect(read('plants/README.md')).toContain('q=SELECT * FROM "meter"');
    expect(read('plants/mapping.test.yaml')).toMatch(/- sentAt: \d{4}-\d\d-\d\dT/);
  });

  test('the README of a project with a proposed mapping names only files that exist', () => {
    writeFileSync(join(folder, 'room.json'), JSON.stringify(EVENT));
    init('plants', '--from', 'room.json');
    const named = [...read('plants/README.md').matchAll(/^\| `([^`]+)` \|/gm)].map(([, file = '']) => file);
    expect(named).toContain('mapping.test.yaml');
    expect(named.filter((file) => !existsSync(join(folder, 'plants', file)))).toEqual([]);
  });

  test('the README of a project reads the measurement that the events name', () => {
    const event = { measurement: 'cpu', time: '2026-05-28T20:26:40Z', fields: { v: 0.64 } };
    writeFileSync(join(folder, 'e.json'), JSON.stringify(event));
    expect(init('plants', '--from', 'e.json').code).toBe(0);
    expect(read('plants/README.md')).toContain('q=SELECT * FROM "cpu"');
  });

  test('envelopes are removed, so that the mapping fits the events as the sink sees them', () => {
    writeFileSync(join(folder, 'e.json'), snsBody(EVENT));
    expect(init('--from', 'e.json').out).toContain('\n  room: room ');
  });

  test.each([
    ['m v=1 1', /^e\.json, line 1 is line protocol, which needs no mapping\.\n$/],
    ['{"measurement":"m","fields":{"v":1}}', /is a canonical event, which needs no mapping/],
    ['{"measurement":"m","fields":{"v":1},"timestamp":"5"}', /is a canonical event, which needs no mapping/],
    ['{"a":', /^e\.json, line 1 is no event: /],
    ['[1]', /^e\.json, line 1 is neither an object nor an array, which an event must be\.\n$/],
    ['{}', /^No mapping can be proposed\. Event 0 of the samples has no value/],
    ['', /^The files contain no events\.\n$/],
  ])('the samples %j are refused', (text, message) => {
    writeFileSync(join(folder, 'e.json'), text);
    expect(init('plants', '--from', 'e.json')).toMatchObject({ code: 2, out: '', err: expect.stringMatching(message) });
    expect(existsSync(join(folder, 'plants'))).toBe(false);
  });

  test('a folder after --from is recognized, and the right order is shown', () => {
    writeFileSync(join(folder, 'e.json'), JSON.stringify(EVENT));
    const { code, err } = init('--from', 'e.json', 'plants');
    expect([code, err]).toEqual([2, expect.stringContaining(' init plants --from e.json\n')]);
    expect(init('--from', 'e.json', '-').err).not.toContain('does not exist');
    expect(init('--from', 'none.json')).toMatchObject({ code: 2, err: expect.stringContaining('cannot be read') });
  });

  test('--from cannot be combined with --typescript', () => {
    expect(init('plants', '--typescript', '--from', 'e.json')).toMatchObject({ code: 2, out: '' });
  });
});

test('init needs one folder', () => {
  expect(init()).toMatchObject({ code: 2, err: expect.stringMatching(/^The argument <folder> is missing\.\n/) });
  expect(init('a', 'b')).toMatchObject({ code: 2, err: expect.stringMatching(/^Unexpected argument "b"\.\n/) });
});
