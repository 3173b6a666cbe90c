/**
 * Looks at the messages of a queue and gives them back. SQS cannot show a message without receiving it, so the messages
 * are hidden from others meanwhile, and their receive count rises by one.
 */

import { UsageError } from '../usage-error.ts';
import type { Letter } from './letter.ts';
import { assertMayReceive, type LetterQueue, RECEIVE_MAX } from './letter-queue.ts';

/** Result of one look at a queue. */
export interface Visited {
  readonly letters: number;
  /** Messages that were hidden before, because another process has received them. */
  readonly hidden: number;
  /** Messages that were visible and not seen, because `max` was reached, the look ended early, or a group was blocked. */
  readonly unseen: number;
}

/** Limits of a look. */
export interface VisitOptions {
  /** Letters, at most. */
  readonly max: number;
  /** Ends the look early. The letters are given back all the same. */
  readonly signal: AbortSignal;
}

/** How long the letters are hidden if the process is killed before it gives them back. */
const HIDE_SECONDS = 120;
/** Concurrent receives on a standard queue. */
const RECEIVERS = 4;

/**
 * Calls `visit` once for each message of a queue, then gives all of them back, also after an error. On a FIFO queue only
 * the first messages of each group are seen, because SQS holds back a group whose messages are hidden.
 *
 * @throws UsageError if the queue would move messages elsewhere after a few looks, or holds too many hidden messages.
 */
export const visitLetters = async (
  queue: LetterQueue,
  visit: (letter: Letter) => void,
  { max, signal }: VisitOptions,
): Promise<Visited> => {
  const facts = await queue.facts();
  assertMayReceive(queue.url, facts);
  /** Newest receipt handles by message id. A message is received again if the look takes longer than its hiding. */
  const held = new Map<string, string>();
  /** Letters that were asked for and have not arrived yet. */
  let asked = 0;
  const receive = async (): Promise<void> => {
    while (!signal.aborted && held.size + asked < max) {
      const count = Math.min(RECEIVE_MAX, max - held.size - asked);
      asked += count;
      const received = await queue.receive(count, HIDE_SECONDS).finally(() => {
        asked -= count;
      });
      const found = received.filter(({ letter }) => !held.has(letter.id));
      for (const { letter, receiptHandle } of received) held.set(letter.id, receiptHandle);
      for (const { letter } of found) visit(letter);
      if (found.length === 0) return;
    }
  };
  try {
    await allOrOverLimit(Array.from({ length: queue.isFifo ? 1 : RECEIVERS }, receive));
  } finally {
    await queue.giveBack([...held.values()]);
  }
  return { letters: held.size, hidden: facts.hidden, unseen: Math.max(0, facts.visible - held.size) };
};

/** Waits for all receivers, so that none receives a message after the others were given back. */
const allOrOverLimit = async (receivers: readonly Promise<void>[]): Promise<void> => {
  const results = await Promise.allSettled(receivers);
  for (const result of results) {
    if (result.status === 'fulfilled') continue;
    if ((result.reason as Error).name === 'OverLimit')
      throw new UsageError('The queue has too many hidden messages (OverLimit). Use a smaller --limit.');
    throw result.reason;
  }
};
