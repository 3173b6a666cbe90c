/**
 * Bytes of the parts of a line, compared with what JavaScript prints and with patterns that state what openGemini needs.
 * Covers `src/sink/lines/line-bytes.ts`, `header.ts`, `float-text.ts`, and `decimal-bytes.ts`.
 */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isTiny, numberAt, withoutZeros } from '../../../src/sink/lines/decimal-bytes.ts';
import { floatText } from '../../../src/sink/lines/float-text.ts';
import { fixedBytesOf, header, headerTable, putHeader, putHeaderOf } from '../../../src/sink/lines/header.ts';
import {
  NOT_PLAIN,
  NUMBER_BYTES_MAX,
  TIME_BYTES_MAX,
  writeBoolean,
  writeFloat,
  writeInteger,
  writeName,
  writeString,
  writeTime,
  writeUtf8,
} from '../../../src/sink/lines/line-bytes.ts';

const SIZE = 4_096;
const START = 3;

/** Returns what a function writes from an odd position on, or `undefined` if it writes nothing. */
const written = (write: (bytes: Buffer, start: number) => number): string | undefined => {
  const bytes = Buffer.alloc(SIZE, 0xff);
  const end = write(bytes, START);
  expect([...bytes.subarray(0, START)]).toEqual([0xff, 0xff, 0xff]);
  return end === NOT_PLAIN ? undefined : bytes.toString('utf8', START, end);
};

describe('numbers', () => {
  const edges = [0, 1, 9, 10, 99, 100, 999, 1e8 - 1, 1e8, 1e9 - 1, 1e9, 1e17 / 1e8, 123_456_789_012, 1e15, 2 ** 31];
  const integers = [...edges, ...edges.map((one) => -one), Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];

  test.each(integers)('the integer %d has the digits that JavaScript prints', (value) => {
    expect(written((bytes, at) => writeInteger(bytes, at, value))).toBe(String(value + 0));
  });

  test('so has every integer', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const text = written((bytes, at) => writeInteger(bytes, at, value)) as string;
        expect(text).toBe(String(value));
        expect(text.length).toBeLessThanOrEqual(NUMBER_BYTES_MAX);
      }),
    );
  });

  test.each([
    [-0, '-0'],
    [1e-6, '0.000001'],
    [9.99e-7, '9.9900000000000000e-7'],
    [1e21, '1.0000000000000000e21'],
    [-1.5e300, '-1.5000000000000000e300'],
    [5e-324, '5.0000000000000000e-324'],
    [123_456.7, '123456.7'],
    [-0.0001, '-0.0001'],
    [214_748.3647, '214748.3647'],
    [214_748.3648, '214748.3648'],
    [0.000_000_123, '1.2300000000000000e-7'],
    [1.000_000_001, '1.000000001'],
    [999_999.999_999_999, '999999.999999999'],
    [0.1 + 0.2, '0.30000000000000004'],
    [1e15, '1000000000000000'],
    [99_999_999_999.9999, '99999999999.9999'],
    [-1.797_693_134_862_315_7e308, '-1.7976931348623157e308'],
  ])('the float %d is written as %s', (value, expected) => {
    expect(written((bytes, at) => writeFloat(bytes, at, value))).toBe(expected);
    expect(floatText(value)).toBe(expected);
  });

  test('every float is its shortest decimal, with 17 digits before an exponent', () => {
    const places = fc.tuple(fc.integer({ min: -1e12, max: 1e12 }), fc.nat(11)).map(([n, power]) => n / 10 ** power);
    fc.assert(
      fc.property(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), places), (value) => {
        const text = written((bytes, at) => writeFloat(bytes, at, value)) as string;
        expect(Number(text)).toBe(value);
        expect(text.length).toBeLessThanOrEqual(NUMBER_BYTES_MAX);
        if (text.includes('e')) expect(text).toMatch(/^-?\d\.\d{16}e-?\d+$/);
        else expect(text).toBe(Object.is(value, -0) ? '-0' : String(value));
      }),
      { numRuns: 3_000 },
    );
  });

  test.each([
    [0, 0, '0'],
    [0, 999_999_999, '999999999'],
    [1, 0, '1000000000'],
    [1, 1, '1000000001'],
    [1_755_216_000, 123_456_789, '1755216000123456789'],
    [1_755_216_000, 120_000_000, '1755216000120000000'],
    [1_755_216_000, 1_000, '1755216000000001000'],
    [9_223_372_036, 854_775_806, '9223372036854775806'],
  ])('the time of %d s and %d ns is written as %s', (seconds, nanos, expected) => {
    const text = written((bytes, at) => writeTime(bytes, at, seconds, nanos));
    expect(text).toBe(expected);
    expect(expected.length + 2).toBeLessThanOrEqual(TIME_BYTES_MAX);
  });

  test('booleans are words', () => {
    expect(written((bytes, at) => writeBoolean(bytes, at, true))).toBe('true');
    expect(written((bytes, at) => writeBoolean(bytes, at, false))).toBe('false');
  });
});

