/** Tests of `cli/analysis/mapping-changes.ts` and `check --against`: changes that break existing columns or series. */

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mappingChanges, timeChanges } from '../../cli/analysis/mapping-changes.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import { parseMapping } from '../../src/sink/mapping/parse-mapping.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';

const mappingOf = (declared: object): Mapping => {
  const parsed = parseMapping({ version: 1, ...declared });
  if ('faults' in parsed) throw new Error(parsed.faults.join('\n'));
  return parsed.mapping;
};

const OLD = {
  measurement: 'm',
  tags: { room: 'room', floor: 'floor' },
  fields: { temp: 'temp', on: { path: 'on', type: 'boolean' } },
};

describe('presets', () => {
  const preset = (name: string, more: object = {}): Mapping => mappingOf({ preset: name, ...more });

  test('the name and the target of a preset are compared', () => {
    expect(mappingChanges(preset('telegraf'), preset('telegraf'))).toEqual([]);
    expect(mappingChanges(preset('ttn-v3'), preset('chirpstack-v4'))).toEqual([
      'the preset was ttn-v3 and is chirpstack-v4. Queries find no new points in its measurements.',
    ]);
    for (const name of ['telegraf', 'senml'])
      expect(mappingChanges(preset(name, { database: 'a' }), preset(name, { database: 'b' }))).toEqual([
        `preset ${name}: the database or retention policy has changed. Existing points stay where they are.`,
      ]);
  });
});

describe('changes', () => {
  test.each<[string, object, readonly string[]]>([
    ['nothing', {}, []],
    [
      'a further field, another path, and another time',
      { timestamp: 'ts', fields: { ...OLD.fields, temp: ['t', 'temp'], x: 'x' } },
      [],
    ],
    ['a field less', { fields: { temp: 'temp' } }, []],
    [
      'tags by wildcard',
      { tags: { ...OLD.tags, '*': 'labels' } },
      ['m: "*" takes other members as tags, or gives them other names. New points start new series.'],
    ],
    ['fields by wildcard', { fields: { ...OLD.fields, '*': 'more' } }, []],
    [
      'the default of a tag',
      { tags: { ...OLD.tags, floor: { path: 'floor', default: '0' } } },
      ['m: the constant or default of the tag floor was none and is "0". Points with it start new series.'],
    ],
    [
      'a constant instead of a tag of the event',
      { tags: { ...OLD.tags, floor: { value: '1' } } },
      ['m: the constant or default of the tag floor was none and is "1". Points with it start new series.'],
    ],
    [
      'the type of a field',
      { fields: { ...OLD.fields, temp: { path: 'temp', type: 'integer' } } },
      [
        'm: the field temp was float and is integer. openGemini refuses points with the other type. Give the new type a new name.',
      ],
    ],
    [
      'a field whose type the event decides',
      { fields: { ...OLD.fields, temp: { path: 'temp', byType: { number: 'temp', string: 'text' } } } },
      [],
    ],
    [
      'a field that may become another type',
      { fields: { ...OLD.fields, temp: { path: 'temp', byType: { string: 'temp' } } } },
      [
        'm: the field temp was float and is string. openGemini refuses points with the other type. Give the new type a new name.',
      ],
    ],
    [
      'a tag that becomes a field',
      { tags: { room: 'room' }, fields: { ...OLD.fields, floor: 'floor' } },
      ['m: floor was a tag and is a field. New points start new series. Give the field another name.'],
    ],
    [
      'a field that becomes a tag',
      { tags: { ...OLD.tags, on: 'on' }, fields: { temp: 'temp' } },
      ['m: on was a field and is a tag. New points start new series. Give the tag another name.'],
    ],
    [
      'a renamed tag',
      { tags: { room: 'room', level: 'floor' } },
      ['m: the tag floor is now level. New points start new series.'],
    ],
    [
      'a dropped tag',
      { tags: { room: 'room' } },
      ['m: the tag floor is no longer written. New points start new series.'],
    ],
    ['a new tag', { tags: { ...OLD.tags, site: 'site' } }, ['m: the tag site is new. New points start new series.']],
    [
      'a renamed field',
      { fields: { ...OLD.fields, temp: undefined, temperature: 'temp' } },
      ['m: the field temp is now temperature. Queries of temp find no new values.'],
    ],
    [
      'another measurement',
      { measurement: 'n' },
      ['m: the measurement is no longer written. Its points may now be in n. Queries find no new points in it.'],
    ],
    [
      'another database',
      { database: 'other' },
      ['m: the database or retention policy has changed. Existing points stay where they are.'],
    ],
  ])('%s', (_, change, expected) => {
    const declared = JSON.parse(JSON.stringify({ ...OLD, ...change }));
    expect(mappingChanges(mappingOf(OLD), mappingOf(declared))).toEqual(expected);
  });

  test('rules are compared by their measurement, in any order', () => {
    const rule = (measurement: unknown, tags: object): object => ({
      when: { path: 'k', exists: true },
      measurement,
      tags,
      fields: { v: 'v' },
    });
    const dynamic = { path: 'name', prefix: 'p_' };
    const before = mappingOf({ mappings: [rule('a', { x: 'x' }), rule('a', { y: 'y' }), rule(dynamic, { z: 'z' })] });
    const after = mappingOf({ mappings: [rule(dynamic, {}), rule('a', { x: 'x', y: 'y' })] });
    expect(mappingChanges(before, before)).toEqual([]);
    expect(mappingChanges(before, after)).toEqual([
      'the measurement from name: the tag z is no longer written. New points start new series.',
    ]);
  });
});

