/**
 * How long a returned message stays hidden before it is tried again: `min(1,800 s, 2^receives s)`, of which at most a
 * quarter is taken off by chance, so that messages of one outage do not come back all at once. Less jitter than usual,
 * on purpose: 1,000 receives must outlast the queue's retention of 14 days for certain, else an outage would fill the
 * dead-letter queue with healthy events.
 */

export const VISIBILITY_SECONDS_MAX = 1_800;
const JITTER = 0.25;

/** `random` is uniform in [0, 1). */
export const visibilitySeconds = (receiveCount: number, random: number): number => {
  const full = Math.min(VISIBILITY_SECONDS_MAX, 2 ** Math.max(1, receiveCount));
  return Math.ceil(full * (1 - JITTER * random));
};
