/** Calculations with integers are exact. Covers `src/sink/values/scaled-integer.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Linear } from '../../../src/sink/mapping/mapping.ts';
import { scaledInteger } from '../../../src/sink/values/scaled-integer.ts';
import { convert, mapping, message } from '../make.ts';

const linear = (scale: string, offset = '0'): Linear => ({ scale, offset });

describe('an integer that is scaled without decimal arithmetic', () => {
  test.each<[number, string, string, number]>([
    [2_150, '0.01', '0', 21.5],
    [29_465, '0.01', '-273.15', 21.5],
    [-7, '0.5', '0', -3.5],
    [3, '10', '0', 30],
    [3, '1e3', '1', 3_001],
    [1, '0.1', '0.2', 0.3],
    [7, '1', '-7', 0],
    [1, '1e-22', '0', 1e-22],
  ])('%d x %s + %s is %d', (value, scale, offset, expected) => {
    expect(scaledInteger(value, linear(scale, offset))).toBe(expected);
  });
  test('has the double nearest to the exact result', () => {
    const digits = fc.integer({ min: -99_999, max: 99_999 });
    const places = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99_999 }), digits, places, digits, places, (value, a, i, b, j) => {
        const shift = Math.max(i, j);
        const numerator = BigInt(value) * BigInt(a) * 10n ** BigInt(shift - i) + BigInt(b) * 10n ** BigInt(shift - j);
        const found = scaledInteger(value, linear(`${a}e-${i}`, `${b}e-${j}`));
        // `Number` of a decimal text is the nearest double.
        if (found !== undefined) expect(found).toBe(Number(`${numerator}e-${shift}`));
        else expect(Math.abs(value * a) * 10 ** (shift - i) + Math.abs(b) * 10 ** (shift - j)).toBeGreaterThan(2 ** 53);
      }),
      { numRuns: 2_000 },
    );
  });
  test.each<[string, number, Linear]>([
    ['a fraction', 1.5, linear('2')],
    // The sign of zero is decided by its digits.
    ['zero', 0, linear('2', '1')],
    ['a product beyond 2^53-1', 2 ** 40, linear('2e9')],
    ['a product beyond 2^53-1 whose sum is not', 3, linear('4000000000000001', '-8000000000000000')],
    ['a sum beyond 2^53-1', 1, linear('1', '9007199254740991')],
    ['a scale beyond 2^53-1', 1, linear('9007199254740993')],
    ['an offset beyond 2^53-1', 1, linear('1', '1e16')],
    ['a scale with too many places', 1, linear('1e-23')],
    ['a scale that is no number', 1, linear('x')],
    ['an offset that is no number', 1, linear('1', 'x')],
  ])('needs decimal arithmetic for %s', (_, value, rule) => {
    expect(scaledInteger(value, rule)).toBeUndefined();
  });
});

test('a field that is calculated has the exact result, for integers and for fractions', () => {
  const rules = mapping({
    timestamp: 'ts',
    fields: {
      c: { path: 'k', scale: 0.01, offset: -273.15 },
      i: { path: 'n', type: 'integer', scale: 10 },
    },
  });
  const lineOf = (k: string): readonly string[] =>
    convert(message(`{"ts":1755216000000,"k":${k},"n":3}`), { mapping: rules }).lines;
  expect(lineOf('29465')).toEqual(['m c=21.5,i=30i 1755216000000000000']);
  expect(lineOf('29465.0')).toEqual(['m c=21.5,i=30i 1755216000000000000']);
  expect(lineOf('29465.5')).toEqual(['m c=21.505,i=30i 1755216000000000000']);
  expect(lineOf('0')).toEqual(['m c=-273.15,i=30i 1755216000000000000']);
});
