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

describe('a segment that fails, and nothing is said of why', () => {
  test('counts a failure when the witness is written, and is tried later and later', async () => {
    const world = await poisoned();
    await world.know();
    const delays: number[] = [];
    for (let failures = 1; failures <= FAILURES_MAX; failures++) {
      await world.drain();
      expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([failures]);
      delays.push((world.waiting()[0]?.entry.dueMs ?? 0) - world.clock.now);
      // A moment too early.
      world.clock.now += (delays.at(-1) ?? 0) - 1;
      expect((await world.drain()).leased).toBe(0);
      world.clock.now += 1;
    }
    expect(delays).toEqual([10_000, 20_000, 40_000, 80_000, 160_000]);
    expect([world.letters, world.lost()]).toEqual([[], []]);
  });
  test('is not tried later than in ten minutes', async () => {
    const world = await poisoned(30);
    world.ports = { writer: { write: async ({ lines }) => (lines === 0 ? { kind: 'written' } : FAILED) } };
    await world.drain();
    expect(waitingFacts(world)).toEqual([[10, 'isolate', 31, 600_000]]);
  });
  test('counts none when the witness fails, too: that is the server', async () => {
    const world = await poisoned();
    await world.know();
    await world.save(linesFor('b', 5), { to: target('y') });
    const before = world.waiting();
    world.answer = () => FAILED;
    await world.drain();
    expect(world.waiting()).toEqual(before);
    expect(world.store.names()).not.toContain('reschedule');
    expect(world.requests.map(({ lines }) => lines[0])).toContain('witness v=1 1');
  });
  test('without a witness an empty write must do', async () => {
    const world = await poisoned();
    await world.drain();
    expect(world.requests.map(({ lines }) => lines.length)).toEqual([10, 0]);
    expect(waitingFacts(world)).toEqual([[10, 'retry', 1, 10_000]]);
  });
  test('and holds others that are well: they are not written with it again', async () => {
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
  test('of several batches: those that were not tried are not suspected', async () => {
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
  test('does not keep others from being written, beside it and after it', async () => {
    const world = await poisoned(1);
    await world.know();
    for (let i = 0; i < 5; i++) await world.save(linesFor(`b${i}`, 5), { wait: 'isolate' });
    expect(await world.drain()).toMatchObject({ eventsWritten: 25, segmentsSettled: 5 });
    expect(world.waiting().map(({ entry }) => entry.failures)).toEqual([2]);
  });
});

describe('after its last failure', () => {
  test('the guilty line is quarantined beside a witness, and the others are written', async () => {
    const world = await poisoned(FAILURES_MAX);
    await world.know();
    expect(await world.drain()).toMatchObject({ eventsWritten: 9, eventsQuarantined: 1, segmentsSettled: 1 });
    expect(world.letters.map(({ body, attributes }) => [body, attributes.reason])).toEqual([
      [eventOf(POISON), 'server-error'],
    ]);
    expect([world.waiting(), world.lost()]).toEqual([[], []]);
  });
  test.each([FAILURES_MAX - 1])('but not before it (%i)', async (failures) => {
    const world = await poisoned(failures);
    await world.know();
    await world.drain();
    expect(world.letters).toEqual([]);
    expect(world.requests.map(({ lines }) => lines.length)).toEqual([10, 1]);
  });
  test('nobody is quarantined without a witness', async () => {
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
  test('a line that was written out of it is witness enough', async () => {
    const world = await poisoned(FAILURES_MAX);
    expect(await world.drain()).toMatchObject({ eventsWritten: 9, eventsQuarantined: 1 });
  });
  test('nobody is quarantined when the witness is not written', async () => {
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
  test('a witness of the table will do, and one that cannot be read is none', async () => {
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
