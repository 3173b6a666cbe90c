/** Limits of waiting: deadlines that can also be aborted, and promises that may come too late. */

import type { Deadline } from './ports.ts';

/** The part of a clock that sets limits. */
export interface LimitClock {
  /** Returns a deadline `ms` milliseconds from now. Release it after use. */
  deadlineIn(ms: number): Deadline & { release(): void };
}

/** A deadline that ends early when it is aborted. */
export interface AbortableDeadline extends Deadline {
  abort(): void;
  /** Detaches it from the deadline that it was made of. Call it after use. */
  release(): void;
}

/** Returns an abortable deadline. `AbortSignal.any` would keep its listeners until the deadline. */
export const abortable = (deadline: Deadline): AbortableDeadline => {
  const { signal } = deadline;
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort);
  return {
    remainingMs: () => (controller.signal.aborted ? 0 : deadline.remainingMs()),
    signal: controller.signal,
    abort,
    release: () => signal.removeEventListener('abort', abort),
  };
};

/** Returns the value of a promise, or `undefined` if it does not settle in time. */
export const within = async <T>(promise: Promise<T>, ms: number, clock: LimitClock): Promise<T | undefined> => {
  const limit = clock.deadlineIn(ms);
  const { signal } = limit;
  const late = new Promise<undefined>((resolve) => {
    const end = (): void => resolve(undefined);
    if (signal.aborted) end();
    signal.addEventListener('abort', end);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    limit.release();
  }
};
