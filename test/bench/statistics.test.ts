/** Statistics of the benchmark (`bench/turns/statistics.ts`). */

import { describe, expect, test } from 'vitest';
import { quartilesOf, ratiosByRound } from '../../bench/turns/statistics.ts';

describe('quartiles', () => {
  test('interpolates between figures, in any order', () => {
    expect(quartilesOf([40, 10, 30, 20])).toEqual({ median: 25, lower: 17.5, upper: 32.5 });
  });

  test('returns figures that were measured if their number is odd', () => {
    expect(quartilesOf([50, 10, 30, 20, 40])).toEqual({ median: 30, lower: 20, upper: 40 });
  });

  test('sorts figures by value and not by text', () => {
    expect(quartilesOf([9, 100, 10]).median).toBe(10);
  });

  test('returns a single figure for all three', () => {
    expect(quartilesOf([7])).toEqual({ median: 7, lower: 7, upper: 7 });
  });
});

describe('ratios', () => {
  test('divides the figures of the same round', () => {
    expect(ratiosByRound([20, 90], [10, 30])).toEqual([2, 3]);
  });

  test('subtracts the figure of the same round from both sides', () => {
    expect(ratiosByRound([20, 90], [12, 40], [10, 30])).toEqual([5, 6]);
  });
});
