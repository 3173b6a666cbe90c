/** The time of control: epochs of two seconds, the same for all instances, because all have the clock of the day. */

/** Long enough for a request of every instance, short enough to notice. 1 s and 5 s were the same within one point. */
export const EPOCH_MS = 2_000;

/** Reports come in during the first half of the next epoch; then whoever looks first makes the step. */
const GRACE_MS = EPOCH_MS / 2;

export const epochOf = (nowMs: number): number => Math.floor(nowMs / EPOCH_MS);

/** The newest epoch that can be stepped: all who wanted to have reported. */
export const lastSteppable = (nowMs: number): number => epochOf(nowMs - GRACE_MS) - 1;

/**
 * Now and then all together ask for half as much, for a part of an epoch, so that the lowest latency is measured without
 * the queue that the controller itself keeps up. Without it the floor drifts upwards, and what is under way with it.
 */
const PROBE_EVERY = 15;
const PROBE_PART = 0.25;

export const hasProbe = (epoch: number): boolean => epoch % PROBE_EVERY === PROBE_EVERY - 1;

export const isProbing = (nowMs: number): boolean =>
  hasProbe(epochOf(nowMs)) && nowMs - epochOf(nowMs) * EPOCH_MS < PROBE_PART * EPOCH_MS;
