/** Faults of mappings: each is reported once, at its own place, and no accepted mapping stops the converters. */

import { describe, expect, test } from 'vitest';
import { parseMapping } from '../../../src/sink/mapping/parse-mapping.ts';
import { convert, mapping, message } from '../make.ts';

const faultsOf = (declared: object): readonly string[] => {
  const read = parseMapping({ version: 1, ...declared });
  return 'faults' in read ? read.faults : [];
};

const faultsOfField = (field: object): readonly string[] => faultsOf({ measurement: 'm', fields: { f: field } });

const lineOf = (fields: object, event: object): readonly string[] => {
  const rules = mapping({ fields, timestamp: 'ts' });
  const body = { ts: 1_755_216_000_000, ...event };
  const { lines } = convert(message(body), { mapping: rules });
  expect(convert(message(body), { mapping: rules, converter: 'point' }).lines).toEqual(lines);
  return lines;
};

const TAKES_A = { when: { path: 'a', exists: true }, measurement: 'm', fields: { v: 'v' } };
const TAKES_ALL = { measurement: 'm', fields: { v: 'v' } };

describe('members at the top', () => {
  test('reports a wrong policy at the top once, at the top', () => {
    expect(faultsOf({ nulls: 'all', mappings: [TAKES_A, TAKES_ALL] })).toEqual([
      'mapping.nulls must be one of ignore, refuse; got "all"',
    ]);
  });

  test('reports a wrong policy next to a preset once', () => {
    expect(faultsOf({ preset: 'telegraf', mismatch: 'all', mappings: [TAKES_A] })).toEqual([
      'mapping.mismatch must be one of refuse, coerce, omit; got "all"',
    ]);
  });

  test.each(['nulls', 'nullTexts', 'mismatch', 'nonFinite', 'newlines', 'names', 'conflict', 'otherFields'])(
    'reports a wrong %s at the top if every rule has its own or drops its events',
    (name) => {
      const drop = { when: { path: 'a', exists: true }, drop: true };
      expect(faultsOf({ [name]: 5, mappings: [drop] })).toHaveLength(1);
      const own = { nullTexts: [], otherFields: 'ignore', ...TAKES_ALL };
      const values = { nulls: 'ignore', mismatch: 'omit', nonFinite: 'omit', newlines: 'escape', names: 'repair' };
      expect(faultsOf({ [name]: 5, mappings: [{ ...own, ...values, conflict: 'coerce' }] })).toHaveLength(1);
    },
  );

  test('reports a wrong database at the top that no rule inherits', () => {
    expect(faultsOf({ database: 'a/b', mappings: [{ ...TAKES_ALL, database: 'c' }] })).toEqual([
      'mapping.database must not contain any of , : ; . / \\ or unprintable characters, got "a/b"',
    ]);
  });

  test('accepts a database at the top whose path begins at a level of the rules', () => {
    const rule = { ...TAKES_ALL, events: { path: 'list', as: 'one' } };
    expect(faultsOf({ database: { path: '$one.db', allow: ['d'] }, mappings: [rule] })).toEqual([]);
  });

  test('reports a column that the preset writes with another type, at the rule of the mapping', () => {
    const rule = { ...TAKES_A, measurement: 'sitewise', fields: { value: { path: 'v', type: 'string' } } };
    expect(faultsOf({ preset: 'iot-sitewise', mappings: [rule] })).toEqual([
      'mapping.mappings[0] writes "value" of measurement "sitewise" as string field, but the preset "iot-sitewise" writes it as float field. A column can have one type only.',
    ]);
  });
});

