/** The event source's limit follows the decision of all, as far as the flush function is let. */

import { beforeEach, describe, expect, test } from 'vitest';
import { type Decision, initialDecision } from '../../src/controller/decision.ts';
import type { EventSourceMapping } from '../../src/flush/concurrency-limit.ts';
import { ConcurrencyLimit } from '../../src/flush/concurrency-limit.ts';
import type { Runtime } from '../../src/runtime/runtime.ts';
import { itemKey } from '../contract/memory-state-table.ts';
import { SinkInMemory } from '../runtime/sink-in-memory.ts';

let world: SinkInMemory;
let runtime: Runtime;
let found: number | undefined;
let isBusy: boolean;
let isAway: boolean;
let asked: number[];

const mapping: EventSourceMapping = {
  async maximumConcurrency() {
    if (isAway) throw new Error('AccessDeniedException');
    return found;
  },
  async limitTo(limit) {
    asked.push(limit);
    if (isBusy) return false;
    found = limit;
    return true;
  },
};

beforeEach(() => {
  world = new SinkInMemory();
  runtime = world.runtime({ settings: { adaptive: true } });
  found = 20;
  isBusy = false;
  isAway = false;
  asked = [];
});

/** All have decided so. */
const decide = (wanted: number, more: Partial<Decision> = {}): void => {
  const { settings } = runtime;
  const maximumConcurrency = { initial: 20, min: 2, max: 1_000 };
  const first = initialDecision({ ...settings, maximumConcurrency });
  const nowMs = world.clock.nowMs();
  world.items.decisions.set(itemKey('sink', ''), {
    ...first,
    epoch: Math.floor(nowMs / 2_000),
    asOfMs: nowMs,
    maximumConcurrency: { wanted, before: 20, changedMs: 0, fitting: wanted * (more.share ?? 1), epochs: 9 },
    ...more,
  });
};

const run = async (spentMs = 0, remainingMs = 60_000): Promise<number | undefined> => {
  await runtime.syncIfDue();
  return new ConcurrencyLimit(mapping, runtime, world.table).run(spentMs, remainingMs);
};

describe('the limit', () => {
  test('is told to all, and left alone, while nobody has decided', async () => {
    expect([await run(), asked]).toEqual([20, []]);
    expect(world.items.limits.get(itemKey('sink', ''))).toMatchObject({ maximumConcurrency: 20 });
  });
  test('is told again every few minutes, so that all can tell a limit that nobody moves any more', async () => {
    const told = (): number | undefined => world.items.limits.get(itemKey('sink', ''))?.atMs;
    await run();
    const first = told() as number;
    world.clock.pass(60_000);
    await run();
    expect(told()).toBe(first);
    world.clock.pass(240_000);
    await run();
    expect(told()).toBeGreaterThan(first + 240_000);
  });
  test('is set to what was decided, once it is known that it may be moved', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    expect([await run(), asked]).toEqual([35, [35]]);
    expect(world.items.limits.get(itemKey('sink', ''))).toMatchObject({ maximumConcurrency: 35 });
  });
  test('that a deployment has set back is set again', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    await run();
    found = 20;
    world.clock.pass(60_000);
    decide(35);
    expect([await run(), found]).toEqual([35, 35]);
  });
  test('is looked at again and again while it moves, and then no longer', async () => {
    await run();
    world.clock.pass(2_000);
    decide(35, { share: 3 });
    let looks = 0;
    const { sleep } = world.clock;
    world.clock.sleep = async (ms) => {
      looks += 1;
      await sleep.call(world.clock, ms);
      decide(35 + looks, { share: looks < 3 ? 3 : 1 });
    };
    expect([await run(), looks]).toEqual([38, 3]);
  });
  test('is not waited for when the run has lasted long already', async () => {
    await run();
    world.clock.pass(2_000);
    decide(35, { share: 3 });
    expect([await run(42_000), asked]).toEqual([35, [35]]);
    expect(await run(0, 8_000)).toBe(35);
  });
  test('is tried again later while an earlier change is under way', async () => {
    await run();
    decide(35);
    isBusy = true;
    world.clock.pass(2_000);
    expect([await run(), asked]).toEqual([20, [35]]);
  });
  test('stands where it is when nobody has renewed the decision, and whoever sets it has the last word', async () => {
    await run();
    decide(35);
    world.clock.pass(61_000);
    expect([await run(), asked]).toEqual([20, []]);
  });
  test('is looked at once more however long the run has lasted', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    expect([await run(300_000), asked]).toEqual([35, [35]]);
    expect([await run(0, 4_000), world.warnings]).toEqual([undefined, []]);
  });
  test('of a sink with little to do is not waited for: its share is high, and the limit does not hinder it', async () => {
    await run();
    world.clock.pass(2_000);
    decide(20, {
      share: 8,
      maximumConcurrency: { wanted: 20, before: 20, changedMs: 0, fitting: 8, epochs: 9 },
    });
    const before = world.clock.nowMs();
    await run();
    expect(world.clock.nowMs() - before).toBeLessThan(1_000);
  });
  test('of a mapping that has none, or that cannot be asked, is nobody’s business', async () => {
    found = undefined;
    expect(await run()).toBeUndefined();
    isAway = true;
    expect(await run()).toBeUndefined();
    expect(world.warnings).toEqual(["Failed to move the event source's MaximumConcurrency."]);
    expect(world.items.limits.size).toBe(0);
  });
});
