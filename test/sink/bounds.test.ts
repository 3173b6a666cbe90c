/**
 * Limits of what a mapping may do with one message. Each of them stops work that would otherwise grow beyond the size
 * of the body. Covers `src/sink/decode`, `convert`, and `json`.
 */

import { afterEach, describe, expect, test, vi } from 'vitest';
import { CONVERTERS } from '../../src/sink/convert/converter.ts';
import { CurrentEvent } from '../../src/sink/convert/event-input.ts';
import { collectMembers, type Member, memberSources } from '../../src/sink/convert/members.ts';
import { base64Bytes } from '../../src/sink/decode/base64.ts';
import { contentHint } from '../../src/sink/decode/content-hint.ts';
import { EVENTS_PER_MESSAGE_MAX } from '../../src/sink/decode/decode-options.ts';
import type { Decoded } from '../../src/sink/decode/decoded.ts';
import { documentsIn } from '../../src/sink/decode/documents.ts';
import { mappedEvents } from '../../src/sink/decode/mapped-events.ts';
import type { Search } from '../../src/sink/decode/search.ts';
import { JSON_VALUES_MAX, type Json, sourceOf } from '../../src/sink/json/json.ts';
import { mayHaveNonFinite, parseNonFinite } from '../../src/sink/json/non-finite.ts';
import { type MappingRule, MEMBERS_MAX } from '../../src/sink/mapping/mapping.ts';
import { convert, mapping, message } from './make.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const MIB = 1024 * 1024;

/** Returns a JSON array of this number of equal elements. */
const arrayOf = (count: number, element: string): string =>
  `[${Array.from({ length: count }, () => element).join(',')}]`;

describe('events of several levels', () => {
  const nested = mapping({ events: ['list', 'rows'], fields: { v: 'v' } });
  const body = (outer: number, inner: number): string =>
    `{"list":${arrayOf(outer, `{"rows":${arrayOf(inner, '{"v":1}')}}`)}}`;

  test('accepts the largest number of events as the product of two levels', { tags: 'slow' }, () => {
    expect(convert(message(body(100, 1_000)), { mapping: nested })).toMatchObject({
      events: EVENTS_PER_MESSAGE_MAX,
      codes: [],
    });
  });

  test('refuses a message whose levels contain one event more than that in their product', () => {
    const more = body(100, 1_000).replace('{"rows":[', '{"rows":[{"v":0},');
    expect(convert(message(more), { mapping: nested })).toMatchObject({ codes: ['too-large'], lines: [] });
  });

  test('refuses a message with fewer elements if several rules make too many events of them', { tags: 'slow' }, () => {
    const rule = { also: true, measurement: 'm', fields: { v: 'v' } };
    const rules = mapping({
      measurement: undefined,
      events: 'rows',
      mappings: [rule, rule, { ...rule, also: undefined }],
    });
    const rows = (count: number): string => `{"rows":${arrayOf(count, '{"v":1}')}}`;
    expect(convert(message(rows(33_333)), { mapping: rules }).codes).toEqual([]);
    expect(convert(message(rows(33_334)), { mapping: rules }).codes).toEqual(['too-large']);
  });

  test('stops at the limit where levels open one array again and again', () => {
    // The product is 10^9 events.
    const again = mapping({ events: ['list', '$root.list', '$root.list'], fields: { v: 'v' } });
    expect(convert(message(`{"list":${arrayOf(1_000, '{"v":1}')}}`), { mapping: again }).codes).toEqual(['too-large']);
  });

  test('stops after one event more than the limit, before the elements of all levels are visited', () => {
    const again = mapping({
      measurement: undefined,
      events: ['list', '$root.list'],
      mappings: [{ measurement: 'm', fields: { v: 'v' } }],
    });
    const root: Json = { list: Array.from({ length: 1_000 }, () => ({ v: 1 })) };
    const decoded = { cut: undefined } as Decoded;
    const search: Search = { decoded, events: [], branchesIgnored: 0, elementsLeft: JSON_VALUES_MAX, bytesLeft: MIB };
    const scope = {
      event: root,
      root,
      envelope: undefined,
      position: undefined,
      unitIndex: undefined,
      opened: undefined,
    };
    expect(mappedEvents(again, { ...scope, messageView: () => ({}) }, 0, search)).toBe(false);
    expect(search.events).toHaveLength(EVENTS_PER_MESSAGE_MAX + 1);
  });

  test('opens an array of the root on an inner level, in a rule and for all rules', () => {
    const events = ['list', '$root.names'];
    const rule = { measurement: 'm', tags: { n: 'n' }, fields: { c: { value: 1 } }, onlyDefaults: 'write' };
    const body = { list: [{ names: [] }, {}], names: [{ n: 'a' }] };
    for (const declared of [
      { events, ...rule },
      { measurement: undefined, events, mappings: [rule] },
    ])
      expect(convert(message(body), { mapping: mapping(declared) })).toMatchObject({ events: 2, codes: [] });
  });

  test('stops at the limit of JSON values where levels open one array again and again and find no event', {
    tags: 'slow',
  }, () => {
    // The elements of the outer levels are 10^10, and none of them contains an event.
    const body = `{"list":${arrayOf(EVENTS_PER_MESSAGE_MAX, '{}')},"none":[]}`;
    const again = mapping({ events: ['list', '$root.list', '$root.none'], fields: { v: 'v' } });
    expect(convert(message(body), { mapping: again }).codes).toEqual(['too-large']);
    const ignored = { path: '$root.absent', missing: 'ignore' };
    const absent = mapping({ events: ['list', '$root.list', ignored], fields: { v: 'v' } });
    expect(convert(message(body), { mapping: absent }).codes).toEqual(['too-large']);
  });
});

