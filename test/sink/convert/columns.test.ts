/**
 * Tags, fields, measurements, and times of a rule, with their exact lines, refusals, and counts. Covers the code that
 * both converters share, which a comparison of the two cannot check: `src/sink/convert/columns.ts`, `source-value.ts`,
 * `event-context.ts`, and `event-time.ts`.
 */

import { describe, expect, test } from 'vitest';
import { resultOf } from '../both-converters.ts';
import { outcomesOf } from '../laws/outcomes.ts';
import { convert, mapping, message, SENT_AT_MS } from '../make.ts';

const one = (field: unknown, more: Record<string, unknown> = {}) => ({ fields: { v: field, w: 'w' }, ...more });
const OBJECT = 'found object';

describe('a field by a table of values', () => {
  const lookup = { on: 1, off: 0, '2.50': 3, true: 7 };
  const numbers = one({ path: 'v', type: 'integer', lookup });

  test.each([
    ['"on"', 'm v=1i,w=1'],
    ['"off"', 'm v=0i,w=1'],
    ['2.50', 'm v=3i,w=1'],
    ['true', 'm v=7i,w=1'],
    ['2.5', 'field-type: field "v" (v): expected a value of the "lookup", found another value'],
    ['"other"', 'field-type: field "v" (v): expected a value of the "lookup", found another value'],
    ['{}', `field-type: field "v" (v): expected a value of the "lookup", ${OBJECT}`],
    ['[1]', 'field-type: field "v" (v): expected a value of the "lookup", found array'],
    ['null', 'm w=1 [altered 1, omitted 0]'],
  ])('%s becomes %s', (value, expected) => {
    expect(resultOf(numbers, `{"v":${value},"w":1}`)).toBe(expected);
  });

  test.each([
    ['otherwise', one({ path: 'v', lookup, otherwise: 'omit' })],
    ['mismatch', one({ path: 'v', lookup }, { mismatch: 'omit' })],
  ])('is left out and counted with "%s": "omit"', (_, declared) => {
    for (const v of ['other', {}]) expect(resultOf(declared, { v, w: 1 })).toBe('m w=1 [altered 0, omitted 1]');
  });

  test.each([
    ['float', { a: 1 }, 'm v=1,w=1'],
    ['boolean', { a: false }, 'm v=false,w=1'],
    ['string', { a: 'x' }, 'm v="x",w=1'],
  ])('has the type %s', (type, values, expected) => {
    expect(resultOf(one({ path: 'v', type, lookup: values }), { v: 'a', w: 1 })).toBe(expected);
  });
});

describe('a field whose name depends on the type', () => {
  const byType = { number: 'n', string: 's', boolean: 'b' };

  test.each([
    [byType, 1, 'm n=1,w=1'],
    [byType, 'x', 'm s="x",w=1'],
    [byType, true, 'm b=true,w=1'],
    [byType, {}, `field-type: field "v" (v): expected a number, text or a boolean, ${OBJECT}`],
    [{ number: 'n', string: 's' }, true, 'field-type: field "v" (v): expected one of number, string, found boolean'],
    [{ boolean: 'b' }, 1, 'field-type: field "v" (v): expected one of boolean, found number'],
  ])('%j with %j becomes %s', (names, v, expected) => {
    expect(resultOf(one({ path: 'v', byType: names }), { v, w: 1 })).toBe(expected);
  });

  test('is left out if its type has no name and mismatches are left out', () => {
    const declared = one({ path: 'v', byType: { number: 'n' } }, { mismatch: 'omit' });
    expect(resultOf(declared, { v: 'x', w: 1 })).toBe('m w=1 [altered 0, omitted 1]');
  });

  test.each([
    [0.5, 'm n=0.5,w=1'],
    ['none', 'm s="none",w=1'],
    [false, 'm b=false,w=1'],
  ])('has its default %j under the name of its type', (fallback, expected) => {
    expect(resultOf(one({ path: 'v', byType, default: fallback }), { w: 1 })).toBe(expected);
  });
});

