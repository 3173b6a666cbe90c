/** Port of the console to the dead-letter queue. `queue-letters.ts` implements it. */

/** A dead letter as it is in the queue. */
export interface QueuedLetter {
  /** Id of its message. */
  readonly id: string;
  /** Still packed, if its origin states that it is. */
  readonly body: string;
  /** Attributes of type String. */
  readonly attributes: Readonly<Record<string, string>>;
}

/** The dead letters of a sink. Every call may throw. */
export interface DeadLetterSource {
  /**
   * Returns at most `lettersMax` dead letters, and leaves them visible. `hasMore` states whether the queue contains more.
   */
  list(lettersMax: number): Promise<{ readonly letters: readonly QueuedLetter[]; readonly hasMore: boolean }>;
  /**
   * Sends dead letters back to the source queue with their attributes, and deletes them then. Returns their number.
   *
   * @param ids - Ids of their messages. Undefined for all.
   */
  redrive(ids: ReadonlySet<string> | undefined): Promise<number>;
  close(): void;
}