/** Returns an object of which each member is read through a counter. */
const counted = (
  names: readonly string[],
  read: (name: string) => Json,
): { readonly object: Json; readonly reads: () => number } => {
  let reads = 0;
  const object = {};
  for (const name of names)
    Object.defineProperty(object, name, {
      enumerable: true,
      get: () => {
        reads += 1;
        return read(name);
      },
    });
  return { object: object as Json, reads: () => reads };
};

const inputOf = (event: Json): CurrentEvent => {
  const input = new CurrentEvent(MIB);
  input.event = event;
  input.root = event;
  return input;
};

describe('members of one event', () => {
  const names = Array.from({ length: 100_000 }, (_, index) => `n${index}`);
  const sourceOfRule = (declared: Record<string, unknown>) => {
    const [rule] = mapping(declared).rules;
    return memberSources(rule as MappingRule).fields[0] as ReturnType<typeof memberSources>['fields'][number];
  };
  const collected = (declared: Record<string, unknown>, event: Json): readonly Member[] => {
    const members: Member[] = [];
    collectMembers(sourceOfRule(declared), inputOf(event), members);
    return members;
  };

  test('stops to flatten an object after one member more than an event may have', () => {
    const { object, reads } = counted(names, () => 1);
    expect(collected({ otherFields: { flatten: '_' } }, object)).toHaveLength(MEMBERS_MAX + 1);
    expect(reads()).toBeLessThanOrEqual(MEMBERS_MAX + 1);
  });

  test('stops to flatten nested objects after one member more than an event may have', () => {
    const { object, reads } = counted(names, () => ({ a: 1, b: 2 }));
    expect(collected({ otherFields: { flatten: '_' } }, object)).toHaveLength(MEMBERS_MAX + 1);
    expect(reads()).toBeLessThanOrEqual(MEMBERS_MAX / 2 + 1);
  });

  test('stops to read pairs after one member more than an event may have', () => {
    let reads = 0;
    const pair = (name: string): Json => ({
      get k() {
        reads += 1;
        return name;
      },
      v: 1,
    });
    const declared = { fields: { '*': { pairs: 'pairs', name: 'k', value: 'v' } } };
    expect(collected(declared, { pairs: names.map(pair) })).toHaveLength(MEMBERS_MAX + 1);
    expect(reads).toBe(MEMBERS_MAX + 1);
  });

  test.each([
    ['flattened members', { otherFields: { flatten: '_' } }, (many: object) => ({ o: many })],
    [
      'elements by index',
      { otherFields: { flatten: '_', arrays: 'index' } },
      (many: object) => ({ o: Object.values(many) }),
    ],
    [
      'pairs',
      { fields: { '*': { pairs: 'pairs', name: 'k', value: 'v' } } },
      (many: object) => ({ pairs: Object.keys(many).map((k) => ({ k, v: 1 })) }),
    ],
    [
      'pairs as tags',
      { tags: { '*': { pairs: 'pairs', name: 'k', value: 'v' } }, fields: { v: 'v' } },
      (many: object) => ({ v: 1, pairs: Object.keys(many).map((k) => ({ k, v: 1 })) }),
    ],
  ])('refuses an event with one of %s more than the limit in both converters', (_, declared, eventOf) => {
    const many = (count: number): object => Object.fromEntries(names.slice(0, count).map((name) => [name, 1]));
    for (const converter of CONVERTERS) {
      const options = { mapping: mapping(declared), converter };
      expect(convert(message(eventOf(many(MEMBERS_MAX))), options).codes).toEqual([]);
      expect(convert(message(eventOf(many(MEMBERS_MAX + 1))), options).codes).toEqual(['too-large']);
    }
  });

  test('flattens 64 levels, leaves out deeper members, and never exhausts the stack', { tags: 'slow' }, () => {
    const body = (levels: number): string => `${'{"a":'.repeat(levels)}1${',"b":2}'.repeat(levels)}`;
    for (const converter of CONVERTERS) {
      const options = { mapping: mapping({ otherFields: { flatten: '' } }), converter };
      const columns = (levels: number): string[] =>
        (convert(message(body(levels)), options).lines[0] ?? '').split(' ')[1]?.split(',') ?? [];
      expect(columns(64)).toContain(`${'a'.repeat(64)}=1`);
      expect(columns(65)).not.toContain(`${'a'.repeat(65)}=1`);
      expect(columns(65)).toHaveLength(64);
      expect(columns(200_000)).toHaveLength(64);
    }
  });
});

