/** The hold of an operator, for the instances that have read it. Covers `src/breaker/hold.ts`. */

import { describe, expect, test } from 'vitest';
import type { Hold } from '../../src/breaker/hold.ts';
import { isInForce, onHoldOutcome } from '../../src/breaker/hold.ts';
import { FOREVER, NOW_MS } from '../checkpoint/make.ts';
import { batchesOf, delivery, figures, SinkInMemory } from '../runtime/sink-in-memory.ts';
import { BreakerWorld, kinds, outage, WRITTEN } from './breaker-world.ts';

const HOLD: Hold = { reason: 'an upgrade', sinceMs: NOW_MS, untilMs: undefined };

describe('the time of a hold', () => {
  test('without an end, a hold is in force at any time', () => {
    expect(isInForce(HOLD, NOW_MS + 1e12)).toBe(true);
    expect(isInForce(undefined, NOW_MS)).toBe(false);
  });
  test('with an end, a hold is in force until just before it', () => {
    const hold = { ...HOLD, untilMs: NOW_MS + 100 };
    expect([isInForce(hold, NOW_MS + 99), isInForce(hold, NOW_MS + 100)]).toEqual([true, false]);
  });
  test('withheld lines report the reason and the end', () => {
    expect(onHoldOutcome(HOLD)).toEqual({ kind: 'withheld', text: 'an operator paused the sink: an upgrade' });
    expect(onHoldOutcome({ ...HOLD, untilMs: Date.UTC(2026, 0, 2) })).toEqual({
      kind: 'withheld',
      text: 'an operator paused the sink until 2026-01-02T00:00:00.000Z: an upgrade',
    });
  });
});

describe('an instance that has read a hold', () => {
  test('sends no request, and writes again after the hold is ended', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.hold = HOLD;
    expect(kinds(await one.write('a', 'b'))).toEqual(['withheld', 'withheld']);
    expect(world.takeRequests()).toEqual([]);
    world.hold = undefined;
    expect(kinds(await one.write('c'))).toEqual(['written']);
  });
  test('writes again at the end of the hold, although it is still stored', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.hold = { ...HOLD, untilMs: world.now + 10_000 };
    expect(kinds(await one.write('a'))).toEqual(['withheld']);
    world.now += 10_000;
    expect(kinds(await one.write('b'))).toEqual(['written']);
  });
  test('probes no open breaker, and probes it after the hold', async () => {
    const { world, first } = await outage();
    world.answer = () => WRITTEN;
    world.hold = HOLD;
    world.now += 60_000;
    await first.begin();
    expect(world.takeRequests()).toEqual([]);
    world.hold = undefined;
    await first.begin();
    expect(world.takeRequests()).toMatchObject([{ text: '' }]);
  });
  test('keeps the hold while the table is unavailable', async () => {
    const world = new BreakerWorld();
    const one = world.instance('one');
    world.hold = HOLD;
    await one.refresh();
    world.storeIsAway = true;
    expect(kinds(await one.write('a'))).toEqual(['withheld']);
  });
});

describe('a sink on hold', () => {
  const hold = async (world: SinkInMemory): Promise<void> =>
    world.table.holds.hold({ ...HOLD, sinceMs: world.clock.nowMs() }, FOREVER);

  test('stores all lines in the state table, and the flush function drains them after the hold', async () => {
    const world = new SinkInMemory();
    await hold(world);
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1, 2, 3])]);
    expect(figures(report)).toEqual([3, 0, 0, 3, 0, 0]);
    const flushing = world.runtime({ owner: 'flush' });
    const { drained, backlog } = await world.flush(flushing);
    expect([drained?.eventsWritten, backlog.lines, world.stored.size]).toEqual([0, 3, 0]);
    expect(drained?.unwritten.withheld?.text).toBe('an operator paused the sink: an upgrade');
    await world.table.holds.resume(FOREVER);
    world.clock.pass(60_000);
    expect((await world.flush(flushing)).drained?.eventsWritten).toBe(3);
    expect([world.waiting(), world.stored.size]).toEqual([[], 3]);
  });
  test('returns the messages of a FIFO queue', async () => {
    const world = new SinkInMemory();
    world.fifo = true;
    await hold(world);
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1, 2], { groupId: 'g' })]);
    expect([figures(report), world.stored.size]).toEqual([[2, 0, 0, 0, 2, 0], 0]);
  });
  test('stops in the middle of an invocation', async () => {
    const world = new SinkInMemory();
    world.latencyMs = 2_000;
    const settings = { ...batchesOf(1), inFlightMax: 1 };
    world.answer = () => {
      void hold(world);
      return WRITTEN;
    };
    const { report } = await world.ingest(world.runtime({ settings }), [delivery('a', [1, 2, 3])]);
    expect(figures(report)).toEqual([3, 1, 0, 2, 0, 0]);
  });
});
