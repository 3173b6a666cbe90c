/** Runs the flush function of the local system at its interval, as EventBridge does in AWS. */

import { systemClock } from '../src/adapters/clock.ts';
import type { FunctionPool } from './function/function-process.ts';

/** Time that closing waits for a run. A run that waits for the server would take a minute. */
const CLOSE_MS = 3_000;

/** Settings of a schedule. */
export interface FlushScheduleOptions {
  readonly everyMs: number;
  readonly onLogLine: (line: string) => void;
  readonly clock?: Pick<typeof systemClock, 'sleep'>;
}

/**
 * Starts the schedule. A run that is due while another one lasts starts at its end: in AWS it would start beside it, and find
 * its leases. An error is logged, and the schedule continues.
 *
 * @returns A function that ends the schedule, waits 3 s for a run, and closes the pool.
 */
export const startFlushSchedule = (
  pool: Pick<FunctionPool, 'invoke' | 'close'>,
  { everyMs, onLogLine, clock = systemClock }: FlushScheduleOptions,
): (() => Promise<void>) => {
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  let isDue = false;
  let isClosing = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    while (isDue && !isClosing) {
      isDue = false;
      try {
        await pool.invoke({});
      } catch (error) {
        // Closing ends a run that waits for the server.
        if (!isClosing) onLogLine(`invocation failed: ${(error as Error).message}`);
      }
    }
    isRunning = false;
  };
  const timer = setInterval(() => {
    isDue = true;
    if (!isRunning) running = run();
  }, everyMs);
  return async () => {
    clearInterval(timer);
    isClosing = true;
    const waiting = new AbortController();
    await Promise.race([running, clock.sleep(CLOSE_MS, waiting.signal)]);
    waiting.abort();
    await pool.close();
  };
};
