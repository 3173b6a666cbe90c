/** When a node counts as late, and which of two is better. Covers the rest of `node-health.ts` in `src/writer`. */

import { expect, test } from 'vitest';
import {
  afterFailure,
  afterProbe,
  afterWrite,
  betterOfTwo,
  hedgeDelayMs,
  isProbeDue,
  loadOf,
  UNTRIED,
} from '../../src/writer/node-health.ts';

test.each<readonly [readonly (number | undefined)[], number]>([
  [[], 500],
  [[undefined], 500],
  [[10, 2_000], 500],
  [[300, undefined, 1_000], 1_200],
])('a request is late if others take %j ms, and it takes %d ms', (latencies, delayMs) => {
  expect(hedgeDelayMs(latencies)).toBe(delayMs);
});

/** Returns random numbers from a list. */
const drawn = (...numbers: readonly number[]): (() => number) => {
  const left = [...numbers];
  return () => left.shift() ?? Number.NaN;
};

test.each<readonly [readonly number[], readonly number[], number]>([
  [[7], [0.5], 0],
  [[7, 3], [0, 0], 1],
  [[3, 7], [0, 0], 0],
  [[7, 3], [0.99, 0.99], 1],
  [[7, 3, 1], [0, 0], 1],
  [[7, 3, 1], [0, 0.99], 2],
  [[1, 3, 7], [0.99, 0], 0],
  [[3, 1, 7], [0.99, 0.99], 1],
  [[5, 5], [0.99, 0], 1],
])('of the loads %j, the draws %j choose number %d', (loads, draws, expected) => {
  expect(betterOfTwo(loads, drawn(...draws))).toBe(expected);
});

test('a latency has half of its weight after ten seconds', () => {
  const measured = afterWrite(UNTRIED, 0, 400, 1_000);
  expect([loadOf(measured, 0, 1_000), loadOf(measured, 1, 1_000), loadOf(measured, 0, 11_000)]).toEqual([
    400, 800, 200,
  ]);
});

test('a probe is due at its time, and not before', () => {
  const failed = afterFailure(UNTRIED, 0, 1_000, 0);
  expect([isProbeDue(failed, 1_999), isProbeDue(failed, 2_000), isProbeDue(UNTRIED, 2_000)]).toEqual([
    false,
    true,
    false,
  ]);
});

test('a healthy node stays healthy after a probe', () => {
  expect(afterProbe(UNTRIED)).toBe(UNTRIED);
});
