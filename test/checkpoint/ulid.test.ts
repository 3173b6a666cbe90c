/** Ids that sort by time. Covers `src/checkpoint/ulid.ts`. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ulid, ulidTimeMs } from '../../src/checkpoint/ulid.ts';

const TIME_MS = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const RANDOM = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 16,
  maxLength: 16,
});

const made = (timeMs: number, draws: readonly number[]): string => {
  const left = [...draws];
  return ulid(timeMs, () => left.shift() as number);
};

test('creates an id of 26 letters that contains its time', () => {
  fc.assert(
    fc.property(TIME_MS, RANDOM, (timeMs, draws) => {
      const id = made(timeMs, draws);
      expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(ulidTimeMs(id)).toBe(timeMs);
    }),
  );
});

test('creates ids that sort by their times', () => {
  fc.assert(
    fc.property(TIME_MS, TIME_MS, RANDOM, RANDOM, (a, b, draws, otherDraws) => {
      fc.pre(a !== b);
      expect(made(a, draws) < made(b, otherDraws)).toBe(a < b);
    }),
  );
});

test('creates different ids at one time, with randomness in each letter', () => {
  const letters = new Set(Array.from({ length: 32 }, (_, letter) => made(5, Array(16).fill(letter / 32))));
  expect(letters.size).toBe(32);
  const almost = Array.from({ length: 16 }, (_, at) =>
    made(
      5,
      [...Array(16)].map((__, i) => (i === at ? 0.5 : 0)),
    ),
  );
  expect(new Set(almost).size).toBe(16);
});

test('ignores fractions of a millisecond in an id', () => {
  expect(ulidTimeMs(ulid(1_767_225_600_000.75, () => 0))).toBe(1_767_225_600_000);
});
