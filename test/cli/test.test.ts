/** Tests of `cli/test.ts` and `cli/mapping-test/`: tests of mappings pass, fail with a diff, or are reported as unreadable. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { folderWith } from './folder.ts';
import { type Run, run } from './running.ts';

const MAPPING = `version: 1
measurement: room
events: readings
timestamp: { path: at, precision: ms }
tags: { room: $root.room, region: $message.attributes.region }
fields: { temp: temp }
`;

const TESTS = `mapping: ./mapping.yaml
tests:
  - name: one bad reading costs only itself
    messages:
      - body: { room: hall, readings: [{ at: 1780000000000, temp: 21.5 }, { at: 1780000001000, temp: hot }] }
        attributes: { region: eu }
        sentAt: 1780000002000
    lines:
      - room,room=hall,region=eu temp=21.5 1780000000000000000
    refusals:
      - { message: 0, event: 1, reason: field-type }
    dropped: 0
`;

/** Runs the file \`a.test.yaml\` of a folder with these files. */
const runTests = async (files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Run> => {
  const folder = folderWith(files);
  const { code, out, err } = await run(['test', join(folder, 'a.test.yaml'), ...args]);
  return { code, out: out.replaceAll(`${folder}/`, ''), err: err.replaceAll(`${folder}/`, '') };
};

/** Runs one test of an inline mapping. */
const runOne = (declared: object | undefined, one: object, ...args: readonly string[]): Promise<Run> => {
  const mapping = declared === undefined ? {} : { mapping: { version: 1, measurement: 'm', ...declared } };
  return runTests({ 'a.test.yaml': stringify({ ...mapping, tests: [{ name: 'one', ...one }] }) }, ...args);
};

const TS = '1780000000000000000';
const SIMPLE = { timestamp: { path: 't', precision: 'ns' }, tags: { a: 'a', b: 'b' }, fields: { v: 'v', w: 'w' } };
const BODY = { t: TS, a: 'x', b: 'y', v: 1, w: 2 };
const PASSED = { code: 0, out: 'passed  one\n1 test in 1 file: 1 passed, 0 failed.\n', err: '' };

describe('a test that passes', () => {
  test('the file of the specification passes, as YAML and as JSON', async () => {
    const yaml = await runTests({ 'mapping.yaml': MAPPING, 'a.test.yaml': TESTS });
    expect(yaml).toEqual({
      code: 0,
      out: 'passed  one bad reading costs only itself\n1 test in 1 file: 1 passed, 0 failed.\n',
      err: '',
    });
    const json = JSON.stringify({
      mapping: 'mapping.yaml',
      tests: [{ name: 'x', messages: [{ text: '{' }], refusals: [{ event: 0, reason: 'undecodable' }] }],
    });
    const folder = folderWith({ 'mapping.yaml': MAPPING, 'b.json': json });
    expect(await run(['test', join(folder, 'b.json')])).toMatchObject({ code: 0 });
  });
  test('lines are compared as a set, whatever the order of lines, tags, and fields is', async () => {
    const messages = [{ body: [BODY, { ...BODY, a: 'z' }, BODY] }];
    const lines = [`m,b=y,a=z w=2,v=1 ${TS}`, `m,a=x,b=y w=2,v=1.0 ${TS}`];
    expect(await runOne(SIMPLE, { messages, lines })).toEqual(PASSED);
  });
  test('a line is accepted as convert prints it, with backslashes, and as a producer writes it', async () => {
    const body = { t: TS, a: 'x\\y z', v: 1, w: 2 };
    const own = `m,a=x\\\\y\\ z v=1,w=2 ${TS}`;
    const ofProducer = `m,a=x\\y\\ z w=2,v=1 ${TS}`;
    expect(await runOne(SIMPLE, { messages: [{ body }], lines: [own] })).toEqual(PASSED);
    expect(await runOne(SIMPLE, { messages: [{ body }], lines: [ofProducer] })).toEqual(PASSED);
  });
  test('an expected line without a time matches a line with any time', async () => {
    expect(await runOne({ fields: { v: 'v' } }, { messages: [{ body: { v: 1 } }], lines: ['m v=1'] })).toEqual(PASSED);
  });
  test('numbers of a body keep their digits', async () => {
    const text = `mapping: { version: 1, measurement: m, timestamp: { path: t, precision: ns }, tags: { id: id }, fields: { v: v } }
tests:
  - name: one
    messages:
      - body: { t: 1780000000000000001, id: 9007199254740993, v: 1 }
    lines: [ "m,id=9007199254740993 v=1 1780000000000000001" ]
`;
    expect(await runTests({ 'a.test.yaml': text })).toEqual(PASSED);
  });
  test('a message has a text or a file as its body, an id, a group, and attributes with types', async () => {
    const declared = {
      timestamp: { path: '$message.sentAt', precision: 'ms' },
      tags: { id: '$message.id', group: '$message.groupId', n: '$message.attributes.n', s: '$message.attributes.a.b' },
      fields: { v: 'v', w: 'w' },
    };
    const attributes = { n: 5, 'a.b': { type: 'String', value: 'x' } };
    const more = { attributes, sentAt: '2026-05-28T20:26:40Z', group: 'g', id: 'i' };
    const one = {
      messages: [
        { text: '{"v":1}', ...more },
        { file: 'body.json', ...more },
      ],
      lines: [`m,group=g,id=i,n=5,s=x v=1 ${TS}`, `m,group=g,id=i,n=5,s=x w=2 ${TS}`],
    };
    const file = stringify({
      mapping: { version: 1, measurement: 'm', ...declared },
      tests: [{ name: 'one', ...one }],
    });
    expect(await runTests({ 'a.test.yaml': file, 'body.json': '{\n "w": 2\n}\n' })).toEqual(PASSED);
  });
  test('a file without a mapping has canonical events, and sets variables of the sink', async () => {
    const messages = [{ text: `m v=1 ${TS}` }];
    expect(await runOne(undefined, { messages, lines: [`m v=1 ${TS}`] })).toEqual(PASSED);
    const file = {
      variables: { SINK_INPUT: 'json' },
      tests: [{ name: 'one', messages, refusals: [{ event: 0, reason: 'undecodable' }] }],
    };
    expect(await runTests({ 'a.test.yaml': stringify(file) })).toEqual(PASSED);
  });
  test('the variables of the shell do not apply', async () => {
    const folder = folderWith({ 'mapping.yaml': MAPPING, 'a.test.yaml': TESTS });
    expect(
      await run(['test', join(folder, 'a.test.yaml')], '', { SINK_INPUT: 'json', SINK_MAPPING: '{' }),
    ).toMatchObject({ code: 0 });
  });
});

describe('a test that fails', () => {
  test('missing and unexpected lines and refusals are shown as a diff with the place of the test', async () => {
    const found = await runTests({
      'mapping.yaml': MAPPING,
      'a.test.yaml': TESTS.replace('temp=21.5', 'temp=22')
        .replace('event: 1, reason: field-type', 'event: 0, reason: no-fields')
        .replace('dropped: 0', 'dropped: 1'),
    });
    expect(found).toMatchObject({ code: 1, err: '' });
    expect(found.out).toBe(`FAILED  one bad reading costs only itself (a.test.yaml:3)
    lines (- expected, + found):
    - room,room=hall,region=eu temp=22 1780000000000000000
    + room,region=eu,room=hall temp=21.5 1780000000000000000
    refusals (- expected, + found):
    - message 0, event 0: no-fields
    + message 0, event 1: field-type (field "temp" (temp): expected a number, found string)
    dropped (- expected, + found):
    - 1
    + 0
1 test in 1 file: 0 passed, 1 failed.
`);
  });
  test.each<[string, object]>([
    ['a line that is not expected', { lines: [] }],
    ['a line with another value', { lines: [`m,a=x,b=y v=1,w=3 ${TS}`] }],
    ['a line with another type', { lines: [`m,a=x,b=y v=1i,w=2 ${TS}`] }],
    ['a line with another time', { lines: [`m,a=x,b=y v=1,w=2 ${TS.replace(/0$/, '1')}`] }],
    ['a line with a tag less', { lines: [`m,a=x v=1,w=2 ${TS}`] }],
    ['a line with a field less', { lines: [`m,a=x,b=y v=1 ${TS}`] }],
    [
      'an expected refusal that did not happen',
      { lines: [`m,a=x,b=y v=1,w=2 ${TS}`], refusals: [{ event: 0, reason: 'no-fields' }] },
    ],
    ['an expected dropped event', { lines: [`m,a=x,b=y v=1,w=2 ${TS}`], dropped: 1 }],
  ])('%s fails the test', async (_, expected) => {
    expect(await runOne(SIMPLE, { messages: [{ body: BODY }], ...expected })).toMatchObject({ code: 1 });
  });
  test('--json prints the results as one line of JSON', async () => {
    const { code, out } = await runOne(SIMPLE, { messages: [{ body: BODY }], lines: ['m v=1'] }, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      passed: 0,
      failed: 1,
      tests: [
        {
          file: 'a.test.yaml',
          line: expect.any(Number),
          name: 'one',
          passed: false,
          difference: {
            missingLines: ['m v=1'],
            unexpectedLines: [`m,a=x,b=y v=1,w=2 ${TS}`],
            missingRefusals: [],
            unexpectedRefusals: [],
          },
        },
      ],
    });
  });
});