test.each([
  ['1e999999999', '1e999999999'],
  ['-1e999999999', '-1e999999999'],
  ['1e-999999999', '1e-999999999'],
  ['with an exponent of 400 digits', `1e${'9'.repeat(400)}`],
  ['with 100,000 digits', '1'.repeat(100_000)],
  ['with 100,000 decimal places', `0.${'1'.repeat(100_000)}`],
])(
  'refuses the hostile number %s as a calculated value and as a part of a time, before it allocates its digits',
  { tags: 'slow' },
  (_, number) => {
    const at = 1_780_000_000_000;
    for (const converter of CONVERTERS) {
      const codesOf = (declared: Record<string, unknown>, text: string): readonly string[] =>
        convert(message(`{"ts":${at},"n":${text},"v":1}`), { mapping: mapping(declared), converter }).codes;
      for (const text of [number, `"${number}"`]) {
        const scaled = { mismatch: 'coerce', fields: { n: { path: 'n', scale: 0.1, offset: 1 } } };
        expect(codesOf(scaled, text)).toHaveLength(1);
        expect(codesOf({ fields: { v: 'v' }, timestamp: { path: 'ts', plus: 'n' } }, text)).toHaveLength(1);
        expect(codesOf({ fields: { v: 'v' }, timestamp: { path: 'n', precision: 'auto' } }, text)).toHaveLength(1);
      }
    }
  },
);

test('reads times with a million digits after the comma, and refuses those that are finer than a nanosecond', () => {
  const rules = mapping({ timestamp: { path: 'ts', precision: 'iso8601', spread: true }, fields: { v: 'v' } });
  const result = (digits: string): readonly string[] => {
    const { lines, codes } = convert(message({ ts: `2026-05-28T20:26:40.${digits}Z`, v: 1 }), { mapping: rules });
    return [...lines, ...codes];
  };
  expect(result(`123456789${'0'.repeat(MIB)}`)).toEqual(['m v=1 1780000000123456789']);
  expect(result(`${'0'.repeat(MIB)}1`)).toEqual(['timestamp-format']);
});