describe('times', () => {
  const at = (timestamp: unknown): Mapping => mappingOf({ ...OLD, timestamp });
  test.each([
    ['path', { path: 'at', precision: 's' }, 'ts in s and is at in s'],
    ['precision', { path: 'ts', precision: 'ms' }, 'ts in s and is ts in ms'],
    ['use', undefined, 'ts in s and is the time of the message'],
  ])('another %s of the time is reported', (_, timestamp, changed) => {
    expect(
      timeChanges(at({ path: 'ts', precision: 's' }), timestamp === undefined ? mappingOf(OLD) : at(timestamp)),
    ).toEqual([`m: the points of both versions have different times. The time was ${changed}.`]);
  });
  test('the same time is not reported', () => {
    expect(timeChanges(at('ts'), at('ts'))).toEqual([]);
  });
});

describe('check --against', () => {
  const files = {
    'old.yaml': 'version: 1\nmeasurement: m\ntags: { room: room }\nfields: { v: v }\n',
    'new.json': JSON.stringify({ version: 1, measurement: 'm', fields: { v: { path: 'v', type: 'integer' } } }),
    'bad.yaml': 'version: 1\nmeasurement: m\n',
  };
  const check = async (args: readonly string[], variables: Readonly<Record<string, string>> = {}) => {
    const folder = folderWith(files);
    const named = args.map((arg) => (arg in files ? join(folder, arg) : arg));
    const of = Object.fromEntries(
      Object.entries(variables).map(([name, value]) => [name, value in files ? join(folder, value) : value]),
    );
    const { code, out, err } = await run(['check', ...named], '', of);
    return { code, out, err: err.replaceAll(`${folder}/`, '') };
  };
  const CHANGES = [
    'm: the tag room is no longer written. New points start new series.',
    'm: the field v was float and is integer. openGemini refuses points with the other type. Give the new type a new name.',
  ];

  test('changes are listed after the result, and the exit code is 1', async () => {
    expect(await check(['--mapping', 'new.json', '--against', 'old.yaml'])).toEqual({
      code: 1,
      out: `The mapping is valid.\nmapping      1 rule: m\nThe mapping breaks columns or series of the earlier version:\n${CHANGES.map((text) => `- ${text}\n`).join('')}`,
      err: '',
    });
  });
  test('an earlier version that cannot be read is named with its own option', async () => {
    const { code, err } = await check(['--mapping', 'new.json', '--against', 'none.yaml']);
    expect(code).toBe(2);
    expect(err).toContain('- --against names the file "none.yaml", which cannot be read');
  });
  test('without such changes the exit code is 0', async () => {
    const { code, out } = await check(['--mapping', 'old.yaml', '--against', 'old.yaml']);
    expect([code, out]).toEqual([
      0,
      expect.stringMatching(/The mapping breaks no column and no series of the earlier version\.\n$/),
    ]);
  });
  test('--json prints the changes, for a mapping alone and for a whole configuration', async () => {
    const server = { OPENGEMINI_URL: 'http://a:8086', OPENGEMINI_DATABASE: 'd', SINK_MAPPING: 'new.json' };
    const [alone, whole] = await Promise.all([
      check(['--mapping', 'new.json', '--against', 'old.yaml', '--json']),
      check(['--against', 'old.yaml', '--json'], server),
    ]);
    expect(JSON.parse(alone.out)).toEqual({
      valid: true,
      rules: [{ measurement: 'm' }],
      changes: CHANGES,
      warnings: [],
    });
    expect([alone.code, whole.code]).toEqual([1, 1]);
    expect(JSON.parse(whole.out)).toMatchObject({ valid: true, opengeminiUrls: ['http://a:8086'], changes: CHANGES });
  });
  test('faults of either mapping are reported with their places', async () => {
    const [earlier, own] = await Promise.all([
      check(['--mapping', 'new.json', '--against', 'bad.yaml']),
      check(['--mapping', 'bad.yaml']),
    ]);
    for (const { code, err } of [earlier, own])
      expect([code, err]).toEqual([
        2,
        expect.stringContaining('- bad.yaml:1:1: mapping.fields must name at least one field'),
      ]);
  });
  test('a configuration without a mapping cannot be compared', async () => {
    const server = { OPENGEMINI_URL: 'http://a:8086', OPENGEMINI_DATABASE: 'd' };
    expect(await check(['--against', 'old.yaml'], server)).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^--against compares two mappings/),
    });
  });
});
