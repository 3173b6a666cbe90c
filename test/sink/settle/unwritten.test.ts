/** Unwritten lines and their checkpoint. Covers `src/sink/settle/unwritten.ts`. */

import { describe, expect, test } from 'vitest';
import { Ledger } from '../../../src/sink/ledger.ts';
import type { Outcome } from '../../../src/sink/outcome.ts';
import type { Checkpoint, WaitReason } from '../../../src/sink/ports.ts';
import { UnwrittenLines } from '../../../src/sink/settle/unwritten.ts';
import { batchOf, FOREVER, target, textsOf } from '../../checkpoint/make.ts';
import { message } from '../make.ts';

const MIB = 1024 * 1024;
const AWAY: Outcome = { kind: 'unavailable', unexplained: false, text: 'server is closing' };
const HELD: Outcome = { kind: 'held', text: 'too many series' };

interface Saved {
  readonly database: string;
  readonly wait: WaitReason;
  readonly lines: readonly string[];
}

/**
 * Returns the unwritten lines of one message with `events` events, and a checkpoint that accepts a piece if `takes`
 * returns true.
 */
const unwritten = (events: number, takes: (saved: Saved) => boolean | Promise<boolean> = () => true) => {
  const saved: Saved[] = [];
  const messages = [message('')];
  const checkpoint: Checkpoint = {
    async save(lines, wait, of, deadline) {
      expect([of, deadline]).toEqual([messages, FOREVER]);
      const one = { database: lines.target.database, wait, lines: textsOf(lines) };
      saved.push(one);
      return takes(one);
    },
  };
  const ledger = new Ledger(1);
  ledger.begin(0, events);
  return { saved, ledger, left: new UnwrittenLines({ checkpoint, messages, ledger, deadline: FOREVER }) };
};

const figures = (ledger: Ledger, failed: readonly number[] = []): number[] => {
  const { eventsCheckpointed, eventsReturned, ledgerImbalance } = ledger.close(failed);
  return [eventsCheckpointed, eventsReturned, ledgerImbalance];
};

describe('unwritten lines', () => {
  test('stores unwritten lines at the end, in order, with one piece for each target and wait reason', async () => {
    const { saved, left, ledger } = unwritten(5);
    await left.add(batchOf(['a']), AWAY, false);
    await left.add(batchOf(['b'], { to: target('other') }), AWAY, false);
    await left.add(batchOf(['c']), HELD, false);
    await left.add(batchOf(['d', 'e']), AWAY, false);
    expect(saved).toEqual([]);
    await left.save();
    expect(saved).toEqual([
      { database: 'db', wait: 'retry', lines: ['a', 'd', 'e'] },
      { database: 'other', wait: 'retry', lines: ['b'] },
      { database: 'db', wait: 'held', lines: ['c'] },
    ]);
    expect(figures(ledger)).toEqual([5, 0, 0]);
    expect(ledger.isSettled(0)).toBe(true);
  });
  test('stores unwritten lines earlier when they fill a piece, so that memory stays limited', async () => {
    const { saved, left } = unwritten(4);
    const large = 'x'.repeat(MIB - 1);
    await left.add(batchOf([large]), AWAY, false);
    await left.add(batchOf(['small']), HELD, true);
    expect(saved).toEqual([]);
    await left.add(batchOf([large]), AWAY, false);
    expect(saved.map(({ wait, lines }) => [wait, lines.length])).toEqual([['retry', 2]]);
    await left.add(batchOf(['later']), AWAY, false);
    await left.save();
    expect(saved.map(({ wait, lines }) => [wait, lines.length])).toEqual([
      ['retry', 2],
      ['isolate', 1],
      ['retry', 1],
    ]);
  });
  test('stores unwritten lines only once when closed twice', async () => {
    const { saved, left } = unwritten(1);
    await left.add(batchOf(['a']), AWAY, false);
    await left.save();
    await left.save();
    expect(saved).toHaveLength(1);
  });
  test('leaves lines that the table does not accept unsettled, so that their message is returned', async () => {
    const { left, ledger } = unwritten(3, ({ wait }) => wait !== 'held');
    await left.add(batchOf(['a', 'b']), AWAY, false);
    await left.add(batchOf(['c']), HELD, false);
    await left.save();
    expect(ledger.isSettled(0)).toBe(false);
    expect(figures(ledger, [0])).toEqual([2, 1, 0]);
  });
  test('does not count unwritten lines before the table has confirmed them', async () => {
    let answer = (_: boolean): void => undefined;
    const { left, ledger } = unwritten(
      1,
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    await left.add(batchOf(['a']), AWAY, false);
    const closing = left.save();
    expect(ledger.isSettled(0)).toBe(false);
    answer(true);
    await closing;
    expect(ledger.isSettled(0)).toBe(true);
  });
});

test('reports for lines that are saved immediately whether the table has stored them', async () => {
  const { left, ledger } = unwritten(2, ({ lines }) => lines[0] === 'a');
  expect(await left.saveBuffered(batchOf(['a']))).toBe(true);
  expect(await left.saveBuffered(batchOf(['b']))).toBe(false);
  expect(figures(ledger, [0])).toEqual([1, 1, 0]);
});
