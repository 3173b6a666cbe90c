/**
 * Counts dead letters by reason. SQS shows a message only by receiving it, so the queue is looked at only after the number
 * of its letters has changed, and not more often than every 30 s.
 */

import type { LetterQueue } from '../dead-letters/letter-queue.ts';
import { visitLetters } from '../dead-letters/visit-letters.ts';

/** Result of the last look. */
export interface LetterReasons {
  /** Numbers of letters by their reasons. */
  readonly counts: Readonly<Record<string, number>>;
  /** Letters that were looked at. */
  readonly seen: number;
}

/** Letters per look, at most. */
const LETTERS_MAX = 1_000;
/** Shortest time between two looks, in ms. */
export const LOOK_INTERVAL_MS = 30_000;
/** A look that takes longer ends early. */
const LOOK_MS_MAX = 10_000;

const NONE: LetterReasons = { counts: {}, seen: 0 };

/**
 * Returns a function that counts the letters if it is worthwhile, and returns the last result otherwise. Its parameters are
 * the number of letters in the queue, and the time. May throw.
 */
export const createLetterReasons = (
  queue: LetterQueue,
): ((letters: number, nowMs: number) => Promise<LetterReasons>) => {
  let last: { readonly letters: number; readonly atMs: number; readonly reasons: LetterReasons } | undefined;
  return async (letters, nowMs) => {
    if (letters === 0) return NONE;
    if (last !== undefined && (last.letters === letters || nowMs - last.atMs < LOOK_INTERVAL_MS)) return last.reasons;
    const counts: Record<string, number> = {};
    const count = ({ reason }: { readonly reason: string }): void => {
      counts[reason] = (counts[reason] ?? 0) + 1;
    };
    const options = { max: LETTERS_MAX, signal: AbortSignal.timeout(LOOK_MS_MAX) };
    const { letters: seen } = await visitLetters(queue, count, options);
    last = { letters, atMs: nowMs, reasons: { counts, seen } };
    return last.reasons;
  };
};
