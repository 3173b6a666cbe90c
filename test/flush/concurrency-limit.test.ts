/**
 * The event source's limit follows the shared decision if the flush function may set it. Covers
 * `src/flush/concurrency-limit.ts`.
 */

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

/** Stores a shared decision. */
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

describe('concurrency limit', () => {
  test('publishes the limit and leaves it unchanged before the first decision', async () => {
    expect([await run(), asked]).toEqual([20, []]);
    expect(world.items.limits.get(itemKey('sink', ''))).toMatchObject({ maximumConcurrency: 20 });
  });
  test('publishes the limit again every few minutes, so that all instances detect a limit that is no longer maintained', async () => {
    const published = (): number | undefined => world.items.limits.get(itemKey('sink', ''))?.atMs;
    await run();
    const first = published() as number;
    world.clock.pass(60_000);
    await run();
    expect(published()).toBe(first);
    world.clock.pass(240_000);
    await run();
    expect(published()).toBeGreaterThan(first + 240_000);
  });
  test('sets the decided limit after the limit was published', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    expect([await run(), asked]).toEqual([35, [35]]);
    expect(world.items.limits.get(itemKey('sink', ''))).toMatchObject({ maximumConcurrency: 35 });
  });
  test('sets the decided limit again when a deployment has reset it', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    await run();
    found = 20;
    world.clock.pass(60_000);
    decide(35);
    expect([await run(), found]).toEqual([35, 35]);
  });
  test('checks the limit repeatedly while it moves, and then stops', async () => {
    await run();
    world.clock.pass(2_000);
    decide(35, { share: 3 });
    let checks = 0;
    const { sleep } = world.clock;
    world.clock.sleep = async (ms) => {
      checks += 1;
      await sleep.call(world.clock, ms);
      decide(35 + checks, { share: checks < 3 ? 3 : 1 });
    };
    expect([await run(), checks]).toEqual([38, 3]);
  });
  test('does not wait for the limit when the run has already taken long', async () => {
    await run();
    world.clock.pass(2_000);
    decide(35, { share: 3 });
    expect([await run(42_000), asked]).toEqual([35, [35]]);
    expect(await run(0, 8_000)).toBe(35);
  });
  test('tries to set the limit again later while an earlier change is in progress', async () => {
    await run();
    decide(35);
    isBusy = true;
    world.clock.pass(2_000);
    expect([await run(), asked]).toEqual([20, [35]]);
  });
  test('leaves the limit unchanged after the decision has expired, so that a manual change remains', async () => {
    await run();
    decide(35);
    world.clock.pass(61_000);
    expect([await run(), asked]).toEqual([20, []]);
  });
  test('checks the limit once more, regardless of the duration of the run', async () => {
    await run();
    decide(35);
    world.clock.pass(2_000);
    expect([await run(300_000), asked]).toEqual([35, [35]]);
    expect([await run(0, 4_000), world.warnings]).toEqual([undefined, []]);
  });
  test('does not wait for the limit of a sink with a high share, because the limit does not restrict it', async () => {
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
  test('publishes nothing for a mapping without a limit or without access', async () => {
    found = undefined;
    expect(await run()).toBeUndefined();
    isAway = true;
    expect(await run()).toBeUndefined();
    expect(world.warnings).toEqual(["Failed to move the event source's MaximumConcurrency."]);
    expect(world.items.limits.size).toBe(0);
  });
});
