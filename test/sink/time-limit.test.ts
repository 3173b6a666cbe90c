/** Deadlines that can be aborted, and promises that may come too late. Covers `src/sink/time-limit.ts`. */

import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { abortable, type LimitClock, within } from '../../src/sink/time-limit.ts';

const deadline = (controller = new AbortController()) => ({
  controller,
  value: { remainingMs: () => 5_000, signal: controller.signal },
});

describe('an abortable deadline', () => {
  test('ends with the deadline that it was made of', () => {
    const { controller, value } = deadline();
    const limit = abortable(value);
    expect([limit.remainingMs(), limit.signal.aborted]).toEqual([5_000, false]);
    controller.abort();
    expect([limit.remainingMs(), limit.signal.aborted]).toEqual([0, true]);
  });
  test('has ended if that deadline has', () => {
    const limit = abortable(deadline(abortedController()).value);
    expect([limit.remainingMs(), limit.signal.aborted]).toEqual([0, true]);
  });
  test('ends early when it is aborted, and not the deadline that it was made of', () => {
    const { controller, value } = deadline();
    const limit = abortable(value);
    limit.abort();
    expect([limit.remainingMs(), limit.signal.aborted, controller.signal.aborted]).toEqual([0, true, false]);
  });
  test('leaves no listener after its release', () => {
    const { controller, value } = deadline();
    abortable(value).release();
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});

/** A clock whose limits a test ends. */
const manual = (controller = new AbortController()) => {
  let released = 0;
  const clock: LimitClock = {
    deadlineIn: () => ({
      remainingMs: () => 0,
      signal: controller.signal,
      release: () => {
        released += 1;
      },
    }),
  };
  return { clock, controller, released: () => released };
};

const abortedController = (): AbortController => {
  const controller = new AbortController();
  controller.abort();
  return controller;
};

const NEVER = new Promise<string>(() => undefined);

describe('a limited wait', () => {
  test('returns the value of a promise that is in time, and releases the limit', async () => {
    const { clock, released } = manual();
    expect([await within(Promise.resolve('value'), 1, clock), released()]).toEqual(['value', 1]);
  });
  test('returns undefined when the limit ends first', async () => {
    const { clock, controller, released } = manual();
    const waited = within(NEVER, 1, clock);
    controller.abort();
    expect([await waited, released()]).toEqual([undefined, 1]);
  });
  test('returns undefined if the limit has ended already', async () => {
    expect(await within(NEVER, 0, manual(abortedController()).clock)).toBeUndefined();
  });
  test('passes an error on, and releases the limit', async () => {
    const { clock, released } = manual();
    await expect(within(Promise.reject(new Error('failed')), 1, clock)).rejects.toThrow('failed');
    expect(released()).toBe(1);
  });
});
