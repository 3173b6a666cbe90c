/** Repeats a request whose outcome may change: with full jitter, and never past the deadline. */

import { consequenceOf } from '../sink/outcome.ts';
import type { WriterWrapper } from '../sink/ports.ts';

export interface RetryOptions {
  /** Attempts in all, the first one included; at least 1. */
  readonly attemptsMax: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** The part of the clock that a delay needs. */
export interface DelayClock {
  /** Uniform in [0, 1). */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/**
 * Returns the delay before the next attempt, in ms: from 0 to twice the delay before, at most `capMs`. Full jitter lets
 * instances that failed together spread out again.
 *
 * @param attempt - Number of failed attempts, from 1.
 * @param random - Uniform in [0, 1).
 */
export const backoffMs = (attempt: number, random: number, { baseMs, capMs }: RetryOptions): number =>
  Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));

/** Returns the last outcome. Which outcomes are repeated is decided by `consequenceOf`. */
export const retrying =
  (clock: DelayClock, options: RetryOptions): WriterWrapper =>
  (inner) => ({
    async write(batch, deadline) {
      let outcome = await inner.write(batch, deadline);
      let attempts = 1;
      while (attempts < options.attemptsMax && consequenceOf(outcome).retry) {
        const delayMs = backoffMs(attempts, clock.random(), options);
        // A retry that cannot finish in time only takes time from the response. The queue returns the batch later.
        if (delayMs >= deadline.remainingMs()) break;
        await clock.sleep(delayMs, deadline.signal);
        outcome = await inner.write(batch, deadline);
        attempts += 1;
      }
      return outcome;
    },
  });
