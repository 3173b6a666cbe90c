/** Deadlines that can also be aborted. */

import type { Deadline } from './ports.ts';

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
