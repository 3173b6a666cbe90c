/** Runs of the flush function that wait for the server. Covers `src/flush/recovery.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import type { Outcome } from '../../src/sink/outcome.ts';
import { AWAY, batchesOf, delivery, FAILED, lineOf, SinkInMemory, WRONG_PASSWORD } from '../runtime/sink-in-memory.ts';

let world: SinkInMemory;
let startMs: number;

beforeEach(() => {
  world = new SinkInMemory();
  startMs = world.clock.monotonicMs();
});

const spentMs = (): number => world.clock.monotonicMs() - startMs;
/** The server fails with this outcome until the given time after the start. */
const isDownUntil = (ms: number, outcome: Outcome): void => {
  world.answer = () => (spentMs() < ms ? outcome : { kind: 'written' });
};
const BUSY: Outcome = { kind: 'throttled', unexplained: false, text: 'request throttled' };
const HELD: Outcome = { kind: 'held', text: 'too many series' };
const NO_DATABASE: Outcome = { kind: 'misconfigured', databaseMissing: true, text: 'database not found' };

describe('a run with a backlog', () => {
  test.each([
    ['is unavailable', AWAY],
    ['fails without a reason', FAILED],
    ['is overloaded', BUSY],
  ])('writes it at most 5 s after the end of an outage in which the server %s', async (_, outcome) => {
    for (const downMs of [4_000, 11_000, 23_000, 38_000, 51_000]) {
      world = new SinkInMemory();
      startMs = world.clock.monotonicMs();
      for (let value = 0; value < 8; value++) await world.wait([value], { shard: value });
      isDownUntil(downMs, outcome);
      const results = await world.flushAndStay(world.runtime());
      expect(world.stored.size).toBe(8);
      expect(spentMs()).toBeLessThan(downMs + 5_000);
      expect(results.at(-1)?.backlog.segments).toBe(0);
    }
  });
  test('ends 58 s after its start, so that the next scheduled run follows it', async () => {
    await world.wait([1]);
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    await world.flushAndStay(world.runtime());
    expect(spentMs()).toBeGreaterThan(53_000);
    expect(spentMs()).toBeLessThanOrEqual(58_000);
  });
  test('ends before the end of its invocation', async () => {
    await world.wait([1]);
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    await world.flushAndStay(world.runtime(), 20_000);
    expect(spentMs()).toBeGreaterThan(10_000);
    expect(spentMs()).toBeLessThanOrEqual(15_000);
  });
  test('sends no more than one request in about 3 s meanwhile', async () => {
    await world.wait([1]);
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    await world.flushAndStay(world.runtime());
    expect(world.givenMs.length).toBeGreaterThan(12);
    expect(world.givenMs.length).toBeLessThan(25);
  });
  test('writes what other instances store meanwhile', async () => {
    await world.wait([1]);
    isDownUntil(10_000, AWAY);
    let isStored = false;
    const answer = world.answer;
    world.answer = (...args) => {
      if (spentMs() > 10_000 && !isStored) {
        isStored = true;
        void world.wait([2], { id: '01KDVDNA02CR961DJS96NHR6QE' });
      }
      return answer(...args);
    };
    await world.flushAndStay(world.runtime());
    expect([...world.stored].sort()).toEqual([lineOf(1), lineOf(2)]);
  });
  test('reports the first pass, passes that wrote, and the last one, with all attempts', async () => {
    await world.wait([1]);
    isDownUntil(20_000, AWAY);
    const results = await world.flushAndStay(world.runtime());
    expect(results.map(({ drained }) => drained?.eventsWritten)).toEqual([0, 1]);
    expect(results.reduce((sum, { attempts }) => sum + attempts.length, 0)).toBe(world.givenMs.length);
  });
  test('searches for orphans once, because the search reads the whole table', async () => {
    await world.wait([1]);
    isDownUntil(30_000, AWAY);
    await world.flushAndStay(world.runtime());
    const searches = world.tableCalls.filter(({ name }) => name === 'listPayloads');
    expect([searches.length, world.stored.size]).toEqual([1, 1]);
  });
  test('notices within seconds that another instance has closed the breaker, even if its own probe is far away', async () => {
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    await world.ingest(world.runtime({ settings: batchesOf(1) }), [delivery('a', [1, 2, 3, 4, 5, 6])]);
    for (const [key, kept] of world.items.breakers)
      world.items.breakers.set(key, { ...kept, breaker: { ...kept.breaker, probeAtMs: world.clock.nowMs() + 50_000 } });
    world.answer = () => ({ kind: 'written' });
    world.tableFault = ({ name }) => {
      if (name === 'readShared' && spentMs() > 10_000) world.items.breakers.clear();
      return undefined;
    };
    await world.flushAndStay(world.runtime({ owner: 'flush' }));
    expect(world.stored.size).toBe(6);
    expect(spentMs()).toBeLessThan(16_000);
  });
  test('claims that it is under way, so that no other run is requested', async () => {
    await world.wait([1]);
    isDownUntil(20_000, AWAY);
    await world.flushAndStay(world.runtime({ owner: 'flush' }));
    expect([...world.items.flushClaims.values()]).toMatchObject([{ owner: 'flush' }]);
  });
});

describe('a run ends at once', () => {
  test('without a backlog', async () => {
    isDownUntil(20_000, AWAY);
    await world.flushAndStay(world.runtime());
    expect([spentMs(), world.items.flushClaims.size]).toEqual([0, 0]);
  });
  test.each([
    ['wrong credentials', WRONG_PASSWORD],
    ['a missing database', NO_DATABASE],
    ['lines that the server cannot store now', HELD],
  ])('with %s, because only an operator ends that', async (_, outcome) => {
    await world.wait([1]);
    isDownUntil(Number.POSITIVE_INFINITY, outcome);
    expect(await world.flushAndStay(world.runtime())).toHaveLength(1);
    expect(spentMs()).toBe(0);
  });
  test('while an operator has paused the sink', async () => {
    await world.wait([1]);
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    const hold = { reason: 'an upgrade', sinceMs: world.clock.nowMs(), untilMs: undefined };
    await world.table.holds.hold(hold, world.clock.deadlineIn(1_000));
    expect(await world.flushAndStay(world.runtime())).toHaveLength(1);
    expect([spentMs(), world.givenMs]).toEqual([0, []]);
  });
  test('while an operator has paused the sink during an outage', async () => {
    isDownUntil(Number.POSITIVE_INFINITY, AWAY);
    await world.ingest(world.runtime({ settings: batchesOf(1) }), [delivery('a', [1, 2, 3, 4, 5, 6])]);
    const hold = { reason: 'an upgrade', sinceMs: world.clock.nowMs(), untilMs: undefined };
    await world.table.holds.hold(hold, world.clock.deadlineIn(1_000));
    const flushing = world.runtime({ owner: 'flush' });
    expect(await world.flushAndStay(flushing)).toHaveLength(1);
    expect([flushing.openBreakers().length, spentMs()]).toEqual([1, 0]);
  });
  test('with segments that are not due', async () => {
    await world.wait([1], { dueMs: world.clock.nowMs() + 3_600_000 });
    await world.flushAndStay(world.runtime());
    expect(spentMs()).toBe(0);
  });
});
