/** Has full buffers written while conversion goes on: at most so many requests under way, each batch to its end. */

import type { Deadline } from './deadline.ts';
import { type Settlement, writeIsolating } from './isolate.ts';
import type { OwnedBatch } from './line-buffer.ts';
import type { Writer } from './writer.ts';

export interface Dispatcher {
  /** Returns once the batch is under way; waits for a place if there is none. */
  submit(batch: OwnedBatch): Promise<void>;
  /** Returns when everything submitted is settled. */
  drain(): Promise<void>;
}

export const createDispatcher = (
  writer: Writer,
  settlement: Settlement,
  inFlightMax: number,
  deadline: Deadline,
): Dispatcher => {
  const underWay = new Set<Promise<void>>();
  const write = async (batch: OwnedBatch): Promise<void> => {
    await writeIsolating(batch, writer, settlement, deadline);
  };
  return {
    async submit(batch) {
      while (underWay.size >= inFlightMax) await Promise.race(underWay);
      const task = write(batch).finally(() => underWay.delete(task));
      underWay.add(task);
    },
    async drain() {
      await Promise.all(underWay);
    },
  };
};