describe('conditions', () => {
  test.each(['when', 'also', 'drop'])('says where "%s" belongs if it is at the top', (name) => {
    const fault = `mapping.${name} must be in an entry of "mappings", because it chooses the events of one rule`;
    const when = { path: 'a', exists: true };
    expect(faultsOf({ ...TAKES_ALL, [name]: name === 'when' ? when : true })).toEqual([fault]);
  });
  test.each<[string, object, string]>([
    [
      'two combinations',
      { all: [{ path: 'a', exists: true }], any: [{ path: 'b', exists: true }] },
      ' has "all" and "any". Put each into an object of one list: {"all": [{...}, {...}]}',
    ],
    [
      'a combination and a test',
      { not: { path: 'a', exists: true }, path: 'b', equals: 1 },
      ' has "not" and "path" and "equals". Put each into an object of one list: {"all": [{...}, {...}]}',
    ],
    [
      'an empty list of values',
      { path: 'a', in: [] },
      '.in must contain at least one value, because no event matches an empty list',
    ],
    ['a list that is none', { path: 'a', in: 'x' }, '.in must contain only text, numbers, booleans or null, got "x"'],
  ])('reports %s once', (_, when, fault) => {
    expect(faultsOf({ mappings: [{ ...TAKES_ALL, when }] })).toEqual([`mapping.mappings[0].when${fault}`]);
  });
  test('reports an unknown member next to a combination', () => {
    const when = { all: [{ path: 'a', exists: true }], anny: [] };
    expect(faultsOf({ mappings: [{ ...TAKES_ALL, when }] })).toEqual([
      'mapping.mappings[0].when.anny is not a known member. Did you mean "any"?',
    ]);
  });
});

describe('fields', () => {
  test('refuses a line break in a "lookup" without a type', () => {
    expect(faultsOfField({ path: 'a', lookup: { x: 'one\ntwo' } })).toEqual([
      'mapping.fields.f.lookup.x must not contain a line break or a lone surrogate, which line protocol cannot express',
    ]);
  });

  test('takes the type of a "lookup" for a "text"', () => {
    expect(lineOf({ f: { text: '{a}-{b}', lookup: { 'x-y': 1 } } }, { a: 'x', b: 'y' })).toEqual([
      'm f=1 1755216000000000000',
    ]);
  });

  test.each(['offset', 'exact'])('reports %s next to a "lookup", which would have no effect', (name) => {
    const value = name === 'exact' ? true : 5;
    expect(faultsOfField({ path: 'a', lookup: { x: 1 }, [name]: value })).toEqual([
      `mapping.fields.f.${name} has no effect, because the "lookup" contains the values`,
    ]);
  });

  test.each(['byType', 'byText'])('reports %s next to a "value", which would have no effect', (name) => {
    expect(faultsOfField({ value: 1, [name]: { number: 'n' } })).toEqual([
      `mapping.fields.f.${name} has no effect, because the field is always the same ("value")`,
    ]);
  });

  test('writes a default under the name for its type', () => {
    const names = { number: 'f_number', string: 'f_text', boolean: 'f_flag' };
    expect(lineOf({ f: { path: 'x', byType: names, default: true }, v: 'v' }, { v: 1 })).toEqual([
      'm f_flag=true,v=1 1755216000000000000',
    ]);
    const byText = { number: 'f_number', other: 'f_text' };
    expect(lineOf({ f: { path: 'x', byText, default: 0 }, v: 'v' }, { v: 1 })).toEqual([
      'm f_number=0,v=1 1755216000000000000',
    ]);
    expect(lineOf({ f: { path: 'x', byText, default: 'off' }, v: 'v' }, { v: 1 })).toEqual([
      'm f_text="off",v=1 1755216000000000000',
    ]);
  });

  test('reports a default whose type has no name', () => {
    expect(faultsOfField({ path: 'x', byType: { number: 'n' }, default: 'off' })).toEqual([
      'mapping.fields.f.default must have a type of "byType", got "off"',
    ]);
    expect(faultsOfField({ path: 'x', byText: { other: 'n' }, default: 0 })).toEqual([
      'mapping.fields.f.default must have a type of "byText", got 0',
    ]);
  });
});

test('reports a list of paths in "open", which would use only the first', () => {
  const open = [{ path: ['a', 'b'], decode: 'json', as: 'inner' }];
  expect(faultsOf({ ...TAKES_ALL, open })).toEqual(['mapping.open[0].path must be a path (text), got ["a","b"]']);
});

test('says where a policy belongs if a column has it', () => {
  expect(faultsOfField({ path: 'a', nullTexts: ['n/a'] })).toEqual([
    'mapping.fields.f.nullTexts is a policy of a whole mapping or rule. Write it beside "fields".',
  ]);
});

test.each([
  ['readings[*]', ', with the path "readings"'],
  ['a.readings.*', ', with the path "a.readings"'],
  ['readings[]', ', with the path "readings"'],
  ['a.*.b', ''],
])('says which array "events" opens instead of the path %s', (events, remedy) => {
  const [fault] = faultsOf({ ...TAKES_ALL, events });
  expect(fault).toContain(`mapping.events cannot lead to several values. "events" opens an array${remedy}. `);
});