describe('notes', () => {
  const messages = [{ body: [BODY, { ...BODY, v: 3 }] }];
  const lines = [`m,a=x,b=y v=1,w=2 ${TS}`, `m,a=x,b=y v=3,w=2 ${TS}`];

  test('points that replace each other are noted, and do not fail the test', async () => {
    const { code, out } = await runOne(SIMPLE, { messages, lines });
    expect(code).toBe(0);
    expect(out).toContain('    note: 1 point replaced: same series and time, other values.');
  });
  test('--summary also notes columns that matched no event and members that no rule takes', async () => {
    const declared = { ...SIMPLE, fields: { v: 'V', w: 'w' } };
    const one = { messages: [{ body: BODY }], lines: [`m,a=x,b=y w=2 ${TS}`] };
    const [plain, summary] = await Promise.all([runOne(declared, one), runOne(declared, one, '--summary')]);
    expect(plain).toEqual(PASSED);
    expect(summary.out).toContain('note: fields.v (path V) matched none of 1 event; they have v.');
    expect(summary.out).toContain('note: Members that no rule takes: v (1).');
  });
});

describe('files that cannot run', () => {
  test('all faults of all files come in one report with file, line, and column, and no test runs', async () => {
    const folder = folderWith({
      'good.yaml': stringify({ tests: [{ messages: [{ text: 'm v=1 1' }], lines: ['m v=1 1'] }] }),
      'a.yaml':
        'mapping: {}\ntests:\n  - nam: x\n    messages: [{ body: 1, text: x }, { file: none.json }, {}]\n    lines: ["m", "m v=1\\nm v=2"]\n    refusals: [{ message: 3, event: -1, reason: nope }]\n    dropped: x\n',
      'b.yaml': 'tests: []\nvariables: { PATH: x, SINK_MAPPING: y }\n',
      'c.yaml': 'tests: [\n',
    });
    const names = ['good', 'a', 'b', 'c', 'none'].map((name) => join(folder, `${name}.yaml`));
    const { code, out, err } = await run(['test', ...names]);
    expect([code, out]).toEqual([2, '']);
    expect(
      err
        .replaceAll(`${folder}/`, '')
        .trimEnd()
        .split('\n')
        .map((line) => line.slice(0, 72)),
    ).toEqual(
      [
        'The tests cannot run:',
        '- a.yaml:3:5: tests[0].nam is not a known member. Did you mean "name"?',
        '- a.yaml:4:16: tests[0].messages[0] must have exactly one of "body", "te',
        '- a.yaml:4:40: tests[0].messages[1].file cannot be read: ENOENT: no such ',
        '- a.yaml:4:59: tests[0].messages[2] must have exactly one of "body", "te',
        '- a.yaml:5:13: tests[0].lines[0] must be one line of line protocol: the ',
        '- a.yaml:5:18: tests[0].lines[1] must be one line of line protocol: it h',
        '- a.yaml:6:18: tests[0].refusals[0].message must be less than the number ',
        '- a.yaml:6:41: tests[0].refusals[0].reason must be one of undecodable, no',
        '- a.yaml:6:30: tests[0].refusals[0].event must be a whole number of at le',
        '- a.yaml:7:5: tests[0].dropped must be a whole number of at least 0, got ',
        '- b.yaml:2:14: variables.PATH must be a variable of the sink, SINK_NAME. ',
        '- b.yaml:2:23: variables.SINK_MAPPING must be a variable of the sink, SIN',
        expect.stringMatching(/^- c\.yaml:\d+:\d+: /),
        '- none.yaml: The file cannot be read: ENOENT: no such file or directory, ',
      ].map((text) => (typeof text === 'string' ? text.slice(0, 72) : text)),
    );
  });
  test('faults of a mapping have their place in the mapping file, or in the test file that contains the mapping', async () => {
    const tests = 'tests: [{ messages: [{ body: 1 }] }]\n';
    const files = { 'm.yaml': 'version: 1\nmeasurment: m\n', 'a.test.yaml': `mapping: m.yaml\n${tests}` };
    const inline = `mapping:\n  version: 1\n  measurment: m\n  measurement: m\n  fields: { v: v }\n${tests}`;
    const [own, embedded, missing] = await Promise.all([
      runTests(files),
      runTests({ 'a.test.yaml': inline }),
      runTests({ 'a.test.yaml': `mapping: none.yaml\n${tests}` }),
    ]);
    expect(own).toMatchObject({
      code: 2,
      err: expect.stringContaining('m.yaml:2:1: mapping.measurment is not a known'),
    });
    expect(embedded).toMatchObject({
      code: 2,
      err: expect.stringContaining('- a.test.yaml:3:3: mapping.measurment is not'),
    });
    expect(missing).toMatchObject({
      code: 2,
      err: expect.stringMatching(/a\.test\.yaml: SINK_MAPPING names the file .*none\.yaml/),
    });
  });
  test('a call without a file is a fault', async () => {
    expect(await run(['test'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('The argument <file> is missing.'),
    });
  });
});
