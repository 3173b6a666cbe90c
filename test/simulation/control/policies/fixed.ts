/** The same batch and the same number of requests at all times: what most sinks do. */

import type { PolicyMaker } from '../policy.ts';

export const fixed =
  (batchLines: number, atOnce = 1): PolicyMaker =>
  () =>
  () => ({ batchLines: () => batchLines, requestsAtOnce: () => atOnce, attempted: () => undefined });
