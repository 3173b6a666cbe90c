/** A probe that is repeated while the server does not answer. */

import type { Outcome } from '../sink/outcome.ts';
import type { Batch, Deadline, Writer } from '../sink/ports.ts';
import { abortable, type LimitClock, within } from '../sink/time-limit.ts';

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
  clock: LimitClock,
): Promise<Outcome> => {
  const limit = abortable(deadline);
  const sent: Promise<Outcome>[] = [];
  try {
    for (;;) {
      sent.push(writer.write(batch, limit));
      const answer = Promise.race(sent);
      if (sent.length === IN_FLIGHT_MAX) return await answer;
      const outcome = await within(answer, AGAIN_MS, clock);
      if (outcome !== undefined) return outcome;
    }
  } finally {
    limit.abort();
    limit.release();
    // No request may be in flight when the invocation ends.
    await Promise.all(sent);
  }
};
