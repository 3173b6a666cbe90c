/** Decides when returned messages become visible again. */

import type { Returnable, VisibilityChange } from './delivery.ts';

/** Longest time that a returned message stays hidden. */
export const VISIBILITY_SECONDS_MAX = 1_800;
const JITTER = 0.25;

/**
 * Returns how long a returned message stays hidden, in seconds (2 to 1,800).
 *
 * The full value is `min(1,800, 2^receiveCount)`. Up to a quarter of it is subtracted at random, so that the messages of an
 * outage do not return all at the same time. The jitter is smaller than usual, because 1,000 receives must outlast the
 * queue's retention of 14 days; otherwise an outage would move healthy messages to the dead-letter queue
 * (docs/decisions/0001).
 *
 * @param random - Uniform in [0, 1).
 */
export const visibilitySeconds = (receiveCount: number, random: number): number => {
  const full = Math.min(VISIBILITY_SECONDS_MAX, 2 ** Math.max(1, receiveCount));
  return Math.ceil(full * (1 - JITTER * random));
};

/**
 * Schedule of one invocation. All returned messages of a FIFO group get the same time. Otherwise later messages could
 * overtake earlier ones.
 */
export class ReturnSchedule {
  readonly #fifo: boolean;
  readonly #random: () => number;
  readonly #secondsOf = new Map<string, number>();

  /** @param random - Uniform in [0, 1). */
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
