/** Port of the console to the dead letters. `queue-letters.ts` implements it. */

import type { Letter } from '../dead-letters/letter.ts';

/** The dead letters of a sink. Every call may throw. */
export interface DeadLetterSource {
  /**
   * Returns at most `lettersMax` dead letters, and leaves them visible. `hasMore` states whether there are more that can be
   * received now.
   */
  list(lettersMax: number): Promise<{ readonly letters: readonly Letter[]; readonly hasMore: boolean }>;
  /**
   * Sends dead letters back to the source queue with their attributes, and deletes them then. Returns their number.
   *
   * @param ids - Ids of their messages. Undefined for all.
   */
  redrive(ids: ReadonlySet<string> | undefined): Promise<number>;
  close(): void;
}
