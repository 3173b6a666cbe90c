/** Segments that fail without a reason while other writes succeed. Covers `src/checkpoint/drain/write-group.ts`. */

import { describe, expect, test } from 'vitest';
import { ReferenceLines } from '../../../src/checkpoint/drain/reference-lines.ts';
import { FAILURES_MAX } from '../../../src/sink/write/isolate-unexplained.ts';
import { linesFor, target } from '../make.ts';
import { DrainWorld, eventOf, FAILED, MUCH_LATER_MS } from './drain-world.ts';

const LINES = linesFor('a', 10);
const POISON = LINES[4] as string;

const poisoned = async (failures = 0): Promise<DrainWorld> => {
  const world = new DrainWorld();
  await world.save(LINES, { failures });
  world.faultOf = (line) => (line === POISON ? FAILED : undefined);
  return world;
};

const waitingFacts = (world: DrainWorld): unknown[] =>
  world.waiting().map(({ lines, entry }) => [lines.length, entry.wait, entry.failures, entry.dueMs - world.clock.now]);

describe('segment with unexplained failures', () => {
  test('counts a failure of a segment when the reference line is written, and retries it after growing delays', async () => {
    const world = await poisoned();
    await world.know();
    const delays: number[] = [];
    for (let failures = 1; failures <= FAILURES_MAX; failures++) {
      await world.drain();
      expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([failures]);
      delays.push((world.waiting()[0]?.entry.dueMs ?? 0) - world.clock.now);
      // One millisecond too early.
      world.clock.now += (delays.at(-1) ?? 0) - 1;
      expect((await world.drain()).leased).toBe(0);
      world.clock.now += 1;
    }
    expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000]);
    expect([world.letters, world.lost()]).toEqual([[], []]);
  });
  test('retries a failing segment after at most ten minutes', async () => {
    const world = await poisoned(30);
    world.ports = { writer: { write: async ({ lines }) => (lines === 0 ? { kind: 'written' } : FAILED) } };
    await world.drain();
    expect(waitingFacts(world)).toEqual([[10, 'isolate', 31, 600_000]]);
  });
  test('counts no failure when the reference line fails too, because then the server is the cause', async () => {
    const world = await poisoned();
    await world.know();
    await world.save(linesFor('b', 5), { to: target('y') });
    const before = world.waiting();
    world.answer = () => FAILED;
    await world.drain();
    expect(world.waiting()).toEqual(before);
    expect(world.store.names()).not.toContain('reschedule');
    expect(world.requests.map(({ lines }) => lines[0])).toContain('reference v=1 1');
  });
  test('uses an empty write when there is no reference line', async () => {
    const world = await poisoned();
    await world.drain();
    expect(world.requests.map(({ lines }) => lines.length)).toEqual([10, 0]);
    expect(waitingFacts(world)).toEqual([[10, 'retry', 1, 10_000]]);
  });
  test('writes healthy segments without a failed one after they failed together', async () => {
    const world = new DrainWorld();
    await world.know();
    for (const name of ['a', 'b']) await world.save(linesFor(name, 10));
    world.faultOf = (line) => (line === POISON ? FAILED : undefined);
    await world.drain();
    expect(waitingFacts(world)).toEqual([
      [10, 'retry', 1, 10_000],
      [10, 'retry', 1, 10_000],
    ]);
    world.clock.now += 10_000;
    expect(await world.drain()).toMatchObject({ eventsWritten: 10, segmentsSettled: 1 });
    expect(waitingFacts(world)).toEqual([[10, 'retry', 2, 20_000]]);
  });
  test('counts no failure for batches that were not tried', async () => {
    const world = new DrainWorld();
    await world.know();
    world.batchLines = 10;
    world.inFlightMax = 1;
    await world.save(linesFor('a', 30));
    world.faultOf = (line) => (line === linesFor('a', 30)[12] ? FAILED : undefined);
    await world.drain();
    expect(waitingFacts(world)).toEqual([
      [10, 'retry', 1, 10_000],
      [10, 'retry', 0, world.waiting()[1]!.entry.dueMs - world.clock.now],
    ]);
    expect(world.lost()).toEqual([]);
  });
  test('writes other segments next to and after a failing one', async () => {
    const world = await poisoned(1);
    await world.know();
    for (let i = 0; i < 5; i++) await world.save(linesFor(`b${i}`, 5), { wait: 'isolate' });
    expect(await world.drain()).toMatchObject({ eventsWritten: 25, segmentsSettled: 5 });
    expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([2]);
  });
});

describe('segment after its last failure', () => {
  test('quarantines the failing line after the last failure with a reference line, and writes the others', async () => {
    const world = await poisoned(FAILURES_MAX);
    await world.know();
    expect(await world.drain()).toMatchObject({ eventsWritten: 9, eventsQuarantined: 1, segmentsSettled: 1 });
    expect(world.letters.map(({ body, attributes }) => [body, attributes.reason])).toEqual([
      [eventOf(POISON), 'server-error'],
    ]);
    expect([world.waiting(), world.lost()]).toEqual([[], []]);
  });
  test.each([FAILURES_MAX - 1])('quarantines no line after %i failures', async (failures) => {
    const world = await poisoned(failures);
    await world.know();
    await world.drain();
    expect(world.letters).toEqual([]);
    expect(world.requests.map(({ lines }) => lines.length)).toEqual([10, 1]);
  });
  test('quarantines no line without a reference line', async () => {
    const world = new DrainWorld();
    await world.save([POISON], { failures: FAILURES_MAX });
    world.faultOf = (line) => (line === POISON ? FAILED : undefined);
    for (let tries = 0; tries < 10; tries++) {
      await world.drain();
      world.clock.now = MUCH_LATER_MS * (tries + 1);
    }
    expect(world.letters).toEqual([]);
    expect(world.waiting().map(({ entry }) => entry.failures > FAILURES_MAX)).toEqual([true]);
    await world.know();
    world.clock.now += MUCH_LATER_MS;
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 1 });
  });
  test('uses a line of the same segment that was just written as the reference line', async () => {
    const world = await poisoned(FAILURES_MAX);
    expect(await world.drain()).toMatchObject({ eventsWritten: 9, eventsQuarantined: 1 });
  });
  test('quarantines no line when the reference line is not written', async () => {
    const world = new DrainWorld();
    await world.save([POISON], { failures: FAILURES_MAX });
    await world.know();
    world.faultOf = () => FAILED;
    for (let tries = 0; tries < 3; tries++) {
      await world.drain();
      world.clock.now += MUCH_LATER_MS;
    }
    expect([world.letters, world.lost()]).toEqual([[], []]);
    expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([FAILURES_MAX]);
  });
  test('uses a reference line of the table, but none that cannot be read', async () => {
    const world = new DrainWorld();
    await world.save([POISON], { failures: FAILURES_MAX });
    world.faultOf = (line) => (line === POISON ? FAILED : undefined);
    const keep = async (): Promise<void> => {};
    world.referenceLines = new ReferenceLines({ keep, read: () => Promise.reject(new Error('away')) });
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 0 });
    expect(world.warnings.join()).toContain('Failed to read a reference line.');
    world.clock.now += MUCH_LATER_MS;
    world.referenceLines = new ReferenceLines({ keep, read: async () => Buffer.from('m v=2 1\n') });
    expect(await world.drain()).toMatchObject({ eventsQuarantined: 1 });
  });
});
