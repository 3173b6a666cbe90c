/**
 * The events that the fast paths write themselves, with their exact lines and counts, and those that they leave to the point
 * converter. A comparison of both converters cannot show which of them wrote a line. Covers `src/sink/convert/rule-encoder.ts`,
 * `wildcard-encoder.ts`, `canonical-encoder.ts`, and what they write with.
 */

import { describe, expect, test } from 'vitest';
import { CanonicalEncoder } from '../../../src/sink/convert/canonical-encoder.ts';
import { type FastPath, fastEncoder } from '../../../src/sink/convert/encoder.ts';
import { CurrentEvent } from '../../../src/sink/convert/event-input.ts';
import { createFastPath } from '../../../src/sink/convert/rule-encoder.ts';
import { type Json, parseJson, SourceText } from '../../../src/sink/json/json.ts';
import { LINE_BYTES_MAX, LineBuffer, SERIES_BYTES_MAX } from '../../../src/sink/lines/line-buffer.ts';
import { NOT_PLAIN } from '../../../src/sink/lines/line-bytes.ts';
import type { MappingRule } from '../../../src/sink/mapping/mapping.ts';
import { refuse } from '../../../src/sink/refusal.ts';
import { resultOf } from '../both-converters.ts';
import { mapping, message, SENT_AT_MS, TARGET } from '../make.ts';

const LEFT = 'left to the point converter';

/** Returns the input of the first event of a message. */
const newInput = (): CurrentEvent => {
  const input = new CurrentEvent(1024 * 1024);
  input.begin(message({}));
  input.beginEvent(0);
  return input;
};

/** Returns the line that a fast path writes for an event, with the counts that are not 0, or `LEFT`. */
const writtenBy = (fast: FastPath, event: string, withSources = false): string => {
  const input = newInput();
  input.event = parseJson(event, withSources);
  input.root = input.event;
  input.source = new SourceText(event, withSources);
  const out = new LineBuffer(TARGET);
  const end = fast.write(input, out);
  if (end < 0) {
    expect(end).toBe(NOT_PLAIN);
    return LEFT;
  }
  out.commit(end, 0, 0);
  expect(out.bytes[end - 1]).toBe(10);
  const { altered, omitted, implausibleTimes } = input;
  const counts = Object.entries({ altered, omitted, implausibleTimes }).filter(([, count]) => count > 0);
  const line = out.lastLine().replace(/ 1755216000000\d{6}$/, '');
  return line + counts.map(([name, count]) => ` [${name} ${count}]`).join('');
};

const fastPathOf = (declared: Record<string, unknown>): FastPath =>
  createFastPath(mapping(declared).rules[0] as MappingRule);
const written = (declared: Record<string, unknown>, event: unknown, withSources = false): string =>
  writtenBy(fastPathOf(declared), typeof event === 'string' ? event : JSON.stringify(event), withSources);

/** The line without the name of a count, as `resultOf` gives it. */
const plainOf = (line: string): string => line.replace(/ \[[a-zA-Z]+ \d+\]/g, '');

const MS = SENT_AT_MS;

