/** The real clock. */

import { expect, test, vi } from 'vitest';
import { systemClock } from '../../src/adapters/clock.ts';

test('a sleep lasts for the given time, and ends early without an error when it is aborted', async () => {
  const started = performance.now();
  await systemClock.sleep(40);
  expect(performance.now() - started).toBeGreaterThan(35);
  await systemClock.sleep(60_000, AbortSignal.timeout(20));
  await systemClock.sleep(60_000, AbortSignal.abort());
  expect(performance.now() - started).toBeLessThan(5_000);
});

test('a deadline aborts when it has passed, unless it was released before', async () => {
  const [short, released] = [systemClock.deadlineIn(30), systemClock.deadlineIn(30)];
  released.release();
  expect(short.remainingMs()).toBeGreaterThan(0);
  await expect.poll(() => short.signal.aborted, { interval: 5 }).toBe(true);
  expect(short.remainingMs()).toBe(0);
  expect(released.signal.aborted).toBe(false);
});

test('a deadline in the past has passed, and its remaining time is not negative', async () => {
  const past = systemClock.deadlineIn(-100);
  expect(past.remainingMs()).toBe(0);
  await expect.poll(() => past.signal.aborted, { interval: 1 }).toBe(true);
});

test('no time remains after a deadline has aborted, even if its timer fires early', async () => {
  const deadline = systemClock.deadlineIn(20);
  const frozen = vi.spyOn(performance, 'now').mockReturnValue(performance.now());
  try {
    await new Promise((resolve) => deadline.signal.addEventListener('abort', resolve));
    expect(deadline.remainingMs()).toBe(0);
  } finally {
    frozen.mockRestore();
  }
});
