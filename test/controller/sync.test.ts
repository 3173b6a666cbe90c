/** Many instances, one store, and every order in which its answers may come. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DecisionStore } from '../../src/controller/decision-store.ts';
import { EPOCH_MS, epochOf } from '../../src/controller/epochs.ts';
import { InstanceController } from '../../src/controller/instance-controller.ts';
import { syncWithTable } from '../../src/controller/sync.ts';
import { OPTIONS } from './arbitraries.ts';
import { type MemoryControlStore, memoryControlStore } from './memory-decision-store.ts';

const START_MS = 1_000_000_000;
const SEEN = { answer: 'answered', latencyMs: 10, lines: 500, bytes: 60_000, full: true } as const;

/** Calls act when they are scheduled, and are answered when they are scheduled once more. */
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
  test('make exactly one step for each epoch, never from a decision that is no longer the newest', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.scheduler(),
        fc.integer({ min: 2, max: 6 }),
        fc.array(fc.integer({ min: 0, max: 390 }), { minLength: 6, maxLength: 6 }),
        async (scheduler, count, delays) => {
          const store = memoryControlStore();
          const port = shuffled(store, scheduler);
          let told = 0;
          const events = {
            stepped: () => {
              told += 1;
            },
            storeFailed: (error: unknown) => {
              throw error;
            },
          };
          const controls = Array.from({ length: count }, () => new InstanceController(OPTIONS));
          for (let epoch = 0; epoch < 5; epoch++) {
            const boundaryMs = START_MS + epoch * EPOCH_MS;
            // All report soon after the boundary; then all look, more than half an epoch past it.
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
          expect(told).toBe(stepped.length);
          expect(stepped).toEqual([first, first + 1, first + 2, first + 3]);
          for (const [index, { before }] of store.steps.entries()) expect(before).toBe(store.steps[index - 1]?.next);
          // Everybody was heard, and counted once.
          expect(await store.reportsOf(first)).toMatchObject({ reports: count, attempts: 20 * count });
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
  test('writes nothing when nobody was heard', async () => {
    const store = memoryControlStore();
    const failures = await run(store, new InstanceController(OPTIONS), START_MS);
    expect([failures, store.steps, store.epochs()]).toEqual([[], [], 0]);
  });
  test('goes on when the store fails at any call, and tells it', async () => {
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
  test('does not write over the decision of a newer version', async () => {
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
