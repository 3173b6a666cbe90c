/** Texts with bare names of numbers. Covers `src/sink/json/non-finite.ts`. */

import { describe, expect, test } from 'vitest';
import { type Json, numberOf, type SourceNumber, sourceOf } from '../../../src/sink/json/json.ts';
import { mayHaveNonFinite, parseNonFinite } from '../../../src/sink/json/non-finite.ts';

/** Returns the numbers of an array as they were written, and their doubles. */
const numbers = (text: string): (readonly [string, number])[] =>
  (parseNonFinite(text) as readonly (number | SourceNumber)[]).map((one) => [sourceOf(one), numberOf(one)]);

describe('names of numbers', () => {
  test('become numbers that are not finite', () => {
    expect(numbers('[NaN,nan, -nan,Infinity ,inf,-Infinity\n,- inf]'.replace('- inf', '-inf'))).toEqual([
      ['NaN', Number.NaN],
      ['nan', Number.NaN],
      ['-nan', Number.NaN],
      ['Infinity', Number.POSITIVE_INFINITY],
      ['inf', Number.POSITIVE_INFINITY],
      ['-Infinity', Number.NEGATIVE_INFINITY],
      ['-inf', Number.NEGATIVE_INFINITY],
    ]);
  });

  test.each(['NaN', ' NaN ', '-Infinity', '\tinf'])('may be the whole text: %j', (text) => {
    expect(mayHaveNonFinite(text)).toBe(true);
    expect(Number.isFinite(numberOf(parseNonFinite(text) as SourceNumber))).toBe(false);
  });

  test('may be values of members, in keys with escapes too', () => {
    for (const key of ['"v"', '"\\u0076"']) {
      const { v, w } = parseNonFinite(`{${key}:NaN,"w":{"x":inf}}`) as Record<string, Json>;
      expect(sourceOf(v as SourceNumber)).toBe('NaN');
      expect(sourceOf((w as Record<string, SourceNumber>).x as SourceNumber)).toBe('inf');
    }
  });

  test('stay as they are inside texts', () => {
    expect(parseNonFinite('["NaN, inf", "a\\":NaN,", "\\\\", null, true]')).toEqual([
      'NaN, inf',
      'a":NaN,',
      '\\',
      null,
      true,
    ]);
  });

  test('leave other numbers as they were written', () => {
    expect(numbers('[1.50,1e9000001,NaN,2,1e9000009]').map(([source]) => source)).toEqual([
      '1.50',
      'NaN',
      'NaN',
      '2',
      '1e9000009',
    ]);
  });
});

test.each([
  ['[NaN]', true],
  ['{"v":inf}', true],
  ['{"v":NaN ,"w":1}', true],
  ['{"v":"information"}', false],
  ['{"v":1', false],
  ['nano', false],
  ['', false],
])('the text %j may have such names: %j', (text, expected) => {
  expect(mayHaveNonFinite(text)).toBe(expected);
});

test.each(['[NaNa]', '[xNaN]', '[in]', '[infi]', '[1NaN]', '[NaN}', '["NaN]', '[Infinit]', 'N'])(
  'the text %s is not JSON',
  (text) => {
    expect(() => parseNonFinite(text)).toThrow(SyntaxError);
  },
);

test.each(['"'.repeat(100_001), 'N'.repeat(200_000), '-'.repeat(200_000)])(
  'a hostile text is read once: %#',
  (text) => {
    expect(() => parseNonFinite(text)).toThrow(SyntaxError);
  },
);