describe('a field whose name depends on whether a text is a number', () => {
  const byText = { number: 'n', other: 'o' };

  test.each([
    [byText, '21.5', 'm n=21.5,w=1'],
    [byText, ' +7 ', 'm n=7,w=1'],
    [byText, 3, 'm n=3,w=1'],
    [byText, 'open', 'm o="open",w=1'],
    [byText, '', 'm o="",w=1'],
    [byText, true, 'field-type: field "v" (v): expected text, found boolean'],
    [byText, [], 'field-type: field "v" (v): expected text, found array'],
    [{ number: 'n' }, 'open', 'field-type: field "v" (v): expected number, found string'],
    [{ other: 'o' }, '21.5', 'field-type: field "v" (v): expected other, found a number'],
    [{ other: 'o' }, 3, 'field-type: field "v" (v): expected other, found a number'],
  ])('%j with %j becomes %s', (names, v, expected) => {
    expect(resultOf(one({ path: 'v', byText: names }), { v, w: 1 })).toBe(expected);
  });

  test.each([
    [{ number: 'n' }, 'open'],
    [{ other: 'o' }, '7'],
    [byText, true],
  ])('is left out and counted: %j with %j', (names, v) => {
    const declared = one({ path: 'v', byText: names }, { mismatch: 'omit' });
    expect(resultOf(declared, { v, w: 1 })).toBe('m w=1 [altered 0, omitted 1]');
  });

  test.each([
    [7, 'm n=7,w=1'],
    ['none', 'm o="none",w=1'],
  ])('has its default %j under the name of its kind', (fallback, expected) => {
    expect(resultOf(one({ path: 'v', byText, default: fallback }), { v: null, w: 1 })).toContain(expected);
  });
});

describe('constants and defaults', () => {
  test.each([
    [{ value: 1 }, 'm v=1,w=1'],
    [{ value: 1, type: 'integer' }, 'm v=1i,w=1'],
    [{ value: 1.5 }, 'm v=1.5,w=1'],
    [{ value: true }, 'm v=true,w=1'],
    [{ value: 'x' }, 'm v="x",w=1'],
    [{ path: 'v', default: 2 }, 'm v=2,w=1'],
    [{ path: 'v', type: 'integer', default: 2 }, 'm v=2i,w=1'],
    [{ path: 'v', type: 'string', default: '' }, 'm v="",w=1'],
    [{ path: 'v', type: 'boolean', default: false }, 'm v=false,w=1'],
  ])('%j becomes %s, and is no altered value', (field, expected) => {
    expect(resultOf(one(field), { w: 1 })).toBe(expected);
  });

  test('a null is counted as altered and gets the default', () => {
    expect(resultOf(one({ path: 'v', default: 2 }), { v: null, w: 1 })).toBe('m v=2,w=1 [altered 1, omitted 0]');
  });

  test('a text that counts as null gets the default of a tag', () => {
    const declared = { nullTexts: ['n/a'], tags: { t: { path: 't', default: 'none' } }, fields: { w: 'w' } };
    expect(resultOf(declared, { t: 'n/a', w: 1 })).toBe('m,t=none w=1 [altered 1, omitted 0]');
    expect(resultOf(declared, { w: 1 })).toBe('m,t=none w=1');
  });

  test.each([
    [{ fields: { v: { value: 1 } } }, { x: 1 }],
    [{ fields: { v: { path: 'v', default: 1 } } }, { x: 1 }],
    [{ fields: { v: { path: 'v', default: 1 }, w: 'w' } }, { x: 1 }],
  ])('an event without a value of its own is refused: %j', (declared, event) => {
    expect(resultOf(declared, event)).toMatch(/^no-fields: /);
  });

  test('one value of the event is enough', () => {
    expect(resultOf({ fields: { v: { value: 1 }, w: 'w' } }, { w: 0 })).toBe('m v=1,w=0');
    const byText = { v: { path: 'v', byText: { other: 'v' }, default: 'x' }, c: { value: 1 } };
    expect(resultOf({ fields: byText }, { v: 'y' })).toBe('m v="y",c=1');
    expect(resultOf({ fields: byText }, {})).toMatch(/^no-fields: /);
  });
});

