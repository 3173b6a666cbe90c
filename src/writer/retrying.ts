/** A writer that tries again: only outcomes that may change, with full jitter, never past the deadline. */

import { consequenceOf } from '../sink/outcome.ts';
import type { Deadline, Writer } from '../sink/ports.ts';

export interface RetryOptions {
  /** Attempts in all, the first one included. */
  readonly attemptsMax: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** The part of the clock that a wait needs. */
export interface Pause {
  /** Uniform in [0, 1). */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Full jitter: anything from nothing to the doubled base, so that instances that failed together part again. */
export const backoffMs = (attempt: number, random: number, { baseMs, capMs }: RetryOptions): number =>
  Math.floor(random * Math.min(capMs, baseMs * 2 ** (attempt - 1)));

export const retrying = (writer: Writer, pause: Pause, options: RetryOptions): Writer => ({
  async write(batch, deadline: Deadline) {
    let outcome = await writer.write(batch, deadline);
    for (let attempt = 1; attempt < options.attemptsMax && consequenceOf(outcome).retry; attempt++) {
      const delayMs = backoffMs(attempt, pause.random(), options);
      // A retry that cannot finish in time only steals from the answer; the queue brings the batch back.
      if (delayMs >= deadline.remainingMs()) break;
      await pause.sleep(delayMs, deadline.signal);
      outcome = await writer.write(batch, deadline);
    }
    return outcome;
  },
});