describe('descriptions of unreadable bodies', () => {
  test('examine only the beginning of a text, except for base64 and JSON', () => {
    const examined: number[] = [];
    const original = RegExp.prototype.test;
    vi.spyOn(RegExp.prototype, 'test').mockImplementation(function (this: RegExp, text: string) {
      examined.push(text.length);
      return original.call(this, text);
    });
    for (const text of ['{', '{}', '} ', ',', 'a,', 'a: ', '<', '"', '&a=', 'a=1&', '1,\n'])
      expect(contentHint(`${text.repeat(MIB)}~!`)).toMatch(/\S/);
    expect(Math.max(...examined)).toBeLessThanOrEqual(512);
  });

  test.each([
    ['', 'is empty'],
    ['<html>', 'looks like XML or HTML'],
    ['{"a":1},{"a":2}', 'separated by commas'],
    ['{"a":', 'is not valid JSON at character 6: expected a value, found the end of the text'],
    ['{"a":1}\n{"a":2}', 'contains several JSON documents'],
    ['null', 'single JSON value'],
    ['-1.5e3', 'single number'],
    ['"x"', 'quoted text'],
    ['a,b\n1,2', 'looks like CSV'],
    ['a=1&b=2', 'form or a query string'],
    ['name: x', 'YAML or a list of headers'],
    [Buffer.alloc(24, 255).toString('base64'), 'looks like base64'],
    ['hello', 'has no known form'],
  ])('the text %j %s', (text, hint) => {
    expect(contentHint(text)).toContain(hint);
  });
});

describe('names of numbers that JSON does not have', () => {
  test.each([
    ['[NaN]', ['NaN']],
    ['[nan,Infinity,-Infinity,inf,-inf]', ['nan', 'Infinity', '-Infinity', 'inf', '-inf']],
    ['[ NaN\t,\n1.50 ]', ['NaN', '1.50']],
    ['["NaN", NaN]', ['NaN', 'NaN']],
    ['["\\"NaN", "\\\\", NaN]', ['"NaN', '\\', 'NaN']],
    ['[1e9000001]', ['1e9000001']],
  ])('reads %s with the texts of its numbers', (text, expected) => {
    const isStandIn = text.includes('1e9000001');
    const values = parseNonFinite(text) as readonly Json[];
    if (!isStandIn)
      expect(values.map((value) => (typeof value === 'string' ? value : sourceOf(value as number)))).toEqual(expected);
    else expect(values).toHaveLength(1);
  });

  test.each([
    '[NaN1]',
    '[xNaN]',
    '[1NaN]',
    '[1.5inf]',
    '[NAN]',
    '{NaN:1}',
    '[Nan]',
    '[NaN NaN]',
    '[--inf]',
    '[infinity]',
    'NaN,',
  ])('rejects %s', (text) => {
    expect(() => parseNonFinite(text)).toThrow(SyntaxError);
  });

  test.each([
    ['texts that are never closed', '"\\'],
    ['beginnings of names', 'N'],
    ['names without an end', 'NaN '],
    ['names in texts', '"NaN",'],
    ['infinities with signs', '-inf '],
    ['brackets', '[{'],
  ])('reads each character of %s a limited number of times', (_, unit) => {
    const stepsFor = (count: number): number => {
      let steps = 0;
      const original = String.prototype.charCodeAt;
      const spy = vi.spyOn(String.prototype, 'charCodeAt').mockImplementation(function (this: string, at: number) {
        steps += 1;
        return original.call(this, at);
      });
      const text = `[${unit.repeat(count)}`;
      if (mayHaveNonFinite(text) || unit !== '') expect(() => parseNonFinite(text)).toThrow(SyntaxError);
      spy.mockRestore();
      return steps;
    };
    expect(stepsFor(2_000)).toBeLessThanOrEqual(2.1 * stepsFor(1_000) + 10);
  });

  // With a pattern that is tried at every blank this would take an hour. The time limit of the test detects that.
  test.each([
    `NaN${' '.repeat(MIB)}x`,
    `${' '.repeat(MIB)}NaN x`,
    `${'NaN '.repeat(MIB / 4)}x`,
    `${'-'.repeat(MIB)}inf`,
  ])('decides in one pass that a hostile text has no such names (%#)', (text) => {
    expect(mayHaveNonFinite(text)).toBe(false);
  });
});