describe('texts of several values', () => {
  const text = (declared: unknown, event: unknown) =>
    resultOf({ tags: { t: declared }, fields: { w: 'w' } }, { w: 1, ...(event as object) });

  test.each([
    [{ text: '{a}-{b.c}' }, { a: 'x', b: { c: 5 } }, 'm,t=x-5 w=1'],
    [{ text: 'p{a}' }, { a: true }, 'm,t=ptrue w=1'],
    [{ text: '{{{a}}}{{' }, { a: 'x' }, 'm,t={x}{ w=1'],
    [{ text: '{a}-{b}' }, { a: 'x' }, 'm w=1'],
    [{ text: '{a}-{b}' }, { a: 'x', b: null }, 'm w=1'],
    [{ text: ['{a}-{b}', '{a}'] }, { a: 'x' }, 'm,t=x w=1'],
    [{ text: ['{b}', '{c}'] }, { a: 'x' }, 'm w=1'],
    [{ text: '{a}', required: true }, {}, 'tag-missing: tag "t" ({a}): the event has none, and it is required'],
    [
      { text: ['{a}-{b}', '{a}'], required: true },
      {},
      'tag-missing: tag "t" ({a}-{b} or {a}): the event has none, and it is required',
    ],
    [{ text: '{a}-{b}', default: 'd' }, { a: 'x' }, 'm,t=d w=1'],
  ])('%j of %j becomes %s', (declared, event, expected) => {
    expect(text(declared, event)).toBe(expected);
  });

  test.each([
    [{}, 'object'],
    [[1], 'array'],
  ])('a part that is %j is refused', (a, kind) => {
    expect(text({ text: 'p{a}' }, { a })).toMatch(new RegExp(`^field-type: tag "t" \\(p\\{a\\}\\): .*found ${kind}$`));
  });
});

describe('a value that is decoded', () => {
  const decoded = (value: unknown, more: Record<string, unknown> = {}) =>
    resultOf(one({ path: ['x', 'v'], type: 'string', decode: ['base64', 'text'] }, more), { v: value, w: 1 });

  test('has the text that it contains, null for a text that counts as null, and nothing if it is absent', () => {
    const encoded = Buffer.from('n/a').toString('base64');
    expect(decoded(encoded)).toBe('m v="n/a",w=1');
    expect(decoded(encoded, { nullTexts: ['n/a'] })).toBe('m w=1 [altered 1, omitted 0]');
    expect(decoded(undefined)).toBe('m w=1');
    expect(decoded(null)).toBe('m w=1 [altered 1, omitted 0]');
  });

  test('is refused with its place', () => {
    expect(decoded('*')).toMatch(/^undecodable: field "v" \(x or v\)/);
  });
});

describe('a measurement', () => {
  const measurement = (declared: unknown, kind: unknown, more: Record<string, unknown> = {}) =>
    resultOf({ measurement: declared, fields: { w: 'w' }, ...more }, { kind, w: 1 });

  test.each([
    [{ path: 'kind' }, 'a', 'a w=1'],
    [{ path: 'kind' }, 7, '7 w=1'],
    [{ path: 'kind', prefix: 'p_' }, 'a', 'p_a w=1'],
    [{ path: 'kind', default: 'd' }, '', 'd w=1'],
    [{ path: 'kind', default: 'd' }, null, 'd w=1'],
    [{ path: 'kind', default: 'd', prefix: 'p_' }, undefined, 'p_d w=1'],
    [{ path: 'kind', replace: { '/': '_' } }, 'a/b/c', 'a_b_c w=1'],
    [{ path: 'kind' }, {}, 'measurement-missing: measurement (kind): expected text, found object'],
    [{ path: 'kind', default: 'd' }, [], 'measurement-missing: measurement (kind): expected text, found array'],
    [
      { path: 'kind' },
      '',
      'measurement-missing: measurement (kind): the event has none, and the mapping has no default',
    ],
    [{ text: '{kind}_{x}', default: 'd' }, 'a', 'd w=1'],
  ])('%j of %j becomes %s', (declared, kind, expected) => {
    expect(measurement(declared, kind)).toBe(expected);
  });

  test('a text that counts as null is counted as altered', () => {
    const declared = { path: 'kind', default: 'd' };
    expect(measurement(declared, 'n/a', { nullTexts: ['n/a'] })).toBe('d w=1 [altered 1, omitted 0]');
    expect(measurement(declared, 'a', { nullTexts: ['n/a'] })).toBe('a w=1');
  });

  test('is refused if openGemini does not accept it, and repaired on request', () => {
    expect(measurement({ path: 'kind' }, 'a/b')).toMatch(/^name-characters: measurement \(kind\)/);
    expect(measurement({ path: 'kind' }, 'a/b', { names: 'repair' })).toMatch(/^a\S?b w=1/);
  });
});

