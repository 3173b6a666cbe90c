import { type Reply, textReply } from './reply.ts';

export interface ThrottleOptions {
  /** Writes worked on at once; 0 leaves out the throttle altogether. */
  readonly concurrentWritesMax: number;
  /** Writes that may wait beyond those; with 0 there is no queue to be full, and all wait. */
  readonly enqueuedWritesMax: number;
  readonly enqueuedWriteTimeoutMs: number;
}

/** Either the way out, to be called once the request is done, or the refusal. */
type Entry = { readonly leave: () => void } | { readonly refusal: Reply };

export interface Throttle {
  enter(): Promise<Entry>;
}

const throttled = (reason: string): Reply => ({ ...textReply(503, `request throttled, ${reason}`), closes: true });

export const QUEUE_FULL = throttled('queue full');

export const createThrottle = (options: ThrottleOptions): Throttle => {
  const { concurrentWritesMax, enqueuedWritesMax, enqueuedWriteTimeoutMs } = options;
  const waiting: Array<() => void> = [];
  let working = 0;

  const leave = (): void => {
    const next = waiting.shift();
    if (next === undefined) working--;
    else next(); // The place is handed on, so the number at work stays the same.
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
