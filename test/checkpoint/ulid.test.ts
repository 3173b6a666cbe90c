import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ulid, ulidTimeMs } from '../../src/checkpoint/ulid.ts';

const TIME_MS = fc.integer({ min: 0, max: 2 ** 48 - 1 });
const CHANCE = fc.array(fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), {
  minLength: 16,
  maxLength: 16,
});

const made = (timeMs: number, chance: readonly number[]): string => {
  const left = [...chance];
  return ulid(timeMs, () => left.shift() as number);
};

test('an id is 26 letters that say when it was made', () => {
  fc.assert(
    fc.property(TIME_MS, CHANCE, (timeMs, chance) => {
      const id = made(timeMs, chance);
      expect(id).toMatch(/^[0-9A-HJKMNP-TV-Z]{26}$/);
      expect(ulidTimeMs(id)).toBe(timeMs);
    }),
  );
});

test('ids sort by the time at which they were made', () => {
  fc.assert(
    fc.property(TIME_MS, TIME_MS, CHANCE, CHANCE, (a, b, chance, otherChance) => {
      fc.pre(a !== b);
      expect(made(a, chance) < made(b, otherChance)).toBe(a < b);
    }),
  );
});

test('ids of one moment differ by chance, in each letter of it', () => {
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

test('parts of a millisecond do not count', () => {
  expect(ulidTimeMs(ulid(1_767_225_600_000.75, () => 0))).toBe(1_767_225_600_000);
});
