/** Wrapper that repeats a request whose outcome may change, with full jitter and never after the deadline. */

import { consequenceOf } from '../sink/outcome.ts';
import type { WriterWrapper } from '../sink/ports.ts';

/** Number of attempts, and limits of the delays between them. */
export interface RetryOptions {
  /** Attempts in all, the first one included; at least 1. */
  readonly attemptsMax: number;
  /** Longest delay before the second attempt. It doubles with each further attempt. */
  readonly baseMs: number;
  /** Longest delay before any attempt. */
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
 * Returns the delay before the next attempt, in ms. It is uniform from 0 to `baseMs`, which doubles with each attempt
 * up to `capMs`. Full jitter spreads out instances that failed at the same time.
 *
 * @param attempt - Number of failed attempts, from 1.
 * @param random - Uniform in [0, 1).
 */
export const backoffMs = (attempt: number, random: number, { baseMs, capMs }: RetryOptions): number =>
  Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));

/** Creates the wrapper. It returns the last outcome. `consequenceOf` decides which outcomes are repeated. */
export const retrying =
  (clock: DelayClock, options: RetryOptions): WriterWrapper =>
  (inner) => ({
    async write(batch, deadline) {
      let outcome = await inner.write(batch, deadline);
      let attempts = 1;
      while (attempts < options.attemptsMax && consequenceOf(outcome).retry) {
        const delayMs = backoffMs(attempts, clock.random(), options);
        // A retry that cannot finish in time would only delay the response. The lines stay unwritten, and are tried
        // again later.
        if (delayMs >= deadline.remainingMs()) break;
        await clock.sleep(delayMs, deadline.signal);
        outcome = await inner.write(batch, deadline);
        attempts += 1;
      }
      return outcome;
    },
  });