describe('a rule of named columns', () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ['an absent tag is left out', { tags: { a: 'a', b: 'b' }, fields: { v: 'v' } }, '{"b":"x","v":1}', 'm,b=x v=1'],
    ['an empty tag is left out', { tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":"","v":1}', 'm v=1'],
    [
      'a null tag is left out and counted',
      { tags: { a: 'a' }, fields: { v: 'v' } },
      '{"a":null,"v":1}',
      'm v=1 [altered 1]',
    ],
    ['a null tag that is refused', { nulls: 'refuse', tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":null,"v":1}', LEFT],
    [
      'a default takes the place of an absent tag',
      { tags: { a: { path: 'a', default: 'd' } }, fields: { v: 'v' } },
      '{"v":1}',
      'm,a=d v=1',
    ],
    [
      'a default takes the place of an empty tag',
      { tags: { a: { path: 'a', default: 'd' } }, fields: { v: 'v' } },
      '{"a":"","v":1}',
      'm,a=d v=1',
    ],
    [
      'a required tag that is absent',
      { tags: { a: { path: 'a', required: true } }, fields: { v: 'v' } },
      '{"v":1}',
      LEFT,
    ],
    [
      'a required tag',
      { tags: { a: { path: 'a', required: true } }, fields: { v: 'v' } },
      '{"a":"x","v":1}',
      'm,a=x v=1',
    ],
    ['a tag of a number', { tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":5,"v":1}', 'm,a=5 v=1'],
    ['a tag of a boolean', { tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":true,"v":1}', 'm,a=true v=1'],
    ['a tag of an object', { tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":{},"v":1}', LEFT],
    [
      'a tag that must be escaped',
      { tags: { a: 'a' }, fields: { v: 'v' } },
      '{"a":"x, y=z","v":1}',
      'm,a=x\\,\\ y\\=z v=1',
    ],
    [
      'a tag with a line break before another one',
      { tags: { a: 'a', b: 'b' }, fields: { v: 'v' } },
      '{"a":"x\\ny","b":"z","v":1}',
      LEFT,
    ],
    [
      'a composed tag that is absent and required, before another one',
      { tags: { a: { text: '{x}', required: true }, b: 'b' }, fields: { v: 'v' } },
      '{"b":"z","v":1}',
      LEFT,
    ],
    ['a tag with a line break', { tags: { a: 'a' }, fields: { v: 'v' } }, '{"a":"x\\ny","v":1}', LEFT],
    ['a constant tag', { tags: { a: { value: 'x' } }, fields: { v: 'v' } }, '{"v":1}', 'm,a=x v=1'],
    [
      'a tag of a template',
      { tags: { a: { text: '{b}-{c}' } }, fields: { v: 'v' } },
      '{"b":"x","c":2,"v":1}',
      'm,a=x-2 v=1',
    ],
    [
      'a tag of a template without its value',
      { tags: { a: { text: '{b}-{c}' } }, fields: { v: 'v' } },
      '{"b":"x","v":1}',
      'm v=1',
    ],
    ['a tag of two paths', { tags: { a: ['a', 'b'] }, fields: { v: 'v' } }, '{"b":"x","v":1}', 'm,a=x v=1'],
    [
      'a null text of a tag',
      { nullTexts: ['-'], tags: { a: 'a' }, fields: { v: 'v' } },
      '{"a":"-","v":1}',
      'm v=1 [altered 1]',
    ],
    [
      'a measurement of the event',
      { measurement: { path: 'n' }, fields: { v: 'v' } },
      '{"n":"x y","v":1}',
      'x\\ y v=1',
    ],
    ['a measurement that is absent', { measurement: { path: 'n' }, fields: { v: 'v' } }, '{"v":1}', LEFT],
    [
      'values of all types',
      { fields: { f: 'f', s: { path: 's', type: 'string' }, b: { path: 'b', type: 'boolean' } } },
      '{"f":1.5,"s":"x \\"y\\"","b":false}',
      'm f=1.5,s="x \\"y\\"",b=false',
    ],
    ['an absent field is left out', { fields: { a: 'a', v: 'v' } }, '{"v":1}', 'm v=1'],
    ['a null field is left out and counted', { fields: { a: 'a', v: 'v' } }, '{"a":null,"v":1}', 'm v=1 [altered 1]'],
    ['a null field that is refused', { nulls: 'refuse', fields: { a: 'a', v: 'v' } }, '{"a":null,"v":1}', LEFT],
    ['no field at all', { fields: { a: 'a' } }, '{"v":1}', LEFT],
    ['a field of an object', { fields: { a: 'a', v: 'v' } }, '{"a":{},"v":1}', LEFT],
    [
      'a field of an object that is left out',
      { mismatch: 'omit', fields: { a: 'a', v: 'v' } },
      '{"a":{},"v":1}',
      'm v=1 [omitted 1]',
    ],
    ['an infinite float', { fields: { v: 'v' } }, '{"v":1e999}', LEFT],
    ['floats', { fields: { v: { path: 'v', type: 'float' } } }, '{"v":-2.5}', 'm v=-2.5'],
    ['a text for a float', { fields: { v: { path: 'v', type: 'float' } } }, '{"v":"2"}', LEFT],
    [
      'a text that becomes a float',
      { mismatch: 'coerce', fields: { v: { path: 'v', type: 'float' } } },
      '{"v":"2"}',
      'm v=2 [altered 1]',
    ],
    ['integers', { fields: { v: { path: 'v', type: 'integer' } } }, '{"v":-7}', 'm v=-7i'],
    [
      'the largest safe integer',
      { fields: { v: { path: 'v', type: 'integer' } } },
      '{"v":9007199254740991}',
      'm v=9007199254740991i',
    ],
    ['an integer that is not safe', { fields: { v: { path: 'v', type: 'integer' } } }, '{"v":1.5}', LEFT],
    ['booleans', { fields: { v: { path: 'v', type: 'boolean' } } }, '{"v":true}', 'm v=true'],
    ['a number for a boolean', { fields: { v: { path: 'v', type: 'boolean' } } }, '{"v":1}', LEFT],
    ['strings', { fields: { v: { path: 'v', type: 'string' } } }, '{"v":"1"}', 'm v="1"'],
    ['a number for a string', { fields: { v: { path: 'v', type: 'string' } } }, '{"v":1}', LEFT],
    [
      'a number with a column by type',
      { fields: { v: { path: 'v', byType: { number: 'n', string: 's' } } } },
      '{"v":1}',
      'm n=1',
    ],
    [
      'a text with a column by type',
      { fields: { v: { path: 'v', byType: { number: 'n', string: 's' } } } },
      '{"v":"1"}',
      'm s="1"',
    ],
    [
      'a boolean with a column by type',
      { fields: { v: { path: 'v', byType: { boolean: 'b' } } } },
      '{"v":true}',
      'm b=true',
    ],
    [
      'a boolean without a column by type',
      { fields: { v: { path: 'v', byType: { number: 'n' } } } },
      '{"v":true}',
      LEFT,
    ],
    ['a number without a column by type', { fields: { v: { path: 'v', byType: { string: 's' } } } }, '{"v":1}', LEFT],
    ['a text without a column by type', { fields: { v: { path: 'v', byType: { number: 'n' } } } }, '{"v":"1"}', LEFT],
    ['a default beside a value', { fields: { a: { path: 'a', default: 5 }, v: 'v' } }, '{"v":1}', 'm a=5,v=1'],
    ['nothing but a default', { fields: { a: { path: 'a', default: 5 } } }, '{}', LEFT],
    [
      'nothing but a default that may be alone',
      { onlyDefaults: 'write', fields: { a: { path: 'a', default: 5 } } },
      '{}',
      'm a=5',
    ],
    ['a constant beside a value', { fields: { a: { value: true }, v: 'v' } }, '{"v":1}', 'm a=true,v=1'],
    ['a value by a table', { fields: { a: { path: 'a', lookup: { on: 1 } } } }, '{"a":"on"}', 'm a=1'],
    ['a value that the table lacks', { fields: { a: { path: 'a', lookup: { on: 1 } } } }, '{"a":"off"}', LEFT],
    ['a scaled integer', { fields: { a: { path: 'a', type: 'integer', scale: 10 } } }, '{"a":5}', 'm a=50i'],
    ['a composed text', { fields: { a: { text: '{b}!' } } }, '{"b":"x"}', 'm a="x!"'],
    ['a nested value', { fields: { v: 'a.b.c' } }, '{"a":{"b":{"c":1}}}', 'm v=1'],
    ['a step into a number', { fields: { v: 'a.b.c', w: 'w' } }, '{"a":{"b":1},"w":2}', 'm w=2'],
    ['a step into null', { fields: { v: 'a.b.c', w: 'w' } }, '{"a":{"b":null},"w":2}', 'm w=2'],
  ])('%s', (_, declared, event, expected) => {
    expect(written(declared, event)).toBe(expected);
    if (expected !== LEFT) expect(resultOf(declared, event).replace(/ \[altered.*/, '')).toBe(plainOf(expected));
  });

  test.each([
    ['1.0', 'm v=1', 'm v=1'],
    ['0.1e1', 'm v=1', 'm v=1'],
    ['12345678901234567890', 'm v=12345678901234567000', 'm v=12345678901234567000'],
    ['1e999', LEFT, LEFT],
  ])('the number %s is a float, also if its source text is known', (source, plain, withSources) => {
    for (const field of ['v', { path: 'v', type: 'float' }, { path: 'v', byType: { number: 'v' } }]) {
      const declared = { fields: { v: field } };
      expect(written(declared, `{"v":${source}}`)).toBe(plain);
      expect(written(declared, `{"v":${source}}`, true)).toBe(withSources);
    }
  });

  test('a number without a column by type is left, also if its source text is known', () => {
    expect(written({ fields: { v: { path: 'v', byType: { string: 's' } } } }, '{"v":1.0}', true)).toBe(LEFT);
  });
});

describe('a line after another one', () => {
  const input = newInput();

  test.each<[string, FastPath, (t: string) => Json]>([
    ['named columns', fastPathOf({ tags: { t: 't' }, fields: { v: 'v' } }), (t) => ({ t, v: 1 })],
    ['members', fastPathOf({ tags: { '*': 'tags' }, fields: { v: 'v' } }), (t) => ({ tags: { t }, v: 1 })],
    ['a canonical event', new CanonicalEncoder(), (t) => ({ measurement: 'm', tags: { t }, fields: { v: 1 } })],
  ])('of %s may have as many bytes as the first one', (_, fast, event) => {
    const out = new LineBuffer(TARGET);
    for (const bytes of [SERIES_BYTES_MAX, SERIES_BYTES_MAX, SERIES_BYTES_MAX + 1]) {
      input.event = event('x'.repeat(bytes - 'm,t='.length));
      input.root = input.event;
      const end = fast.write(input, out);
      expect(end >= 0).toBe(bytes === SERIES_BYTES_MAX);
      if (end >= 0) out.commit(end, 0, 0);
    }
    expect(out.lines).toBe(2);
  });
});

describe('an encoder with a fast path', () => {
  const fast: FastPath = {
    write(input, out) {
      input.altered += 3;
      input.omitted += 2;
      input.implausibleTimes += 1;
      if (input.event !== 1) return NOT_PLAIN;
      out.reserve(0);
      return out.length + out.bytes.write('m v=1 1\n', out.length);
    },
  };
  const encoded = (event: Json) => {
    const input = new CurrentEvent(1024 * 1024);
    Object.assign(input, { event, altered: 10, omitted: 10, implausibleTimes: 10 });
    const out = new LineBuffer(TARGET);
    const converted: Json[] = [];
    const encoder = fastEncoder(fast, (given) => {
      converted.push(given.event);
      return refuse('no-fields', '');
    });
    const refusal = encoder.encode(input, out, 0, 0);
    const { altered, omitted, implausibleTimes } = input;
    return { converted, lines: out.lines, counts: [altered, omitted, implausibleTimes], code: refusal?.code };
  };

  test('writes a plain event itself', () => {
    expect(encoded(1)).toEqual({ converted: [], lines: 1, counts: [13, 12, 11], code: undefined });
  });
  test('leaves any other event to the point converter, with the counts of before', () => {
    expect(encoded(2)).toEqual({ converted: [2], lines: 0, counts: [10, 10, 10], code: 'no-fields' });
  });
});

describe('the end of a line', () => {
  const tag = (bytes: number): string => 'x'.repeat(bytes - 'm,t='.length);
  const columns = { tags: { t: 't' }, fields: { v: 'v' } };
  const members = { tags: { t: 't' }, fields: { '*': 'f' } };

  test.each([
    ['named columns', columns, (t: string) => ({ t, v: 1 })],
    ['members', members, (t: string) => ({ t, f: { v: 1 } })],
    ['members that are tags', { tags: { '*': 'tags' }, fields: { v: 'v' } }, (t: string) => ({ tags: { t }, v: 1 })],
  ])('a series of %s may have as many bytes as the limit', (_, declared, event) => {
    expect(written(declared, event(tag(SERIES_BYTES_MAX)))).toBe(`m,t=${tag(SERIES_BYTES_MAX)} v=1`);
    expect(written(declared, event(tag(SERIES_BYTES_MAX + 1)))).toBe(LEFT);
  });

  test('a canonical series may have as many bytes as the limit', () => {
    const event = (t: string): string => JSON.stringify({ measurement: 'm', tags: { t }, fields: { v: 1 } });
    const fast = new CanonicalEncoder();
    expect(writtenBy(fast, event(tag(SERIES_BYTES_MAX)))).toBe(`m,t=${tag(SERIES_BYTES_MAX)} v=1`);
    expect(writtenBy(fast, event(tag(SERIES_BYTES_MAX + 1)))).toBe(LEFT);
  });

  test('a rule whose columns alone are longer than a line leaves its events', () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `${'n'.repeat(40)}${index}`);
    const declared = { fields: Object.fromEntries(names.map((name) => [name, 'v'])) };
    expect(written(declared, '{"v":1}')).toBe(LEFT);
  });

  /** Text with which the line has exactly so many bytes, with its line break. */
  const textFor = (bytes: number): string => 'y'.repeat(bytes - `m s="" ${MS}000000\n`.length);

  test.each<[string, (s: string) => string]>([
    ['named columns', (s) => written({ timestamp: 'ts', fields: { s: { path: 's', type: 'string' } } }, { s, ts: MS })],
    ['members', (s) => written({ timestamp: 'ts', fields: { '*': '$root' } }, { s, ts: MS })],
    [
      'members of two objects',
      (s) => written({ timestamp: 'ts', fields: { '*': ['a', 'b'] } }, { a: { s }, b: {}, ts: MS }),
    ],
    [
      'a canonical event',
      (s) =>
        writtenBy(
          new CanonicalEncoder(),
          JSON.stringify({ measurement: 'm', fields: { s }, timestamp: `${MS}000000` }),
        ),
    ],
  ])('a line of %s may have as many bytes as the limit', (_, write) => {
    expect(write(textFor(LINE_BYTES_MAX))).toBe(`m s="${textFor(LINE_BYTES_MAX)}"`);
    expect(write(textFor(LINE_BYTES_MAX + 1))).toBe(LEFT);
  });
});

describe('a rule of members', () => {
  const all = { fields: { '*': '$root' } };
  const two = { fields: { '*': ['a', 'b'] } };
  const tags = { tags: { '*': 'tags' }, fields: { '*': 'fields' } };
  const many = (count: number): Record<string, number> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, index]));
  /** The line of `many`. */
  const lineOf = (count: number): string => `m ${Array.from({ length: count }, (_, n) => `n${n}=${n}`).join(',')}`;
  const texts = (count: number): Record<string, string> =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 'x']));

  test.each<[string, Record<string, unknown>, unknown, string]>([
    ['scalars', all, { f: 1.5, s: 'x', b: true, o: {}, a: [] }, 'm f=1.5,s="x",b=true'],
    ['a null, which is counted', all, { a: null, v: 1 }, 'm v=1 [altered 1]'],
    ['a null that is refused', { ...all, nulls: 'refuse' }, { a: null, v: 1 }, LEFT],
    ['nothing but objects', all, { o: {} }, LEFT],
    ['no object', { fields: { '*': 'f', v: 'v' } }, { f: 5, v: 1 }, 'm v=1'],
    [
      'members that the rule names are not taken again',
      { tags: { t: 't' }, fields: { '*': '$root' } },
      { t: 'x', v: 1 },
      'm,t=x v=1',
    ],
    ['a member with the name of a column', { tags: { t: 'id' }, fields: { '*': '$root' } }, { id: 'x', t: 'y' }, LEFT],
    ['a name that must be escaped', all, { 'a b': 1 }, 'm a\\ b=1'],
    ['a name that is not valid', all, { time: 1, v: 2 }, LEFT],
    ['a text with a line break', all, { s: 'x\ny' }, LEFT],
    ['two objects', two, { a: { x: 1 }, b: { y: 2 } }, 'm x=1,y=2'],
    ['two objects with the same name', two, { a: { x: 1 }, b: { x: 2 } }, LEFT],
    ['two objects, and a null', two, { a: { x: null }, b: { y: 2 } }, LEFT],
    ['a null text', { ...all, nullTexts: ['-'] }, { a: '-', v: 1 }, LEFT],
    ['null texts that do not occur', { ...all, nullTexts: ['-'] }, { a: 'x', v: 1 }, 'm a="x",v=1'],
    ['flattened members', { fields: { '*': { path: '$root', flatten: '_' } } }, { a: { b: 1 }, v: 2 }, 'm a_b=1,v=2'],
    ['members without some', { fields: { '*': { path: '$root', except: ['a'] } } }, { a: 1, v: 2 }, 'm v=2'],
    ['some members', { fields: { '*': { path: '$root', only: ['a'] } } }, { a: 1, v: 2 }, 'm a=1'],
    ['members with a prefix', { fields: { '*': { path: '$root', prefix: 'p_' } } }, { v: 2 }, 'm p_v=2'],
    ['tags and fields', tags, { tags: { b: 'x', a: 'y' }, fields: { v: 1 } }, 'm,a=y,b=x v=1'],
    ['tags that are no text', tags, { tags: { a: 1 }, fields: { v: 1 } }, LEFT],
    ['an empty tag', tags, { tags: { a: '' }, fields: { v: 1 } }, LEFT],
    ['a tag that is an object', tags, { tags: { a: {}, b: 'x' }, fields: { v: 1 } }, 'm,b=x v=1'],
    ['tags that are absent', tags, { fields: { v: 1 } }, 'm v=1'],
    ['tags that are no object', tags, { tags: 'x', fields: { v: 1 } }, 'm v=1'],
    ['a text with a line break beside another member', tags, { fields: { s: 'x\ny', v: 1 } }, LEFT],
    ['a text with a line break in the first of two objects', two, { a: { s: 'x\ny' }, b: { v: 1 } }, LEFT],
    [
      'a member that the rule names is not taken again',
      { tags: { '*': 'tags' }, fields: { '*': 'fields', a: 'fields.x' } },
      { tags: {}, fields: { x: 1, y: 2 } },
      'm a=1,y=2',
    ],
    [
      'a field of two objects with the name of a tag',
      { tags: { '*': 'tags' }, fields: { '*': ['a', 'b'] } },
      { tags: { x: 'y' }, a: { x: 1 }, b: {} },
      LEFT,
    ],
    ['fields that are absent', tags, { tags: { a: 'x' } }, LEFT],
    ['a field with the name of a tag', tags, { tags: { a: 'x' }, fields: { a: 1 } }, LEFT],
    [
      'a named tag among members',
      { ...tags, tags: { '*': 'tags', z: 'z' } },
      { tags: { a: 'x' }, z: 'y', fields: { v: 1 } },
      'm,a=x,z=y v=1',
    ],
    [
      'a named tag that is absent',
      { ...tags, tags: { '*': 'tags', z: 'z' } },
      { tags: { a: 'x' }, fields: { v: 1 } },
      'm,a=x v=1',
    ],
    [
      'a named tag that is null',
      { ...tags, tags: { '*': 'tags', z: 'z' } },
      { tags: { a: 'x' }, z: null, fields: { v: 1 } },
      LEFT,
    ],
    [
      'a named tag that is no text',
      { ...tags, tags: { '*': 'tags', z: 'z' } },
      { tags: { a: 'x' }, z: 5, fields: { v: 1 } },
      LEFT,
    ],
    [
      'the default of a named tag',
      { ...tags, tags: { '*': 'tags', z: { path: 'z', default: 'd' } } },
      { tags: {}, fields: { v: 1 } },
      'm,z=d v=1',
    ],
    [
      'a required tag that is absent',
      { ...tags, tags: { '*': 'tags', z: { path: 'z', required: true } } },
      { tags: {}, fields: { v: 1 } },
      LEFT,
    ],
    [
      'a member with the name of a named tag',
      { ...tags, tags: { '*': 'tags', a: 'z' } },
      { tags: { a: 'x' }, z: 'y', fields: { v: 1 } },
      LEFT,
    ],
    [
      'a composed tag',
      { ...tags, tags: { '*': 'tags', z: { text: '{a}!' } } },
      { a: 'x', tags: {}, fields: { v: 1 } },
      'm,z=x! v=1',
    ],
    [
      'a composed tag without its value',
      { ...tags, tags: { '*': 'tags', z: { text: '{a}!' } } },
      { tags: {}, fields: { v: 1 } },
      'm v=1',
    ],
    [
      'tags of two objects',
      { tags: { '*': ['a', 'b'] }, fields: { v: 'v' } },
      { a: { y: '1' }, b: { x: '2' }, v: 1 },
      'm,x=2,y=1 v=1',
    ],
    [
      'tags of two objects with the same name',
      { tags: { '*': ['a', 'b'] }, fields: { v: 'v' } },
      { a: { x: '1' }, b: { x: '2' }, v: 1 },
      LEFT,
    ],
    [
      'tags of two objects, one of them empty',
      { tags: { '*': ['a', 'b'] }, fields: { v: 'v' } },
      { a: { x: '' }, b: {}, v: 1 },
      LEFT,
    ],
    [
      'tags of two objects, one of them a number',
      { tags: { '*': ['a', 'b'] }, fields: { v: 'v' } },
      { a: { x: 1 }, b: {}, v: 1 },
      LEFT,
    ],
    [
      'a member of two objects with the name of a named tag',
      { tags: { '*': ['a', 'b'], x: 'c' }, fields: { v: 'v' } },
      { a: { x: '1' }, b: {}, v: 1 },
      LEFT,
    ],
    [
      'a null text among tags',
      { tags: { '*': 'tags' }, nullTexts: ['-'], fields: { v: 'v' } },
      { tags: { a: '-' }, v: 1 },
      LEFT,
    ],
    ['a named float', { tags: { '*': 'tags' }, fields: { v: 'v' } }, { tags: {}, v: 1.5 }, 'm v=1.5'],
    ['a named float that is text', { tags: { '*': 'tags' }, fields: { v: 'v' } }, { tags: {}, v: '1' }, LEFT],
    ['a named float that is absent', { tags: { '*': 'tags' }, fields: { a: 'a', v: 'v' } }, { v: 1 }, 'm v=1'],
    ['a named integer', { tags: { '*': 'tags' }, fields: { v: { path: 'v', type: 'integer' } } }, { v: 7 }, 'm v=7i'],
    [
      'a named integer with a fraction',
      { tags: { '*': 'tags' }, fields: { v: { path: 'v', type: 'integer' } } },
      { v: 7.5 },
      LEFT,
    ],
    [
      'a named integer beside another with zeros',
      { tags: { '*': 'tags' }, fields: { v: { path: 'v', type: 'integer' } } },
      '{"v":7,"w":1.0}',
      LEFT,
    ],
    ['a named string', { tags: { '*': 'tags' }, fields: { v: { path: 'v', type: 'string' } } }, { v: 'x' }, 'm v="x"'],
    ['a named value of two paths', { tags: { '*': 'tags' }, fields: { v: ['a', 'b'] } }, { b: 1 }, 'm v=1'],
    [
      'a value by type',
      { tags: { '*': 'tags' }, fields: { v: { path: 'v', byType: { number: 'n', string: 's' } } } },
      { v: 'x' },
      'm s="x"',
    ],
    [
      'a scaled integer',
      { tags: { '*': 'tags' }, fields: { v: { path: 'v', type: 'integer', scale: 10 } } },
      { v: 5 },
      'm v=50i',
    ],
    [
      'a default beside a value',
      { tags: { '*': 'tags' }, fields: { v: 'v', d: { path: 'd', default: 5 } } },
      { v: 1 },
      'm v=1,d=5',
    ],
    ['nothing but a default', { tags: { '*': 'tags' }, fields: { d: { path: 'd', default: 5 } } }, {}, LEFT],
    [
      'a default beside members',
      { tags: { '*': 'tags' }, fields: { '*': 'f', d: { path: 'd', default: 5 } } },
      { f: { v: 1 } },
      'm d=5,v=1',
    ],
    [
      'a default beside members of two objects',
      { fields: { '*': ['f', 'g'], d: { path: 'd', default: 5 } } },
      { f: { v: 1 } },
      'm d=5,v=1',
    ],
    [
      'nothing but a default beside members',
      { fields: { '*': ['f', 'g'], d: { path: 'd', default: 5 } } },
      { f: {} },
      LEFT,
    ],
    [
      'a measurement of the event',
      { measurement: { path: 'n' }, ...tags },
      { n: 'x y', fields: { v: 1 } },
      'x\\ y v=1',
    ],
    ['a measurement that is absent', { measurement: { path: 'n' }, ...tags }, { fields: { v: 1 } }, LEFT],
    ['the most members', all, many(200), lineOf(200)],
    ['too many members', all, many(201), LEFT],
    ['the most members and an object', all, { ...many(200), o: {} }, lineOf(200)],
    ['the most members beside tags', tags, { fields: many(200) }, lineOf(200)],
    ['too many members beside tags', tags, { fields: many(201) }, LEFT],
    ['the most members of two objects', two, { a: many(199), b: { v: 1 } }, `${lineOf(199)},v=1`],
    ['too many members of two objects', two, { a: many(200), b: { v: 1 } }, LEFT],
    [
      'the most tags',
      tags,
      { tags: texts(200), fields: { v: 1 } },
      `m,${Object.keys(texts(200))
        .sort()
        .map((name) => `${name}=x`)
        .join(',')} v=1`,
    ],
    ['too many tags', tags, { tags: texts(201), fields: { v: 1 } }, LEFT],
  ])('%s', (_, declared, event, expected) => {
    const text = typeof event === 'string' ? event : JSON.stringify(event);
    expect(written(declared, text)).toBe(expected);
    if (expected !== LEFT) expect(resultOf(declared, text).replace(/ \[altered.*/, '')).toBe(plainOf(expected));
  });
});

describe('a field whose type follows from its value', () => {
  /** The simple mapping declares such fields (`SINK_FIELD_FIELDS` without a type). */
  const fastPath = (declared: Record<string, unknown>): FastPath => {
    const rule = mapping(declared).rules[0] as MappingRule;
    return createFastPath({ ...rule, fields: rule.fields.map((field) => ({ ...field, type: 'value' })) });
  };

  test.each([
    ['{"v":1.5}', 'm v=1.5'],
    ['{"v":"x"}', 'm v="x"'],
    ['{"v":true}', 'm v=true'],
    ['{"v":{}}', LEFT],
    ['{"v":1e999}', LEFT],
    ['{"v":null}', LEFT],
  ])('%s', (event, expected) => {
    expect(writtenBy(fastPath({ fields: { v: 'v' } }), event)).toBe(expected);
    expect(writtenBy(fastPath({ tags: { '*': 'tags' }, fields: { v: 'v' } }), event)).toBe(expected);
  });
});

describe('a time', () => {
  const time = (timestamp: unknown, ts: string): string =>
    written({ timestamp, fields: { v: 'v' } }, `{"ts":${ts},"v":1}`);
  const last = 9_223_372_036_854;

  test.each<[string, unknown, string, string]>([
    ['whole ms', 'ts', '1755216000123', 'm v=1 1755216000123000000'],
    ['whole ms of another second', 'ts', '1755215999999', 'm v=1 1755215999999000000'],
    ['ms with a fraction', 'ts', '1755215999999.5', 'm v=1 1755215999999500000'],
    ['ms as text', 'ts', '"1755215999999"', 'm v=1 1755215999999000000'],
    ['zero', 'ts', '0', 'm v=1 0 [implausibleTimes 1]'],
    ['one ms', 'ts', '1', 'm v=1 1000000 [implausibleTimes 1]'],
    ['a negative time', 'ts', '-1', LEFT],
    ['the last second', 'ts', `${last - 855}`, `m v=1 ${last - 855}000000 [implausibleTimes 1]`],
    ['a second too late', 'ts', `${last}000`, LEFT],
    ['an object', 'ts', '{}', LEFT],
    ['null', 'ts', 'null', LEFT],
    ['s', { path: 'ts', precision: 's' }, '1755215999', 'm v=1 1755215999000000000'],
    ['ISO 8601', { path: 'ts', precision: 'iso8601' }, '"2025-08-14T23:59:59Z"', 'm v=1 1755215999000000000'],
    ['a time that is moved', { path: 'ts', plus: 'v' }, '1755215998000', 'm v=1 1755215998001000000'],
    ['an implausible time', 'ts', '1000', 'm v=1 1000000000 [implausibleTimes 1]'],
    ['an implausible time that is refused', { path: 'ts', implausible: 'refuse' }, '1000', LEFT],
    ['an implausible time that is replaced', { path: 'ts', implausible: 'message' }, '1000', 'm v=1 [altered 1]'],
  ])('%s', (_, timestamp, ts, expected) => {
    expect(time(timestamp, ts)).toBe(expected);
  });

  test('is different for each event of a message with "spread", and stays within its ms', () => {
    const declared = { path: 'ts', spread: true };
    const [first] = /\d{19}$/.exec(time(declared, '1755215999999')) ?? [];
    expect(first).toMatch(/^1755215999999\d{6}$/);
    expect(first).not.toBe('1755215999999000000');
    expect(resultOf({ timestamp: declared, fields: { v: 'v' } }, '{"ts":1755215999999,"v":1}')).toBe(`m v=1 ${first}`);
  });

  test('of the root of the body is read there', () => {
    expect(written({ timestamp: '$root.ts', fields: { v: 'v' } }, '{"ts":1755215999999,"v":1}')).toBe(
      'm v=1 1755215999999000000',
    );
  });
});

describe('a canonical event', () => {
  const fast = new CanonicalEncoder();
  const canonical = (members: string): string => writtenBy(fast, `{"measurement":"m",${members}}`);

  test.each([
    ['"fields":{"f":1.5,"s":"x","b":true}', 'm f=1.5,s="x",b=true'],
    ['"tags":{"b":"x","a":"y"},"fields":{"v":1}', 'm,a=y,b=x v=1'],
    ['"fields":{"a":1,"b":2},"integers":["b"]', 'm a=1,b=2i'],
    ['"fields":{"a":1.5},"integers":["a"]', LEFT],
    ['"fields":{"a":1.0},"integers":["a"]', LEFT],
    ['"fields":{"a":1,"b":1.0},"integers":["a"]', 'm a=1i,b=1'],
    ['"fields":{"a":1,"b":2,"c":3,"d":4.0},"integers":["a","b","c"]', 'm a=1i,b=2i,c=3i,d=4'],
    ['"fields":{"a":1,"b":2,"c":3,"d":4,"e":5.0},"integers":["a","b","c","d"]', LEFT],
    ['"fields":{"a":1,"b":2,"c":3,"d":4},"integers":["a","b","c","d"]', 'm a=1i,b=2i,c=3i,d=4i'],
    ['"fields":{"a":1},"integers":["b"]', 'm a=1'],
    ['"fields":{"a":1},"integers":[5]', LEFT],
    ['"fields":{"a":1},"integers":"a"', LEFT],
    ['"fields":{"a":null}', LEFT],
    ['"fields":{"a":{}}', LEFT],
    ['"fields":{}', LEFT],
    ['"fields":5', LEFT],
    ['"tags":5,"fields":{"a":1}', LEFT],
    ['"tags":{"a":""},"fields":{"v":1}', LEFT],
    ['"tags":{"a":1},"fields":{"v":1}', LEFT],
    ['"tags":{"v":"x"},"fields":{"v":1}', LEFT],
    ['"tags":{"time":"x"},"fields":{"v":1}', LEFT],
    ['"fields":{"v":1},"more":1', LEFT],
    ['"fields":{"v":1},"timestamp":"1755215999999999999"', 'm v=1 1755215999999999999'],
    ['"fields":{"v":1},"timestamp":"1000000000"', 'm v=1 1000000000 [implausibleTimes 1]'],
    ['"fields":{"v":1},"timestamp":"9223372036000000000"', LEFT],
    ['"fields":{"v":1},"timestamp":"0755215999999999999"', LEFT],
    ['"fields":{"v":1},"timestamp":"100000000"', LEFT],
    ['"fields":{"v":1},"timestamp":"17552159999999999990"', LEFT],
    ['"fields":{"v":1},"timestamp":"175521599999999999x"', LEFT],
    ['"fields":{"v":1},"timestamp":"/755215999999999999"', LEFT],
    ['"fields":{"v":1},"timestamp":"1:55215999999999999"', LEFT],
    ['"fields":{"v":1},"timestamp":5', LEFT],
    ['"fields":{"v":1},"timestamp":null', LEFT],
  ])('with %s', (members, expected) => {
    // The second one finds what the first one has remembered.
    expect([canonical(members), canonical(members)]).toEqual([expected, expected]);
  });

  test.each(['"measurement":5,', '"measurement":"",', ''])('whose measurement is %j is left', (measurement) => {
    expect(writtenBy(fast, `{${measurement}"fields":{"v":1}}`)).toBe(LEFT);
  });

  test('that becomes an event with other integers is read anew', () => {
    const both = (integers: string): string => canonical(`"fields":{"a":1,"b":2},"integers":${integers}`);
    expect(['["a"]', '["b"]', '[]', '["b","a"]'].map(both)).toEqual([
      'm a=1i,b=2',
      'm a=1,b=2i',
      'm a=1,b=2',
      'm a=1i,b=2i',
    ]);
  });
});
