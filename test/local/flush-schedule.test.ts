/** Runs of the flush function at their interval. Covers `local/flush-schedule.ts`. */

import { expect, onTestFinished, test, vi } from 'vitest';
import { startFlushSchedule } from '../../local/flush-schedule.ts';

/** A pool whose invocations end when the test ends them, or when it is closed. */
const startPool = () => {
  const running: PromiseWithResolvers<undefined>[] = [];
  let closed = 0;
  return {
    running,
    closed: () => closed,
    invoke: () => {
      const run = Promise.withResolvers<undefined>();
      running.push(run);
      return run.promise;
    },
    close: async () => {
      closed += 1;
      for (const run of running) run.reject(new Error('the process has ended'));
    },
  };
};

const start = (sleep: () => Promise<void>) => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const pool = startPool();
  const log: string[] = [];
  const options = { everyMs: 1_000, onLogLine: (line: string) => void log.push(line), clock: { sleep } };
  return { pool, log, close: startFlushSchedule(pool, options) };
};

test('a run starts at each interval, also after one that failed', async () => {
  const { pool, log, close } = start(() => new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(1_000);
  pool.running[0]?.reject(new Error('no table'));
  await vi.advanceTimersByTimeAsync(999);
  expect(pool.running).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(pool.running).toHaveLength(2);
  expect(log).toEqual(['invocation failed: no table']);
  pool.running[1]?.resolve(undefined);
  await close();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(pool.running).toHaveLength(2);
});

test('a run that lasts longer than the interval is followed by another one at once, and by no more than one', async () => {
  const { pool, close } = start(() => new Promise(() => undefined));
  await vi.advanceTimersByTimeAsync(3_500);
  expect(pool.running).toHaveLength(1);
  pool.running[0]?.resolve(undefined);
  await vi.advanceTimersByTimeAsync(0);
  expect(pool.running).toHaveLength(2);
  pool.running[1]?.resolve(undefined);
  await vi.advanceTimersByTimeAsync(499);
  expect(pool.running).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(pool.running).toHaveLength(3);
  pool.running[2]?.resolve(undefined);
  await close();
});

test('closing waits 3 s for a run, and then ends it without an error in the log', async () => {
  const waits = Promise.withResolvers<undefined>();
  const sleep = vi.fn(() => waits.promise);
  const { pool, log, close } = start(sleep);
  await vi.advanceTimersByTimeAsync(1_000);
  const closing = close();
  await vi.advanceTimersByTimeAsync(0);
  expect(pool.closed()).toBe(0);
  expect(sleep.mock.calls).toMatchObject([[3_000, {}]]);
  waits.resolve(undefined);
  await closing;
  expect(pool.closed()).toBe(1);
  expect(log).toEqual([]);
});
