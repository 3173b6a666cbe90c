/** The only file that reads the clock, rolls dice and waits. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Deadline } from '../sink/deadline.ts';

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

export interface TimedDeadline extends Deadline {
  release(): void;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      if ((error as Error).name !== 'AbortError') throw error;
    }
  },
  deadlineIn(ms) {
    const controller = new AbortController();
    const atMs = performance.now() + ms;
    const timer = setTimeout(() => controller.abort(), Math.max(0, ms));
    return {
      remainingMs: () => Math.max(0, atMs - performance.now()),
      signal: controller.signal,
      release: () => clearTimeout(timer),
    };
  },
};
