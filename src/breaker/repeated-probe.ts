/** A probe that is repeated while the server does not answer. */

import { abortable } from '../sink/abortable.ts';
import type { Outcome } from '../sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../sink/ports.ts';

/** The part of the clock that a repeated probe needs. */
export interface ProbeClock {
  /** Returns a deadline `ms` milliseconds from now. Release it after use. */
  deadlineIn(ms: number): Deadline & { release(): void };
}

/**
 * Interval of the repetitions. A server that hung may answer new requests only, and the time limit of a request is several
 * times as long.
 */
const AGAIN_MS = 3_000;
/** Requests in flight, at most. */
const IN_FLIGHT_MAX = 5;

/** Sends the batch until there is an answer, returns it, and aborts all other requests. */
export const repeatedProbe = async (
  writer: Writer,
  batch: Batch,
  deadline: Deadline,
  clock: ProbeClock,
): Promise<Outcome> => {
  const limit = abortable(deadline);
  const sent: Promise<Outcome>[] = [];
  try {
    for (;;) {
      sent.push(writer.write(batch, limit));
      const answer = Promise.race(sent);
      if (sent.length === IN_FLIGHT_MAX) return await answer;
      const outcome = await beforeNext(answer, clock);
      if (outcome !== undefined) return outcome;
    }
  } finally {
    limit.abort();
    limit.release();
    // No request may be in flight when the invocation ends.
    await Promise.all(sent);
  }
};

/** Returns the answer, or `undefined` if there is none before the next repetition. */
const beforeNext = async (answer: Promise<Outcome>, clock: ProbeClock): Promise<Outcome | undefined> => {
  const next = clock.deadlineIn(AGAIN_MS);
  const due = new Promise<undefined>((resolve) => next.signal.addEventListener('abort', () => resolve(undefined)));
  try {
    return await Promise.race([answer, due]);
  } finally {
    next.release();
  }
};
