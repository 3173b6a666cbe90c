/** A constant batch size and a constant number of requests in flight, as most sinks have. */

import type { PolicyMaker } from '../policy.ts';

/** Creates the policy. */
export const fixed =
  (batchLines: number, atOnce = 1): PolicyMaker =>
  () =>
  () => ({ batchLines: () => batchLines, requestsAtOnce: () => atOnce, attempted: () => undefined });
