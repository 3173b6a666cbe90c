/** The server's throttle for concurrent writes. */

import { type Reply, textReply } from './reply.ts';

/** Limits of the throttle. */
export interface ThrottleOptions {
  /** Concurrent writes, at most. 0 means no throttle. */
  readonly concurrentWritesMax: number;
  /** Writes that may wait for a place, at most. 0 means no limit. */
  readonly enqueuedWritesMax: number;
  readonly enqueuedWriteTimeoutMs: number;
}

/** Result of `enter`: a place, whose `leave` must be called when the write is complete, or the refusal. */
type Entry = { readonly leave: () => void } | { readonly refusal: Reply };

/** Limits concurrent writes. */
export interface Throttle {
  /** Waits for a place. */
  enter(): Promise<Entry>;
}

const throttled = (reason: string): Reply => ({ ...textReply(503, `request throttled, ${reason}`), closes: true });

/** The reply when too many writes wait. */
export const QUEUE_FULL = throttled('queue full');

/** Creates a throttle without writes. */
export const createThrottle = (options: ThrottleOptions): Throttle => {
  const { concurrentWritesMax, enqueuedWritesMax, enqueuedWriteTimeoutMs } = options;
  const waiting: Array<() => void> = [];
  let working = 0;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) working--;
    else next(); // The next write takes over the place, so the number of concurrent writes does not change.
  };

  const waitForPlace = (): Promise<Entry> =>
    new Promise((resolve) => {
      const begin = (): void => {
        clearTimeout(timer);
        resolve({ leave });
      };
      const timer = setTimeout(() => {
        waiting.splice(waiting.indexOf(begin), 1);
        resolve({ refusal: throttled('exceeds timeout') });
      }, enqueuedWriteTimeoutMs);
      timer.unref();
      waiting.push(begin);
    });

  const enter = async (): Promise<Entry> => {
    if (concurrentWritesMax === 0) return { leave: () => undefined };
    const isFull = enqueuedWritesMax > 0 && working + waiting.length >= concurrentWritesMax + enqueuedWritesMax;
    if (isFull) return { refusal: QUEUE_FULL };
    if (working >= concurrentWritesMax) return waitForPlace();
    working++;
    return { leave };
  };
  return { enter };
};
