/**
 * The pace of an instance follows the shared decision, the configuration, or the reports of the instance. Covers
 * `src/runtime/pace.ts`.
 */

import { beforeEach, describe, expect, test } from 'vitest';
import { type Decision, initialDecision } from '../../src/controller/decision.ts';
import { SinkPace } from '../../src/runtime/pace.ts';
import { itemKey } from '../contract/memory-state-table.ts';
import { USUAL_OPTIONS } from '../controller/usual-options.ts';
import { ManualClock } from './manual-clock.ts';
import { AWAY, delivery, SinkInMemory } from './sink-in-memory.ts';

const OPTIONS = { batch: USUAL_OPTIONS.batch, inFlightMax: 4, batchBytes: 1_000, adaptive: true };

let clock: ManualClock;
let control: SinkPace;

beforeEach(() => {
  clock = new ManualClock();
  clock.pass(1_000);
  control = new SinkPace(OPTIONS, clock);
});

const decision = (more: Partial<Decision>): Decision => ({
  ...initialDecision(USUAL_OPTIONS),
  epoch: 1,
  asOfMs: clock.nowMs(),
  ...more,
});

describe('pace', () => {
  test('has one request in flight and the configured lines per batch before the first decision', () => {
    expect([control.batchLines(), control.inFlightMax(), control.share]).toEqual([500, 1, 1]);
  });
  test('follows the configuration if adaptation is off', () => {
    const constant = new SinkPace({ ...OPTIONS, adaptive: false }, clock);
    constant.applyDecision(decision({ batchLines: 900, share: 0.1 }), undefined);
    expect([constant.batchLines(), constant.inFlightMax(), constant.share]).toEqual([500, 4, undefined]);
  });
  test('keeps the decided batch size within the configured limits', () => {
    control.applyDecision(decision({ batchLines: 100_000 }), undefined);
    expect(control.decision?.batchLines).toBe(2_000);
  });
});

describe('limit of the event source', () => {
  const published = { maximumConcurrency: 30, atMs: 0 };
  test('uses the published limit of the event source while the flush function renews it', () => {
    control.applyDecision(undefined, { ...published, atMs: clock.nowMs() - 800_000 });
    expect(control.limit?.maximumConcurrency).toBe(30);
    control.applyDecision(undefined, { ...published, atMs: clock.nowMs() - 1_000_000 });
    expect(control.limit).toBeUndefined();
  });
  test('includes the concurrency limit in the decision only while the flush function publishes it', () => {
    const wanted = { wanted: 12, before: 20, changedMs: 0, fitting: 12, epochs: 3 };
    control.applyDecision(decision({ maximumConcurrency: wanted }), { ...published, atMs: clock.nowMs() });
    expect(control.decision?.maximumConcurrency?.wanted).toBe(12);
    control.applyDecision(decision({ maximumConcurrency: wanted }), undefined);
    expect(control.decision?.maximumConcurrency).toBeUndefined();
  });
});

describe('instance', () => {
  let world: SinkInMemory;
  beforeEach(() => {
    world = new SinkInMemory();
  });
  const many = (count: number) => Array.from({ length: count }, (_, index) => index);
  const decided = (): Decision | undefined => world.items.decisions.get(itemKey('sink', ''));

  test('reports what it saw and makes the step of an epoch in which it was active', async () => {
    const runtime = world.runtime({ settings: { adaptive: true } });
    world.latencyMs = 20;
    for (let invocation = 0; invocation < 8; invocation++) {
      await world.ingest(runtime, [delivery(`${invocation}`, many(300))]);
      world.clock.pass(900);
    }
    expect(world.items.reports.size).toBeGreaterThan(0);
    expect(decided()?.epoch).toBeGreaterThan(0);
    expect(world.journal.some((line) => line.startsWith('step '))).toBe(true);
  });
  test('writes no step and no report over a decision of a newer version', async () => {
    const runtime = world.runtime({ settings: { adaptive: true } });
    const newer = { ...initialDecision(USUAL_OPTIONS), format: 2 } as never;
    world.latencyMs = 20;
    world.items.decisions.set(itemKey('sink', ''), newer);
    for (let invocation = 0; invocation < 8; invocation++) {
      await world.ingest(runtime, [delivery(`${invocation}`, many(300))]);
      world.clock.pass(900);
    }
    expect([decided(), world.items.reports.size]).toEqual([newer, 0]);
  });
  test('drops a decision that is half a minute old when it cannot report', async () => {
    const runtime = world.runtime({ settings: { adaptive: true } });
    world.table.decisions.report = async () => {
      // This takes longer than the read that runs at the same time.
      await new Promise((resolve) => setImmediate(resolve));
      throw new Error('throttled');
    };
    world.latencyMs = 20;
    const nowMs = world.clock.nowMs();
    world.items.decisions.set(itemKey('sink', ''), {
      ...initialDecision(USUAL_OPTIONS),
      epoch: Math.floor(nowMs / 2_000),
      asOfMs: nowMs,
      share: 0.5,
    });
    const shares: (number | undefined)[] = [];
    for (let invocation = 0; invocation < 40; invocation++) {
      await world.ingest(runtime, [delivery(`${invocation}`, [invocation])]);
      shares.push(runtime.pace.share);
      world.clock.pass(1_000);
    }
    expect([shares[5], shares.at(-1)]).toEqual([0.5, 1]);
    expect(world.warnings).toContain('Failed to store reports or decisions of the controller.');
  });
  test('reports nothing if adaptation is off', async () => {
    const runtime = world.runtime({ settings: { adaptive: false } });
    world.latencyMs = 20;
    for (let invocation = 0; invocation < 6; invocation++) {
      await world.ingest(runtime, [delivery(`${invocation}`, many(300))]);
      world.clock.pass(900);
    }
    expect([decided(), world.items.reports.size]).toEqual([undefined, 0]);
  });
  test('counts no attempt for a write that it withheld', async () => {
    const runtime = world.runtime({
      settings: { adaptive: true, retry: { attemptsMax: 1, baseMs: 1, capMs: 1 } },
    });
    world.answer = () => AWAY;
    for (let invocation = 0; invocation < 10; invocation++) {
      await world.ingest(runtime, [delivery(`${invocation}`, [invocation])]);
      world.clock.pass(700);
    }
    const attempts = [...world.items.reports.values()].reduce((sum, report) => sum + report.attempts, 0);
    expect(attempts).toBeLessThanOrEqual(world.journal.filter((line) => line.startsWith('unavailable')).length);
  });
});
