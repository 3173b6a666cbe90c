/**
 * The rule of the Flink connector. The batch size is multiplied by 1.2 after ten fast requests on average, and by 0.7
 * after slow requests or a failure. It never falls below the initial size. Either each instance has a separate size, or
 * all instances share one size that each of them overwrites.
 */

import type { InstancePolicy, PolicyMaker, PolicyWorld } from '../policy.ts';

const EVALUATION_INTERVAL = 10;
const LATENCY_LOW_MS = 100;
const LATENCY_HIGH_MS = 500;
const LINES_MAX = 5_000;

interface Size {
  lines: number;
}

const adapting = (size: Size, initial: number, moved: () => void): InstancePolicy => {
  let attempts = 0;
  let latencySumMs = 0;
  let errors = 0;
  return {
    batchLines: () => Math.round(size.lines),
    requestsAtOnce: () => 1,
    attempted: ({ answer, latencyMs }) => {
      attempts += 1;
      latencySumMs += latencyMs;
      if (answer !== 'answered') errors += 1;
      if (attempts < EVALUATION_INTERVAL) return;
      const meanMs = latencySumMs / attempts;
      if (meanMs < LATENCY_LOW_MS && errors === 0) size.lines = Math.min(LINES_MAX, size.lines * 1.2);
      else if (meanMs > LATENCY_HIGH_MS || errors > 0) size.lines = Math.max(initial, size.lines * 0.7);
      attempts = 0;
      latencySumMs = 0;
      errors = 0;
      moved();
    },
  };
};

/** Creates the policy with a separate size per instance. */
export const flink =
  (initial: number): PolicyMaker =>
  () =>
  () =>
    adapting({ lines: initial }, initial, () => undefined);

/** Creates the policy with one size that all instances share. */
export const flinkShared =
  (initial: number): PolicyMaker =>
  ({ table }: PolicyWorld) => {
    const size = { lines: initial };
    return () =>
      adapting(size, initial, () => {
        table.reads += 0.5;
        table.writes += 1;
      });
  };