describe('a time', () => {
  const MISSING = 'the event has none; "missing": "message" would use the time of the message';
  const time = (declared: unknown, members: string, more: Record<string, unknown> = {}) =>
    resultOf({ timestamp: declared, fields: { w: 'w' }, ...more }, `{"w":1${members}}`);
  const at = '1755000000';
  const early = 'the time is more than ten years before or one year after its message; its precision is probably wrong';

  test.each([
    [{ path: 't', precision: 's' }, `,"t":${at}`, `m w=1 ${at}000000000`],
    [{ path: 't', precision: 's' }, '', `timestamp-missing: timestamp (t): ${MISSING}`],
    [{ path: ['u', 't'], precision: 's' }, ',"t":null', `timestamp-missing: timestamp (u or t): ${MISSING}`],
    [{ path: 't', precision: 's', missing: 'message' }, ',"t":null', 'm w=1'],
    [{ path: 't', precision: 's', invalid: 'message' }, ',"t":"x"', 'm w=1 [altered 1, omitted 0]'],
    [{ path: 't', precision: 's', invalid: 'message' }, ',"t":-1', 'm w=1 [altered 1, omitted 0]'],
    [{ path: 't', precision: 's', implausible: 'message' }, ',"t":1', 'm w=1 [altered 1, omitted 0]'],
    [{ path: 't', precision: 's', implausible: 'refuse' }, ',"t":1', `timestamp-range: timestamp (t): ${early}`],
    [
      { path: 't', precision: 's' },
      ',"t":true',
      'timestamp-format: timestamp (t): expected a number of s or its digits as text',
    ],
    [
      { path: 't', precision: 'iso8601' },
      ',"t":5',
      'timestamp-format: timestamp (t): expected ISO 8601 text, found number, which looks like one of s',
    ],
    [{ path: 't', precision: 'auto' }, `,"t":${at}000`, `m w=1 ${at}000000000`],
    [{ path: 't', precision: 'auto' }, `,"t":"${at}"`, `m w=1 ${at}000000000`],
    [{ path: 't', precision: 'auto' }, ',"t":"2025-08-12T12:00:00Z"', `m w=1 ${at}000000000`],
    [
      { path: 't', precision: 'auto' },
      ',"t":{}',
      'timestamp-format: timestamp (t): expected ISO 8601 text, found object',
    ],
  ])('%j of an event with %s becomes %s', (declared, members, expected) => {
    expect(time(declared, members)).toBe(expected);
  });

  test.each([
    ['1e400', 'found number'],
    ['-1e400', 'found number'],
    ['99999999999.999999999', 'found number, which looks like one of ms'],
  ])('the refusal of %s, which is no text, is the same whether or not source texts are read', (value, found) => {
    const rules = mapping({ timestamp: { path: 't', precision: 'iso8601' }, fields: { w: 'w' } });
    const setting = { mapping: rules, input: 'auto' } as const;
    const refused = [`refused timestamp-format timestamp (t): expected ISO 8601 text, ${found}`];
    for (const withSources of [false, true])
      expect(outcomesOf(message(`{"t":${value},"w":1}`), setting, 'line', withSources).events).toEqual(refused);
  });

  test('a text that counts as null is counted as altered', () => {
    const declared = { path: 't', missing: 'message' };
    expect(time(declared, ',"t":"n/a"', { nullTexts: ['n/a'] })).toBe('m w=1 [altered 1, omitted 0]');
    expect(time(declared, '', { nullTexts: ['n/a'] })).toBe('m w=1');
  });

  const plus = { path: 'p', precision: 'ns' };
  test.each([
    [',"p":5', `m w=1 ${at}000000005`],
    [',"p":-1', 'm w=1 1754999999999999999'],
    [',"p":"7"', `m w=1 ${at}000000007`],
    [',"p":1.50e1', `m w=1 ${at}000000015`],
    [',"p":null', `m w=1 ${at}000000000`],
    ['', `m w=1 ${at}000000000`],
    [',"p":true', 'timestamp-format: timestamp, plus (p): expected a number of ns to add'],
    [',"p":"x"', 'timestamp-format: timestamp, plus (p): expected a number of ns to add'],
  ])('a second value is added: %s', (members, expected) => {
    expect(time({ path: 't', precision: 's', plus }, `,"t":${at}${members}`)).toBe(expected);
  });

  test.each([
    ['a second', { path: 't', precision: 's' }, `,"t":${at}`, 1e9],
    ['a tenth of a second', { path: 't', precision: 's' }, `,"t":${at}.1`, 1e8],
    ['a hundredth, as text with a zero', { path: 't', precision: 's' }, `,"t":"${at}.10"`, 1e7],
    ['a millisecond', { path: 't', precision: 'ms' }, `,"t":${at}000`, 1e6],
    ['a second of text', { path: 't', precision: 'iso8601' }, ',"t":"2025-08-12T12:00:00Z"', 1e9],
    ['a nanosecond', { path: 't', precision: 'ns' }, `,"t":${at}000000000`, 1],
    [
      'a microsecond that is added',
      { path: 't', precision: 's', plus: { path: 'p', precision: 'us' } },
      `,"t":${at},"p":3`,
      1e3,
    ],
    ['a second, if nothing is added', { path: 't', precision: 's', plus }, `,"t":${at}`, 1e9],
  ])('is spread below %s', (_, declared, members, resolution) => {
    const spread = (index: number) => {
      const event = `{"w":1${members}}`;
      const rules = mapping({ timestamp: { ...declared, spread: true }, fields: { w: 'w' } });
      const { lines } = convert(
        message(
          `[${Array(index + 1)
            .fill(event)
            .join(',')}]`,
        ),
        { mapping: rules },
      );
      return BigInt((lines.at(-1) as string).split(' ')[2] as string);
    };
    const plain = BigInt(time(declared, members).split(' ')[2] as string);
    const [first, second] = [spread(0) - plain, spread(1) - plain] as const;
    for (const added of [first, second]) expect(added >= 0n && added < BigInt(resolution)).toBe(true);
    const range = BigInt(resolution);
    expect((second - first + range) % range).toBe(1n % range);
    // The offset has as many digits as the resolution allows: it is the hash of the message's id.
    expect(first % 1_000n).toBe(range < 1_000n ? 0n : spreadHash % 1_000n);
  });
  /** The last nine digits of the offset of the first event, as the widest resolution shows them. */
  const spreadHash = BigInt(
    convert(message({ w: 1, t: 1_755_000_000 }), {
      mapping: mapping({ timestamp: { path: 't', precision: 's', spread: true }, fields: { w: 'w' } }),
    }).lines[0]?.slice(-9) ?? 0,
  );

  test('an implausible time is counted, and written as it is', () => {
    const rules = mapping({ timestamp: { path: 't', precision: 's' }, fields: { w: 'w' } });
    const counts = [1, SENT_AT_MS / 1000].map(
      (t) => convert(message({ t, w: 1 }), { mapping: rules }).implausibleTimes,
    );
    expect(counts).toEqual([1, 0]);
  });
});

