/** Many instances on one store, with its responses in random order. Covers `src/controller/sync.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecisionStore } from '../../src/controller/decision-store.ts';
import { EPOCH_MS, epochOf } from '../../src/controller/epochs.ts';
import { InstanceController } from '../../src/controller/instance-controller.ts';
import { syncWithTable } from '../../src/controller/sync.ts';
import { OPTIONS } from './arbitraries.ts';
import { type MemoryControlStore, memoryControlStore } from './memory-decision-store.ts';

const START_MS = 1_000_000_000;
const SEEN = { answer: 'answered', latencyMs: 10, lines: 500, full: true } as const;

/** Delays each call, and its response, until the scheduler runs them. */
const shuffled = (store: MemoryControlStore, scheduler: fc.Scheduler): DecisionStore => {
  const later = async <T>(work: () => Promise<T>): Promise<T> => {
    await scheduler.schedule(Promise.resolve());
    const answer = await work();
    await scheduler.schedule(Promise.resolve());
    return answer;
  };
  return {
    read: () => later(() => store.read()),
    report: (epoch, report) => later(() => store.report(epoch, report)),
    reportsOf: (epoch) => later(() => store.reportsOf(epoch)),
    step: (expectedEpoch, next) => later(() => store.step(expectedEpoch, next)),
  };
};

const act = (control: InstanceController, nowMs: number): void => {
  control.invocationStarted(nowMs);
  for (let index = 0; index < 20; index++) {
    control.requestQueued(nowMs + index * 10);
    control.recordAttempt(SEEN, nowMs + index * 10 + 10);
    control.requestDone(nowMs + index * 10 + 10);
  }
  control.invocationEnded(nowMs + 300);
};

describe('many instances', () => {
  test('makes exactly one step for each epoch, never from a decision that is no longer the newest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 390 }), { minLength: 6, maxLength: 6 }),
        async (scheduler, count, delays) => {
          const store = memoryControlStore();
          const port = shuffled(store, scheduler);
          let reported = 0;
          const events = {
            stepped: () => {
              reported += 1;
            },
            storeFailed: (error: unknown) => {
              throw error;
            },
          };
          const controls = Array.from({ length: count }, () => new InstanceController(OPTIONS));
          for (let epoch = 0; epoch < 5; epoch++) {
            const boundaryMs = START_MS + epoch * EPOCH_MS;
            // All instances report soon after the boundary. Then all read, more than half an epoch after it.
            for (const lateMs of [100, 1_600]) {
              const runs = controls.map((control, index) => {
                const nowMs = boundaryMs + lateMs + (delays[index] as number);
                if (lateMs === 100) act(control, nowMs);
                return syncWithTable(control, port, { nowMs: () => nowMs, random: () => 0.5 }, events);
              });
              await scheduler.waitFor(Promise.all(runs));
            }
          }
          const stepped = store.steps.map(({ next }) => next.epoch);
          const first = epochOf(START_MS);
          expect(reported).toBe(stepped.length);
          expect(stepped).toEqual([first, first + 1, first + 2, first + 3]);
          for (const [index, { before }] of store.steps.entries()) expect(before).toBe(store.steps[index - 1]?.next);
          // Each instance's report is counted once.
          expect(await store.reportsOf(first)).toMatchObject({ weight: count, attempts: 20 * count });
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('one instance', () => {
  const run = async (store: DecisionStore, controls: InstanceController, nowMs: number) => {
    const failures: unknown[] = [];
    const events = { stepped: () => undefined, storeFailed: (error: unknown) => failures.push(error) };
    await syncWithTable(controls, store, { nowMs: () => nowMs, random: () => 0 }, events);
    return failures;
  };
  test('writes nothing without reports', async () => {
    const store = memoryControlStore();
    const failures = await run(store, new InstanceController(OPTIONS), START_MS);
    expect([failures, store.steps, store.epochs()]).toEqual([[], [], 0]);
  });
  test.each([
    ['report', 'write', true],
    ['read', 'read', false],
    ['reportsOf', 'write', true],
    ['step', 'write', true],
  ] as const)('names a failed call of %s a failed %s', async (broken, what, mayStep) => {
    const store = memoryControlStore();
    const control = new InstanceController(OPTIONS);
    act(control, START_MS + 100);
    await run(store, control, START_MS + EPOCH_MS + 100);
    act(control, START_MS + EPOCH_MS + 200);
    const named: string[] = [];
    const events = { stepped: () => undefined, storeFailed: (_error: unknown, name: string) => named.push(name) };
    const nowMs = START_MS + 2 * EPOCH_MS + 1_700;
    const failing = { ...store, [broken]: async () => Promise.reject(new Error(broken)) };
    await syncWithTable(control, failing, { nowMs: () => nowMs, random: () => 0 }, events);
    expect(named).toEqual([what]);
    // An instance that could not read the decision must not make a step.
    expect(control.dueStep(nowMs) !== undefined).toBe(mayStep);
  });
  test('applies its own step at once, and reads again only when a read is due', async () => {
    const store = memoryControlStore();
    let reads = 0;
    const counting: DecisionStore = {
      ...store,
      read: () => {
        reads += 1;
        return store.read();
      },
    };
    const control = new InstanceController(OPTIONS);
    act(control, START_MS + 100);
    await run(store, control, START_MS + EPOCH_MS + 100);
    const nowMs = START_MS + EPOCH_MS + 1_700;
    await run(counting, control, nowMs);
    expect([store.steps.length, control.dueStep(nowMs)]).toEqual([1, undefined]);
    await run(counting, control, nowMs + 100);
    expect(reads).toBe(1);
    // 1.5 s after the read, not after the exchange without one.
    await run(counting, control, nowMs + 1_500);
    expect(reads).toBe(2);
  });
  test('continues and warns when the store fails at any call', async () => {
    for (const broken of ['report', 'read', 'reportsOf', 'step'] as const) {
      const store = memoryControlStore();
      const control = new InstanceController(OPTIONS);
      act(control, START_MS + 100);
      const failing = { ...store, [broken]: async () => Promise.reject(new Error(broken)) };
      const failures: unknown[] = await run(failing, control, START_MS + EPOCH_MS + 100);
      failures.push(...(await run(failing, control, START_MS + EPOCH_MS + 1_700)));
      expect(failures.length, broken).toBeGreaterThan(0);
      expect(control.share(START_MS + EPOCH_MS + 1_700)).toBe(1);
    }
  });
  test('does not overwrite the decision of a newer version', async () => {
    const store = memoryControlStore();
    const control = new InstanceController(OPTIONS);
    const newer: DecisionStore = { ...store, read: async () => 'unreadable' };
    for (let epoch = 0; epoch < 4; epoch++) {
      act(control, START_MS + epoch * EPOCH_MS + 100);
      await run(newer, control, START_MS + epoch * EPOCH_MS + 1_700);
    }
    expect(store.steps).toEqual([]);
  });
});
