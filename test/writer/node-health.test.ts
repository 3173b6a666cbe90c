/** When a node counts as late. Covers the rest of `node-health.ts` in `src/writer`. */

import { expect, test } from 'vitest';
import { hedgeDelayMs } from '../../src/writer/node-health.ts';

test.each<readonly [readonly (number | undefined)[], number]>([
  [[], 500],
  [[undefined], 500],
  [[10, 2_000], 500],
  [[300, undefined, 1_000], 1_200],
])('a request is late if others take %j ms, and it takes %d ms', (latencies, delayMs) => {
  expect(hedgeDelayMs(latencies)).toBe(delayMs);
});