/** Lengths around those at which another way of writing begins. */
const LENGTHS = [0, 1, 23, 24, 25, 255, 256, 257, 600];

describe('text', () => {
  const specials = ['a', 'é', '漢', '😀', '\\', '"', ' ', ',', '=', '\t', '\r', '\n', '\0', '\x7f', '\ud800'];
  const name = (text: string, limit = SIZE) => written((bytes, at) => writeName(bytes, at, text, limit));
  const string = (text: string, limit = SIZE) => written((bytes, at) => writeString(bytes, at, text, limit));

  test.each(LENGTHS)('names and strings of %d characters are escaped, or left to the point converter', (length) => {
    for (const special of specials)
      for (const at of new Set([0, Math.floor(length / 2), length])) {
        const text = 'a'.repeat(at) + special + 'b'.repeat(length - at);
        const isName = !/[\x00-\x1f\x7f]/.test(text) && text.isWellFormed();
        expect([text, name(text)]).toEqual([text, isName ? text.replaceAll(/[\\ ,=]/g, '\\$&') : undefined]);
        const isString = !text.includes('\n') && text.isWellFormed();
        expect([text, string(text)]).toEqual([text, isString ? `"${text.replaceAll(/[\\"]/g, '\\$&')}"` : undefined]);
      }
  });

  test.each(LENGTHS)('text of %d characters is written up to the limit and not beyond it', (length) => {
    for (const text of ['x'.repeat(length), 'é'.repeat(length), '漢'.repeat(length), '\\'.repeat(length)]) {
      for (const [write, size] of [
        [name, Buffer.byteLength(text.replaceAll('\\', '\\\\'))],
        [string, Buffer.byteLength(text.replaceAll('\\', '\\\\')) + 2],
      ] as const) {
        expect(write(text, START + size)).toHaveLength(write(text)?.length ?? -1);
        if (size > 0) expect(write(text, START + size - 1)).toBeUndefined();
      }
      const bytes = Buffer.byteLength(text);
      expect(written((to, at) => writeUtf8(to, at, text, START + bytes))).toBe(text);
      if (bytes > 0) expect(written((to, at) => writeUtf8(to, at, text, START + bytes - 1))).toBeUndefined();
    }
  });
});

describe('headers', () => {
  const texts = ['', 'm', ',a=', ',ab=', ',abc=', ',é=', 'x'.repeat(17)];

  test.each(texts)('the header %j is written as it is, from any position on', (text) => {
    const one = header(text);
    expect(one.length).toBe(Buffer.byteLength(text));
    const put = (bytes: Buffer, at: number): number =>
      putHeader(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at, one);
    expect(written(put)).toBe(text);
  });

  test('a table has the same headers', () => {
    const table = headerTable(texts);
    for (const [index, text] of texts.entries()) {
      const put = (bytes: Buffer, at: number): number =>
        putHeaderOf(table, index, new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at);
      expect(written(put)).toBe(text);
    }
  });

  test('their fixed bytes suffice for each header, up to three bytes more, and a number', () => {
    for (const count of [0, 1, 5]) {
      const headers = Array.from({ length: count }, () => header(',abc='));
      const needed = count * (Buffer.byteLength(',abc=') + 3 + NUMBER_BYTES_MAX);
      expect(fixedBytesOf(headers)).toBeGreaterThanOrEqual(needed);
    }
    expect(fixedBytesOf([undefined])).toBeGreaterThanOrEqual(NUMBER_BYTES_MAX);
  });
});

describe('decimals as bytes', () => {
  test.each([
    ['0.000001', false],
    ['0.0000001', true],
    ['-0.0000001', true],
    ['-0.000001', false],
    ['0.0000000', true],
    ['1.0000001', false],
    ['0', false],
    ['0.1', false],
    ['-5', false],
  ])('%s may be tiny: %j', (text, expected) => {
    expect(isTiny(Buffer.from(`[${text},`), 1)).toBe(expected);
  });

  test('a tiny decimal is one that JavaScript prints with an exponent, or zero', () => {
    const fraction = fc.stringMatching(/^0{0,8}[0-9]{0,3}$/);
    fc.assert(
      fc.property(fc.constantFrom('0', '-0', '3'), fraction, (whole, digits) => {
        const text = digits === '' ? whole : `${whole}.${digits}`;
        if (!isTiny(Buffer.from(text), 0)) expect(String(Number(text))).not.toContain('e');
      }),
    );
  });

  test.each([
    ['1.50', '1.5'],
    ['1.00', '1'],
    ['1.5', '1.5'],
    ['0.0', '0'],
    ['1.050', '1.05'],
  ])('%s without zeros is %s', (text, expected) => {
    const bytes = Buffer.from(text);
    expect(bytes.toString('utf8', 0, withoutZeros(bytes, bytes.length))).toBe(expected);
  });

  test.each(['0', '7', '1755216000000', '123456789012345'])('the digits %s are a number', (text) => {
    expect(numberAt(Buffer.from(`x${text}9`), 1, 1 + text.length)).toBe(Number(text));
  });
});
