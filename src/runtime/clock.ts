/** Time, randomness and deadlines, as a port: `adapters/clock.ts` implements it on the real clock. */

import type { Deadline } from '../sink/ports.ts';

/** The clock of an instance. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps, for measuring durations. */
  monotonicMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Returns a deadline `ms` milliseconds from now. Release it after use. */
  deadlineIn(ms: number): TimedDeadline;
}

/** A deadline with a timer, which keeps the process alive until it is released. */
export interface TimedDeadline extends Deadline {
  /** Ends the timer. Without it the process would stay alive until the deadline. */
  release(): void;
}
