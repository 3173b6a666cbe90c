/** Requests of runs of the flush function by the ingest function. Covers `src/runtime/flush-request.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import { AWAY, batchesOf, delivery, SinkInMemory } from './sink-in-memory.ts';

let world: SinkInMemory;
let requests: number;

beforeEach(() => {
  world = new SinkInMemory();
  requests = 0;
  world.flushFunction = {
    invoke: async () => {
      requests += 1;
    },
  };
});

const FLUSH_FAILED = 'Failed to invoke the flush function. Its next scheduled run writes the stored lines.';

describe('a run of the flush function', () => {
  test('is requested when lines were stored because the server is unavailable', async () => {
    world.answer = () => AWAY;
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect(requests).toBe(1);
  });
  test('is not requested when all lines were written, or stored as a remainder', async () => {
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    const buffering = world.runtime({ settings: { ...batchesOf(100), flushIntervalMs: 30_000 } });
    const { report } = await world.ingest(buffering, [delivery('b', [2])]);
    expect([report.eventsCheckpointed, requests]).toEqual([1, 0]);
  });
  test('is not requested for lines that the server cannot store for minutes', async () => {
    world.answer = () => ({ kind: 'held', text: 'too many series' });
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.eventsCheckpointed, requests]).toEqual([1, 0]);
  });
  test('is not requested while an operator has paused the sink', async () => {
    const hold = { reason: 'an upgrade', sinceMs: world.clock.nowMs(), untilMs: undefined };
    await world.table.holds.hold(hold, world.clock.deadlineIn(1_000));
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.eventsCheckpointed, requests]).toEqual([1, 0]);
  });
  test('is not requested for lines that could not be stored', async () => {
    world.answer = () => AWAY;
    world.tableFault = ({ name }) => (name === 'putPayload' ? 'refused' : undefined);
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect(requests).toBe(0);
  });
  test('is requested once per minute by one instance', async () => {
    world.answer = () => AWAY;
    const runtime = world.runtime();
    for (let second = 0; second < 150; second += 10) {
      await world.ingest(runtime, [delivery('a', [second])]);
      world.clock.pass(10_000);
    }
    expect(requests).toBe(3);
  });
  test('is requested once by many instances, and not while one is under way', async () => {
    world.answer = () => AWAY;
    for (let number = 0; number < 10; number++)
      await world.ingest(world.runtime({ owner: `instance ${number}` }), [delivery('a', [number])]);
    expect(requests).toBe(1);
    await world.flushAndStay(world.runtime({ owner: 'flush' }));
    await world.ingest(world.runtime({ owner: 'new' }), [delivery('b', [1])]);
    expect(requests).toBe(1);
  });
  test('that cannot be requested is a warning, and changes nothing else', async () => {
    world.answer = () => AWAY;
    world.flushFunction = {
      invoke: async () => {
        throw new Error('AccessDenied');
      },
    };
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.eventsCheckpointed, report.returned]).toEqual([1, []]);
    expect(world.warnings).toEqual([FLUSH_FAILED]);
  });
  test('is not waited for longer than 2 s', async () => {
    world.answer = () => AWAY;
    world.flushFunction = {
      invoke: ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(new Error('aborted')));
          world.clock.pass(2_000);
        }),
    };
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([world.clock.pending(), world.warnings]).toEqual([0, [FLUSH_FAILED]]);
  });
});
