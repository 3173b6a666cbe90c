/**
 * How long a returned message stays hidden before it is tried again: `min(1,800 s, 2^receives s)`, of which at most a
 * quarter is taken off by chance, so that messages of one outage do not come back all at once. Less jitter than usual,
 * on purpose: 1,000 receives must outlast the queue's retention of 14 days for certain, else an outage would fill the
 * dead-letter queue with healthy events.
 */

import type { Returnable, VisibilityChange } from './delivery.ts';

export const VISIBILITY_SECONDS_MAX = 1_800;
const JITTER = 0.25;

/** `random` is uniform in [0, 1). */
export const visibilitySeconds = (receiveCount: number, random: number): number => {
  const full = Math.min(VISIBILITY_SECONDS_MAX, 2 ** Math.max(1, receiveCount));
  return Math.ceil(full * (1 - JITTER * random));
};
/** When returned messages are seen again. One for each invocation: the rest of a FIFO group comes back together. */
export class ReturnSchedule {
  readonly #fifo: boolean;
  readonly #random: () => number;
  readonly #secondsOf = new Map<string, number>();

  constructor(fifo: boolean, random: () => number) {
    this.#fifo = fifo;
    this.#random = random;
  }

  changeFor({ receiptHandle, receiveCount, groupId = '' }: Returnable): VisibilityChange {
    const drawn = visibilitySeconds(receiveCount, this.#random());
    const seconds = this.#fifo ? (this.#secondsOf.get(groupId) ?? drawn) : drawn;
    this.#secondsOf.set(groupId, seconds);
    return { receiptHandle, seconds };
  }
}