describe('policies of values', () => {
  const scaled = (more: object) => one({ path: 'v', scale: 0.5, ...more }, { mismatch: 'coerce', nonFinite: 'omit' });

  test.each([
    [scaled({}), '"3"', 'm v=1.5,w=1 [altered 1, omitted 0]'],
    [scaled({}), '3', 'm v=1.5,w=1'],
    [scaled({}), '"x"', 'field-type: field "v" (v): expected a number, found text that is not one'],
    [scaled({ type: 'integer' }), '4', 'm v=2i,w=1'],
    [scaled({ type: 'integer' }), '3', 'field-type: field "v" (v): the calculated number is not an integer'],
    [scaled({ type: 'integer' }), 'true', 'field-type: field "v" (v): expected a number, found boolean'],
    [one({ path: 'v', type: 'integer' }, { nonFinite: 'omit' }), 'NaN', 'm w=1 [altered 0, omitted 1]'],
    [one({ path: 'v', type: 'integer' }, { nonFinite: 'omit' }), '1e400', 'm w=1 [altered 0, omitted 1]'],
    [one({ path: 'v', type: 'integer' }), 'NaN', 'not-finite: field "v" (v): the number is NaN'],
    [one('v', { nulls: 'refuse' }), 'null', 'field-type: field "v" (v): expected a number, found null'],
  ])('%j with %s becomes %s', (declared, value, expected) => {
    expect(resultOf(declared, `{"v":${value},"w":1}`)).toBe(expected);
  });

  test('a null tag is refused if the mapping says so', () => {
    const declared = { nulls: 'refuse', tags: { t: 't' }, fields: { w: 'w' } };
    expect(resultOf(declared, { t: null, w: 1 })).toBe('field-type: tag "t" (t): expected text, found null');
    expect(resultOf(declared, { w: 1 })).toBe('m w=1');
  });

  test('a zero that is too small for a double is no exact number', () => {
    expect(resultOf(one({ path: 'v', exact: true }), '{"v":1e-400,"w":1}')).toMatch(/^field-type: field "v" \(v\): /);
    expect(resultOf(one({ path: 'v', exact: true }), '{"v":0,"w":1}')).toBe('m v=0,w=1');
  });
});
