/** Has full buffers written while conversion goes on: at most so many requests under way, each batch to its end. */

import type { Deadline, OwnedBatch, Writer } from '../ports.ts';
import { type Settlement, writeIsolating } from './isolate-refused.ts';

/** An error, which only a bug can be, ends it: it is told by the next call, and not before all others have ended. */
export interface Dispatcher {
  /** Returns once the batch is under way; waits for a place if there is none. */
  submit(batch: OwnedBatch): Promise<void>;
  /** Returns when everything submitted is settled, or has ended. */
  drain(): Promise<void>;
}

export const createDispatcher = (
  writer: Writer,
  settlement: Settlement,
  inFlightMax: () => number,
  deadline: Deadline,
): Dispatcher => {
  const inFlight = new Set<Promise<void>>();
  let bug: { readonly error: unknown } | undefined;
  const write = async (batch: OwnedBatch): Promise<void> => {
    try {
      await writeIsolating(batch, writer, settlement, deadline);
    } catch (error) {
      bug ??= { error };
    }
  };
  const drain = async (): Promise<void> => {
    await Promise.all(inFlight);
    if (bug !== undefined) throw bug.error;
  };
  return {
    async submit(batch) {
      while (inFlight.size >= inFlightMax()) await Promise.race(inFlight);
      if (bug !== undefined) await drain();
      const task = write(batch).finally(() => inFlight.delete(task));
      inFlight.add(task);
    },
    drain,
  };
};
