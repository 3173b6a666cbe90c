/** Values of fields: numbers in texts, and numbers that are calculated. Covers `src/sink/convert/field-value.ts`. */

import { describe, expect, test } from 'vitest';
import { decimalIn } from '../../../src/sink/convert/field-value.ts';

describe('decimalIn', () => {
  test.each([
    ['21.5', '21.5'],
    ['+1.23450E+00', '1.23450e+00'],
    [' \t42\n', '42'],
    ['\ufeff7\u00a0', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-.5e1', '-0.5e1'],
    ['-1', '-1'],
  ])('reads the number in %j as %s', (text, expected) => {
    expect(decimalIn(text)).toBe(expected);
  });

  test.each(['', ' ', '.', '+', '-', 'e5', '--1', '+-1', '-+1', '1 2', '21,5', '0x1F', 'NaN', '1e', '1_0', '٣'])(
    'finds no number in %j',
    (text) => {
      expect(decimalIn(text)).toBeUndefined();
    },
  );

  test('reads a million blanks in one pass', () => {
    // With a pattern for the blanks on both sides this would take 20 minutes.
    const blanks = ' '.repeat(1_000_000);
    expect(decimalIn(`${blanks}x`)).toBeUndefined();
    expect(decimalIn(`${blanks}1${blanks}`)).toBe('1');
  });
});
