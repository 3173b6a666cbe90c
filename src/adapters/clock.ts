/** The only file in `src` that reads the clock, generates random numbers, or sleeps. */

import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../runtime/clock.ts';

/** The clock of the process. */
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
      // A timer may fire a fraction of a millisecond early. After the signal no time remains.
      remainingMs: () => (controller.signal.aborted ? 0 : Math.max(0, atMs - performance.now())),
      signal: controller.signal,
      release: () => clearTimeout(timer),
    };
  },
};