describe('base64', () => {
  test.each([
    ['SGFsbG8=', 'Hallo'],
    ['SGFsbG8', 'Hallo'],
    ['SGFs\r\nbG8=', 'Hallo'],
    ['Pz8_', '???'],
    ['Pz8/', '???'],
    ['fn5-', '~~~'],
    ['fn5+', '~~~'],
    ['YQ==', 'a'],
    ['YQ', 'a'],
  ])('reads %j as %s', (text, expected) => {
    expect(base64Bytes(text)?.toString()).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '=',
    '==',
    'A',
    'AAAAA',
    'YQ=',
    'YWI==',
    'YQ===',
    'Y=Q=',
    'SGFs!G8=',
    'SGFsbG8=x',
    '日本語文',
    'SGFs.bG8',
  ])('rejects %j, which Buffer.from would read in part', (text) => {
    expect(base64Bytes(text)).toBeUndefined();
  });
});

describe('documents that follow each other', () => {
  test.each([
    ['{}{}', ['{}', '{}']],
    [' {"a":"}{"} \n[1, 2]\t', ['{"a":"}{"}', '[1, 2]']],
    ['', []],
    ['{}x', undefined],
    ['1{}', undefined],
    ['{},{}', undefined],
  ])('separates %j', (text, expected) => {
    expect(documentsIn(text, 10)).toEqual(expected);
  });

  test('separates one document more than the limit, and reads no further', () => {
    expect(documentsIn('{}'.repeat(MIB), 10)).toHaveLength(11);
  });

  // Each of these would exhaust the stack or take hours if brackets were followed by calls or searched again.
  test.each([
    ['opening brackets', '['.repeat(MIB), 1],
    ['opening braces', '{'.repeat(MIB), 1],
    ['pairs of brackets', '[]'.repeat(100_000), 100_000],
    ['mixed brackets', '{]'.repeat(1_000), 1_000],
    ['a text that is never closed', `{"${'{'.repeat(MIB)}`, 1],
  ])('separates %s in one pass', (_, text, count) => {
    expect(documentsIn(text, EVENTS_PER_MESSAGE_MAX)).toHaveLength(count);
  });

  test.each([
    ['[', MIB],
    ['{]', MIB / 16],
    ['{}{', 100_000],
    ['{} [', 100_000],
    ['}', MIB],
    ['{"', MIB / 2],
  ])('refuses a body that repeats %s as a whole', { tags: 'slow' }, (unit, count) => {
    const { codes, lines } = convert(message(unit.repeat(count)), { mapping: mapping({ fields: { v: 'v' } }) });
    expect([codes, lines]).toEqual([[count * unit.length > JSON_VALUES_MAX ? 'too-large' : 'undecodable'], []]);
  });
});

describe('more columns than a line holds', () => {
  // 220 KB of names. Nothing but the limit keeps them within the bytes that are reserved for a line.
  const members = (value: unknown): Record<string, unknown> =>
    Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`${'k'.repeat(220)}${index}`, value]));
  const canonical = { measurement: 'm', fields: { v: 1 }, timestamp: '1755216000000000001' };
  const others = (more: object = {}) => mapping({ fields: undefined, otherFields: 'include', ...more });

  test.each([
    ['fields of a canonical event', 'line-too-long', { ...canonical, fields: members(1.5) }, undefined],
    ['tags of a canonical event', 'tag-too-long', { ...canonical, tags: members('t') }, undefined],
    ['members that become fields', 'too-large', members(1.5), others()],
    ['the same members, not scanned', 'too-large', { a: '\\', ...members(1.5) }, others()],
    ['nested members', 'too-large', { n: members(1.5) }, others({ otherFields: { flatten: '_' } })],
  ])('refuses %s', (_, code, event, read) => {
    expect(convert(message(event), { mapping: read })).toMatchObject({ codes: [code], lines: [] });
  });
});
