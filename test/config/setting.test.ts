/** Settings of programs. Covers the types of `src/config/setting.ts` that the settings of the sink do not use fully. */

import { describe, expect, test } from 'vitest';
import { setting } from '../../src/config/setting.ts';

describe('a whole number', () => {
  const offset = setting.integer('Offset.', 0, -50, 50);
  test.each([
    ['-50', -50],
    ['-5', -5],
    ['0', 0],
    ['50', 50],
  ])('may be %s within its range', (text, value) => {
    expect(offset.read(text)).toEqual({ value });
  });
  test.each(['-51', '51', '--5', '+5', '5.0', '', '-', '1e1'])('is not %j', (text) => {
    expect(offset.read(text)).toEqual({ fault: 'must be a whole number from -50 to 50' });
  });
  test('may have a default below zero', () => {
    const below = setting.integer('Offset.', -5, -50, 50);
    expect(below.read(below.default)).toEqual({ value: -5 });
  });
});
