/**
 * Mapping files as YAML and as JSON with comments, in every command that reads one: `infra/mapping-file.ts`,
 * `infra/source-document.ts`, `infra/json-with-comments.ts`, `infra/packaged-files.ts`.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import fc from 'fast-check';
import { unzipSync } from 'fflate';
import { describe, expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { withoutComments } from '../../infra/json-with-comments.ts';
import { readSource } from '../../infra/source-document.ts';
import { folderWith } from './folder.ts';
import { MAIN, run } from './running.ts';

const DECLARED = {
  version: 1,
  measurement: 'room',
  timestamp: { path: 'ts', precision: 's' },
  tags: { room: 'room' },
  fields: { temp: 'temp' },
};

const YAML = `# Rooms
version: 1
measurement: room
timestamp: { path: ts, precision: s }
tags:
  room: room
fields:
  temp: temp
`;

const COMMENTED = `{
  // Rooms: "not" a member
  "version": 1,
  "measurement": "room", /* several
  lines */
  "timestamp": { "path": "ts", "precision": "s", },
  "tags": { "room": "room" },
  "fields": { "temp": "temp" },
}
`;

const EVENT = '{"room":"hall","ts":1780000000,"temp":21.5}\n';
const LINE = 'room,room=hall temp=21.5 1780000000000000000\n';

const SERVER = { OPENGEMINI_URL: 'http://127.0.0.1:9', OPENGEMINI_DATABASE: 'd' };

const FILES = { 'mapping.yaml': YAML, 'mapping.yml': YAML, 'commented.json': COMMENTED, 'mapping.jsonc': COMMENTED };

test('a byte order mark changes neither a YAML file nor the place of its faults', async () => {
  const folder = folderWith({
    'mapping.yaml': `\ufeff${YAML}`,
    'block.yaml': '\ufeffversion: 1\nmeasurement: m\nfelds: {}\n',
  });
  const [right, wrong] = await Promise.all([
    run(['convert', '--mapping', 'mapping.yaml'], EVENT, {}, folder),
    run(['check', '--mapping', 'block.yaml'], '', SERVER, folder),
  ]);
  expect([right.code, right.out]).toEqual([0, LINE]);
  expect(wrong.err).toContain('- block.yaml:3:1: mapping.felds is not a known member. Did you mean "fields"?');
});

test.each([
  ['n.yaml', '42', '42'],
  ['n.yml', 'preset:telegraf', '"preset:telegraf"'],
  ['n.json', 'null', 'null'],
])('the mapping file %s that contains %s is a fault, and is not the name of another file', async (name, text, got) => {
  const folder = folderWith({ [name]: text, 42: '{"version":1,"measurement":"m","fields":{"v":"v"}}' });
  const { code, err } = await run(['check', '--mapping', name], '', SERVER, folder);
  expect([code, err]).toEqual([
    2,
    `Invalid configuration:\n- ${name}:1:1: mapping must be a JSON object, got ${got}.\n`,
  ]);
});

describe.each(Object.keys(FILES))('the mapping file %s', (name) => {
  test(`convert and check read ${name}`, async () => {
    const file = join(folderWith(FILES), name);
    const [converted, checked] = await Promise.all([
      run(['convert', '--mapping', file], EVENT),
      run(['check'], '', { ...SERVER, SINK_MAPPING: file }),
    ]);
    expect(converted).toEqual({ code: 0, out: LINE, err: '' });
    expect(checked).toMatchObject({ code: 0, out: expect.stringContaining('1 rule: room') });
  });

  test(`package writes ${name} as JSON into both functions`, async () => {
    const folder = folderWith({ ...FILES, 'dist/ingest/index.mjs': '', 'dist/flush/index.mjs': '' });
    const child = spawn(
      process.execPath,
      [MAIN, 'package', '--plain', '--param', `mapping=${name}`, '--param', 'opengeminiUrl=http://a.example:8086'],
      { cwd: folder, env: { PATH: process.env.PATH }, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    expect(await once(child, 'close')).toEqual([0, null]);
    const template = readFileSync(join(folder, 'package/template.json'), 'utf8');
    expect(template).toContain('"SINK_MAPPING": "dist/mapping.json"');
    for (const zip of ['ingest', 'flush']) {
      const files = unzipSync(readFileSync(join(folder, `package/${zip}.zip`)));
      expect(Object.keys(files).sort()).toEqual([`dist/${zip}/index.mjs`, 'dist/mapping.json']);
      expect(JSON.parse(Buffer.from(files['dist/mapping.json'] as Uint8Array).toString())).toEqual(DECLARED);
    }
  });
});

test('the Serverless Framework gets a mapping in YAML as JSON, which is written only for a command that packages', async () => {
  const folder = folderWith(FILES);
  const script = `
    import { functions } from ${JSON.stringify(new URL('../../infra/serverless.ts', import.meta.url).href)};
    const resolveConfigurationProperty = async (path) =>
      ({ params: { default: { opengeminiUrl: 'http://a', mapping: 'mapping.yaml' } }, service: 'sink', 'provider.region': 'eu-central-1' })[path.join('.')];
    const { ingest, flush } = await functions({ options: {}, resolveConfigurationProperty, resolveVariable: async () => 'dev' });
    console.log(JSON.stringify([ingest, flush].map((one) => [one.environment.SINK_MAPPING, one.package.patterns.at(-1)])));
  `;
  const resolve = async (command: string): Promise<string> => {
    const args = ['--input-type=module', '--eval', script, '--', command];
    const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'inherit'] });
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    return out.trim();
  };
  const expected = JSON.stringify([
    ['dist/mapping.json', 'dist/mapping.json'],
    ['dist/mapping.json', 'dist/mapping.json'],
  ]);
  expect(await resolve('print')).toBe(expected);
  expect(() => readFileSync(join(folder, 'dist/mapping.json'))).toThrow('ENOENT');
  expect(await resolve('package')).toBe(expected);
  expect(JSON.parse(readFileSync(join(folder, 'dist/mapping.json'), 'utf8'))).toEqual(DECLARED);
});

test('dev runs the functions with a mapping in YAML', async () => {
  const child = spawn(process.execPath, [MAIN, 'dev', '--json', '--window', '0', '--mapping', 'mapping.yaml'], {
    cwd: folderWith(FILES),
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await once(child, 'close');
  });
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { queueUrl, opengeminiUrl, database } = JSON.parse(line);
  expect(await run(['send', '--queue-url', queueUrl], EVENT)).toMatchObject({ code: 0 });
  const query = `${opengeminiUrl}/query?db=${database}&q=${encodeURIComponent('SELECT * FROM "room"')}`;
  await expect.poll(async () => (await fetch(query)).text()).toContain('21.5');
});

describe('faults of a mapping file', () => {
  const faultsOf = async (name: string, text: string): Promise<readonly string[]> => {
    const folder = folderWith({ [name]: text });
    const child = spawn(process.execPath, [MAIN, 'check', '--json'], {
      cwd: folder,
      env: { PATH: process.env.PATH, ...SERVER, SINK_MAPPING: name },
    });
    let out = '';
    for await (const chunk of child.stdout) out += chunk;
    return JSON.parse(out).faults;
  };

  test('each fault begins with file, line, and column, and has its remedy', async () => {
    const yaml =
      'version: 1\n\nmeasurment: room\nmeasurement: m\nfields:\n  v: { path: v, type: double }\n  "time": t\n';
    expect(await faultsOf('mapping.yaml', yaml)).toEqual([
      'mapping.yaml:3:1: mapping.measurment is not a known member. Did you mean "measurement"?',
      'mapping.yaml:6:17: mapping.fields.v.type must be one of float, integer, boolean, string; got "double"',
      'mapping.yaml:7:3: mapping.fields.time: openGemini reserves the name "time" for itself',
    ]);
    const json = '{ // rooms\n  "version": 1,\n\t"mappings": [{ "measurment": "m", "fields": {} }]\n}';
    expect(await faultsOf('mapping.json', json)).toEqual([
      'mapping.json:3:15: mapping.mappings[0].measurement must be text or {"path", "prefix", "default"}, got nothing',
      'mapping.json:3:17: mapping.mappings[0].measurment is not a known member. Did you mean "measurement"?',
      'mapping.json:3:36: mapping.mappings[0].fields must name at least one field (or set "otherFields": "include")',
    ]);
  });

  test.each([
    [
      'm.yaml',
      'version: 1\nfields: { a: a }\nfields: { b: b }\n',
      ['m.yaml:3:1: mapping.fields is declared more than once. Remove all but one declaration.'],
    ],
    [
      'm.json',
      '{"a": 1,\n "b": {"c": 1, "c": 2}}',
      ['m.json:2:16: mapping.b.c is declared more than once. Remove all but one declaration.'],
    ],
    [
      'm.json',
      '{\n  "a": 1\n  "b": 2\n}',
      ["m.json:3:3: The file is not JSON: Expected ',' or '}' after property value in JSON."],
    ],
    ['m.json', '{"a": tru}', ['m.json:1:7: mapping.a has tru, which is not JSON. Text needs double quotes.']],
    ['m.json', "{'a': 1}", ["m.json:1:2: The file is not JSON: Expected property name or '}' in JSON."]],
    ['m.json', '', ['m.json:1:1: The file is empty.']],
    ['m.yaml', '# nothing\n', ['m.yaml:1:1: The file is empty.']],
    [
      'm.yaml',
      'version: 1\n---\nversion: 1\n',
      ['m.yaml:2:1: The file must contain one document. Remove the lines "---".'],
    ],
    ['m.yaml', 'version: .inf\n', ['m.yaml:1:10: mapping.version has a value without a form in JSON, .inf.']],
    ['m.yaml', 'version: &v [*v]\n', ['m.yaml:1:1: The file is nested too deeply, or has too many aliases.']],
    ['m.yaml', 'fields: { a: [ }\n', [expect.stringMatching(/^m\.yaml:1:\d+: \w/)]],
  ])('check reports the syntax of %s: %j', async (name, text, faults) => {
    expect(await faultsOf(name, text)).toEqual(faults);
  });

  test('faults of the file and of other variables come in one report', async () => {
    const file = join(folderWith({ 'm.yaml': 'a: [' }), 'm.yaml');
    const { code, err } = await run(['check'], '', { ...SERVER, SINK_MAPPING: file, SINK_CONTROL: 'maybe' });
    expect(code).toBe(2);
    expect(err).toMatch(/m\.yaml:\d+:\d+: .*\n- SINK_CONTROL must be/);
  });

  test.each([
    ['measurement: a: b\n', 'Is the indentation right? A text that contains ": " needs quotes.'],
    ['fields:\n    a: a\n  b: b\n', 'Is the indentation right?'],
  ])('the error of the parser for %j has a remedy', (text, remedy) => {
    const read = readSource(text, 'm.yaml', 'mapping');
    expect('faults' in read && read.faults[0]?.text.endsWith(remedy)).toBe(true);
  });

  test('a deployment reports the file, the line, and the column', async () => {
    const folder = folderWith({ 'm.yaml': 'version: 2\nmeasurement: m\nfields: { v: v }\n' });
    const args = ['package', '--plain', '--param', 'mapping=m.yaml', '--param', 'opengeminiUrl=http://a.example:8086'];
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { PATH: process.env.PATH } });
    let err = '';
    for await (const chunk of child.stderr) err += chunk;
    expect(err).toContain('m.yaml:1:1: mapping.version must be 1, got 2');
  });
});

describe('the text of a file', () => {
  const jsonOf = (text: string, file: string): string => {
    const read = readSource(text, file, 'value');
    return 'document' in read ? read.document.json : JSON.stringify(read.faults);
  };

  test('numbers keep their digits, in YAML and in JSON', () => {
    expect(
      jsonOf('a: 9007199254740993\nb: 1.0\nc: -0\nd: 1e400\ne: 0x7FFFFFFFFFFFFFFF\nf: +5\ng: .5\n', 'a.yaml'),
    ).toBe('{"a":9007199254740993,"b":1.0,"c":-0,"d":1e400,"e":9223372036854775807,"f":5,"g":0.5}');
    expect(jsonOf('{"a":9007199254740993,"b":1.0}', 'a.json')).toBe('{"a":9007199254740993,"b":1.0}');
  });

  test('names and texts of YAML stay as they are written', () => {
    expect(jsonOf('on: off\n01: yes\n1.0: 2026-01-01\nnull: ~\n', 'a.yaml')).toBe(
      '{"on":"off","01":"yes","1.0":"2026-01-01","null":null}',
    );
  });

  test('an alias has the value of its anchor, and cannot exhaust the memory', () => {
    expect(jsonOf('a: &x [1, 2]\nb: *x\n', 'a.yaml')).toBe('{"a":[1,2],"b":[1,2]}');
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${`*l${level},`.repeat(10)}]`,
    );
    expect(jsonOf(`l0: &l0 xxxxxxxxxx\n${levels.join('\n')}\n`, 'a.yaml')).toContain('too many aliases');
  });

  test('JSON, as YAML and with comments, has the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value, null, 2);
        expect(JSON.parse(jsonOf(json, 'a.json'))).toEqual(JSON.parse(json));
        expect(JSON.parse(jsonOf(stringify(JSON.parse(json)), 'a.yaml'))).toEqual(JSON.parse(json));
        const commented = json
          .replaceAll(/[[{]$/gm, (bracket) => `${bracket} // "a": [`)
          .replaceAll(/^( *)([\]}])/gm, '$1/* } */ $2');
        expect(JSON.parse(jsonOf(commented, 'a.json'))).toEqual(JSON.parse(json));
      }),
    );
  });

  test('comments and trailing commas become spaces, and every other character keeps its place', () => {
    expect(withoutComments('{"a": "//,]", // x\n"b": [1, /* , */ ], }')).toBe(
      '{"a": "//,]",     \n"b": [1          ]  }',
    );
  });
});
