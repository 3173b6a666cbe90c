/**
 * Laws that hold for any input: both converters write the same bytes, and a written line parses as the original point.
 * Covers `src/sink/convert` and `src/sink/lines`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pointLine } from '../../../src/sink/convert/point-converter.ts';
import { floatText } from '../../../src/sink/lines/float-text.ts';
import { NUMBER_BYTES_MAX, writeFloat, writeInteger, writeTime } from '../../../src/sink/lines/line-bytes.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import { timeText } from '../../../src/sink/time/timestamp.ts';
import { type ConvertResult, convert, mapping, message } from '../make.ts';
import { oddText } from './odd-text.ts';

const bytes = Buffer.alloc(64);
const written = (write: (bytes: Buffer, at: number) => number): string => bytes.toString('latin1', 3, write(bytes, 3));

describe('numbers as bytes', () => {
  const double = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.tuple(fc.integer(), fc.integer({ min: 0, max: 12 })).map(([n, places]) => n / 10 ** places),
    fc.tuple(fc.maxSafeInteger(), fc.integer({ min: 0, max: 20 })).map(([n, places]) => n / 10 ** places),
    fc.maxSafeInteger(),
    fc.constantFrom(
      0,
      -0,
      1e-6,
      9.99999e-7,
      1e15,
      999999999999999.9,
      1e21,
      5e-324,
      Number.MAX_VALUE,
      0.1 + 0.2,
      1 / 3,
      123456.789012345,
    ),
  );

  test('writes a float with the bytes of its text, within the size limit, and parses back bit for bit', () => {
    fc.assert(
      fc.property(double, (value) => {
        const text = written((out, at) => writeFloat(out, at, value));
        expect(text).toBe(floatText(value));
        expect(text.length).toBeLessThanOrEqual(NUMBER_BYTES_MAX);
        expect(Object.is(Number(text), value)).toBe(true);
        // With fewer digits before an exponent, the server's value differs by one unit in the last place.
        if (text.includes('e')) expect(text.split('e')[0]?.replace(/[-.]/g, '').length).toBeGreaterThanOrEqual(17);
      }),
      { numRuns: 30_000 },
    );
  });

  test('writes decimals of few places, which are the common case, with the bytes of their text', () => {
    for (let scaled = -30_000; scaled < 30_000; scaled++) {
      for (const places of [1, 2, 3, 4, 6, 9]) {
        const value = scaled / 10 ** places;
        expect(written((out, at) => writeFloat(out, at, value))).toBe(floatText(value));
      }
    }
  });

  test('writes integers and times with the bytes of their text', () => {
    fc.assert(
      fc.property(
        fc.maxSafeInteger(),
        fc.integer({ min: 0, max: 9_223_372_036 }),
        fc.integer({ min: 0, max: 999_999_999 }),
        (value, seconds, nanos) => {
          expect(written((out, at) => writeInteger(out, at, value))).toBe(String(value));
          expect(written((out, at) => writeTime(out, at, seconds, nanos))).toBe(timeText({ seconds, nanos }));
        },
      ),
      { numRuns: 20_000 },
    );
    for (const value of [0, 9, 10, 99999999, 1e8, 1e9 - 1, 1e9, 1e16 - 1, 2 ** 53 - 1]) {
      if (Number.isSafeInteger(value)) expect(written((out, at) => writeInteger(out, at, -value))).toBe(String(-value));
    }
  });
});

const scalar = fc.oneof(oddText, fc.double(), fc.integer(), fc.maxSafeInteger(), fc.boolean(), fc.constant(null));
const value = fc.oneof(
  { weight: 8, arbitrary: scalar },
  fc.array(scalar, { maxLength: 2 }),
  fc.dictionary(oddText, scalar, { maxKeys: 2 }),
);
const time = fc.oneof(
  fc.integer({ min: 1_600_000_000_000, max: 1_900_000_000_000 }),
  fc.double({ min: 0, max: 1e13, noNaN: true }),
  fc.bigInt({ min: -10n, max: 10n ** 20n }).map(String),
  value,
);
const event = fc.record(
  {
    ts: time,
    a: value,
    b: value,
    c: value,
    d: value,
    e: value,
    deep: fc.record({ x: value, list: fc.array(value, { maxLength: 3 }) }),
    labels: fc.dictionary(oddText, scalar, { maxKeys: 4 }),
  },
  { requiredKeys: [] },
);

const fixed = {
  tags: { z: 'a', 'odd key': 'b', n: ['deep.x', 'c'], d: { path: 'd', default: 'none, of=all' } },
  fields: {
    f: 'c',
    i: { path: 'd', type: 'integer' },
    s: { path: 'e', type: 'string' },
    'b l': { path: 'a', type: 'boolean' },
    v: { path: 'deep.list.0', byType: { number: 'vn', string: 'vs', boolean: 'vb' } },
  },
};
const MAPPINGS = {
  fixed: mapping({ timestamp: 'ts', ...fixed }),
  coercing: mapping({ timestamp: { path: 'ts', precision: 'us', missing: 'message' }, mismatch: 'coerce', ...fixed }),
  strict: mapping({ timestamp: { path: 'ts', precision: 'ns' }, nulls: 'refuse', newlines: 'refuse', ...fixed }),
  open: mapping({ tags: { '*': 'labels', z: 'a' }, fields: { '*': 'deep' }, otherFields: 'include' }),
  members: mapping({
    timestamp: { path: 'ts', missing: 'message' },
    tags: { '*': 'labels', z: 'a' },
    fields: { f: 'c', i: { path: 'd', type: 'integer' }, s: { path: 'e', type: 'string' } },
    otherFields: 'include',
  }),
  values: mapping({
    tags: { z: { path: 'a', required: true } },
    fields: { '*': 'deep', b: { path: 'b', type: 'boolean' } },
  }),
  byEvent: mapping({
    measurement: { path: 'a', prefix: 'p ', default: 'none' },
    fields: { s: { path: 'e', type: 'string' }, f: 'c' },
  }),
};

// JSON.stringify prints -0 as 0 and has no more digits than a double. Such numbers are inserted as text.
const body = fc
  .tuple(event, fc.constantFrom('', '1755216000000000001', '3.0', '1e3', '-0', '12345678901234567890', '0.0000001'))
  .map(([one, number]) => {
    const json = JSON.stringify(one);
    return number === ''
      ? json
      : `${json.slice(0, -1)}${json === '{}' ? '' : ','}"${number.length % 2 === 0 ? 'c' : 'd'}":${number}}`;
  });

describe.each(Object.entries(MAPPINGS))('mapping "%s"', (name, rules) => {
  test(`both converters return the same lines, refusals and counts with the mapping "${name}"`, () => {
    fc.assert(
      fc.property(body, (json) => {
        const results = (['line', 'point'] as const).map((converter) =>
          convert(message(json), { mapping: rules, converter }),
        );
        const figures = ({ lines, codes, valuesAltered, implausibleTimes }: ConvertResult): unknown => [
          lines,
          codes,
          valuesAltered,
          implausibleTimes,
        ];
        expect(figures(results[0] as ConvertResult)).toEqual(figures(results[1] as ConvertResult));
      }),
      { numRuns: 4_000 },
    );
  });

  test(`every line parses as its point and has no line break inside with the mapping "${name}"`, () => {
    fc.assert(
      fc.property(body, (json) => {
        const { lines, refused } = convert(message(json), { mapping: rules });
        expect(lines.length + refused.length).toBe(1);
        for (const line of lines) {
          expect(line).not.toContain('\n');
          expect(pointLine(parseOwnLine(line))).toBe(line);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('canonical events', () => {
  const canonical = fc.record(
    {
      measurement: fc.oneof({ weight: 4, arbitrary: fc.constantFrom('m', 'a b', 'ä') }, value),
      tags: fc.oneof({ weight: 6, arbitrary: fc.dictionary(oddText, scalar, { maxKeys: 4 }) }, value),
      fields: fc.oneof({ weight: 6, arbitrary: fc.dictionary(oddText, scalar, { maxKeys: 4 }) }, value),
      integers: fc.oneof(fc.array(oddText, { maxLength: 2 }), value),
      timestamp: fc.oneof(fc.bigInt({ min: -10n, max: 10n ** 19n }).map(String), time),
    },
    { requiredKeys: ['measurement', 'fields'] },
  );
  test('both converters return the same lines, refusals and counts for canonical events', () => {
    fc.assert(
      fc.property(fc.array(canonical, { minLength: 1, maxLength: 3 }), (events) => {
        const results = (['line', 'point'] as const).map((converter) => convert(message(events), { converter }));
        const figures = ({ lines, codes, valuesAltered, implausibleTimes }: ConvertResult): unknown => [
          lines,
          codes,
          valuesAltered,
          implausibleTimes,
        ];
        expect(figures(results[0] as ConvertResult)).toEqual(figures(results[1] as ConvertResult));
      }),
      { numRuns: 4_000 },
    );
  });
});

describe('space for a line', () => {
  const rules = mapping({
    timestamp: { path: 'ts', precision: 'ns' },
    tags: { t1: 'a', t2: 'a', t3: 'b' },
    fields: {
      f1: 'n',
      f2: 'n',
      f3: 'n',
      i: { path: 'i', type: 'integer' },
      s1: { path: 's', type: 'string' },
      s2: { path: 's', type: 'string' },
    },
  });
  const long = (unit: string): fc.Arbitrary<string> =>
    fc.integer({ min: 0, max: 40_000 }).map((length) => unit.repeat(length / unit.length));
  const filling = fc.oneof(...['x', ' ', '"', '\\', 'é', '日', '😀', 'x '].map(long));

  test('writes lines near the size limit completely or refuses them, and does not affect their neighbors', () => {
    fc.assert(
      fc.property(filling, filling, filling, (a, b, s) => {
        const event = (n: number): unknown => ({
          ts: '9223372036854775806',
          a: n === 1 ? a : 'a',
          b: n === 1 ? b : 'b',
          s: n === 1 ? s : 's',
          n: -1.7976931348623157e308,
          i: -9007199254740991,
        });
        const { lines, codes } = convert(message([event(0), event(1), event(2), event(1)]), { mapping: rules });
        const neighbour = `m,t1=a,t2=a,t3=b f1=-1.7976931348623157e308,f2=-1.7976931348623157e308,f3=-1.7976931348623157e308,i=-9007199254740991i,s1="s",s2="s" 9223372036854775806`;
        expect(lines.filter((line) => line === neighbour).length).toBeGreaterThanOrEqual(2);
        expect(lines.length + codes.length).toBe(4);
        for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThan(60 * 1024);
        const point = convert(message([event(0), event(1), event(2), event(1)]), {
          mapping: rules,
          converter: 'point',
        });
        expect(point.lines).toEqual(lines);
        expect(point.codes).toEqual(codes);
      }),
      { numRuns: 400 },
    );
  });
});
