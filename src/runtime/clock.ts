/** Time, randomness and deadlines, as a port: `adapters/clock.ts` implements it on the real clock. */

import type { Deadline } from '../sink/ports.ts';

/** The clock of an instance. */
export interface Clock {
  /** Milliseconds since 1970. */
  nowMs(): number;
  /** Milliseconds that never jump: for measuring how long something takes. */
  monotonicMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A deadline so many milliseconds from now. `release` ends its timer; without it the process would wait for it. */
  deadlineIn(ms: number): TimedDeadline;
}

/** A deadline with a timer, which keeps the process alive until it is released. */
export interface TimedDeadline extends Deadline {
  release(): void;
}
