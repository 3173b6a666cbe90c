/** The moment by which an invocation must have answered, handed down to everything that waits. */
export interface Deadline {
  /** How long is left, in ms; never negative. */
  remainingMs(): number;
  /** Aborts at the deadline. */
  readonly signal: AbortSignal;
}
