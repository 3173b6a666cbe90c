/** Visibility of returned messages on standard and FIFO queues. Covers `src/ingest/return-schedule.ts`. */

import { expect, test } from 'vitest';
import type { Returnable } from '../../src/ingest/delivery.ts';
import { ReturnSchedule } from '../../src/ingest/return-schedule.ts';

const returned = (receiptHandle: string, receiveCount: number, groupId?: string): Returnable => ({
  receiptHandle,
  receiveCount,
  groupId,
});

/** Returns random numbers whose neighbors differ. */
const draws = (): (() => number) => {
  let draw = 0;
  return () => (draw++ % 4) / 4;
};

const secondsOf = (fifo: boolean, all: readonly Returnable[]): Record<string, number> => {
  const schedule = new ReturnSchedule(fifo, draws());
  return Object.fromEntries(
    all.map((one) => {
      const { receiptHandle, seconds } = schedule.changeFor(one);
      return [receiptHandle, seconds];
    }),
  );
};

test('returns each message of a standard queue on its own schedule, later with each receive, up to half an hour', () => {
  const all = [1, 2, 4, 10, 12, 500].map((receives, i) => returned(`${i}`, receives, 'fair'));
  expect(secondsOf(false, all)).toEqual({ 0: 2, 1: 4, 2: 14, 3: 832, 4: 1_800, 5: 1_688 });
});

test('returns all messages of a FIFO group at the same time, because otherwise their order would be lost', () => {
  const all = [
    returned('a1', 5, 'a'),
    returned('b1', 3, 'b'),
    returned('a2', 1, 'a'),
    returned('b2', 1, 'b'),
    returned('a3', 900, 'a'),
  ];
  expect(secondsOf(true, all)).toEqual({ a1: 32, a2: 32, a3: 32, b1: 8, b2: 8 });
});
