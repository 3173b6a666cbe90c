/** Deletes chosen letters of a queue, each after it is in the archive. */

import type { Archive } from './archive.ts';
import { type LetterQueue, RECEIVE_MAX } from './letter-queue.ts';

/** Count of deleted letters so far, also after an error. */
export interface Purged {
  deleted: number;
}

/** Settings of one run. */
export interface PurgeQueueOptions {
  readonly archive: Pick<Archive, 'add'>;
  readonly signal: AbortSignal;
  readonly purged: Purged;
  onDeleted(): void;
}

const HIDE_SECONDS = 60;

/** Deletes the letters with these ids. Other letters that are received on the way are given back. */
export const purgeQueue = async (
  queue: LetterQueue,
  ids: ReadonlySet<string>,
  { archive, signal, purged, onDeleted }: PurgeQueueOptions,
): Promise<void> => {
  /** Receipt handles of letters that stay, by message id. */
  const staying = new Map<string, string>();
  const left = new Set(ids);
  try {
    while (left.size > 0 && !signal.aborted) {
      const received = await queue.receive(RECEIVE_MAX, HIDE_SECONDS);
      const chosen = received.filter(({ letter }) => left.has(letter.id));
      const isNew = received.some(({ letter }) => left.has(letter.id) || !staying.has(letter.id));
      for (const { letter, receiptHandle } of received) if (!left.has(letter.id)) staying.set(letter.id, receiptHandle);
      if (!isNew) return;
      archive.add(chosen.map(({ letter }) => letter));
      for (const held of chosen) {
        await queue.delete(held);
        left.delete(held.letter.id);
        purged.deleted += 1;
        onDeleted();
      }
    }
  } finally {
    await queue.giveBack([...staying.values()]);
  }
};
