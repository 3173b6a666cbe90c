/**
 * Epochs: the intervals of 2 s in which instances count, report and decide.
 *
 * All instances have the same epochs without communication, because an epoch follows from the time of day.
 */

/**
 * Length of an epoch. It is long enough for a request of every instance, and short enough to react quickly. 1 s and 5 s
 * gave the same results within one percentage point.
 */
export const EPOCH_MS = 2_000;

/** Time for reports to arrive after the end of their epoch. The first instance that reads after it makes the step. */
const GRACE_MS = EPOCH_MS / 2;

/** Returns the epoch at a time, counted from 1970. */
export const epochOf = (nowMs: number): number => Math.floor(nowMs / EPOCH_MS);

/** Returns the newest epoch for which a step can be made, because its reports have arrived. */
export const lastSteppable = (nowMs: number): number => epochOf(nowMs - GRACE_MS) - 1;

/**
 * Interval and length of a latency probe, in epochs. During it all instances halve their share, so that the lowest latency
 * is measured without the queue that the controller itself maintains. Without it the lowest latency would drift
 * upwards, and with it the number of requests in flight. A quarter of an epoch is enough (docs/decisions/0024).
 */
const LATENCY_PROBE_EVERY = 15;
const LATENCY_PROBE_PART = 0.25;

/** Returns whether `epoch` begins with a latency probe. */
export const hasLatencyProbe = (epoch: number): boolean => epoch % LATENCY_PROBE_EVERY === LATENCY_PROBE_EVERY - 1;

/** Returns whether a latency probe is in progress at `nowMs`. */
export const isInLatencyProbe = (nowMs: number): boolean =>
  hasLatencyProbe(epochOf(nowMs)) && nowMs - epochOf(nowMs) * EPOCH_MS < LATENCY_PROBE_PART * EPOCH_MS;
