/** Runs of the flush function on ports in memory. Covers `src/flush/flush.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import { SERVER } from '../../src/breaker/breaker.ts';
import { FOREVER } from '../checkpoint/make.ts';
import { itemKey, memoryStateTable } from '../contract/memory-state-table.ts';
import { AWAY, batchesOf, delivery, FAILED, lineOf, SinkInMemory, WRONG_PASSWORD } from '../runtime/sink-in-memory.ts';

const HOUR_MS = 3_600_000;

let world: SinkInMemory;

beforeEach(() => {
  world = new SinkInMemory();
});

/** Returns the backlog that all instances read. */
const published = () => world.items.waiting.get(itemKey('sink', ''));

describe('scheduled run', () => {
  test('writes the backlog of all shards and publishes an empty backlog', async () => {
    await world.wait([1, 2], { shard: 0 });
    await world.wait([3], { shard: 15 });
    world.clock.pass(1_000);
    const { drained, backlog: waiting, attempts } = await world.flush(world.runtime());
    expect(drained).toMatchObject({ eventsWritten: 3, segmentsSettled: 2, leased: 2 });
    expect([[...world.stored].sort(), world.waiting()]).toEqual([[lineOf(1), lineOf(2), lineOf(3)], []]);
    expect(waiting).toMatchObject({ lines: 0, bytes: 0, segments: 0, shards: [], oldestMs: undefined });
    expect(published()).toEqual(waiting);
    expect(attempts.map(({ outcome }) => outcome.kind)).toEqual(['written']);
  });
  test('sends no request without a backlog, and registers its run', async () => {
    const { drained, backlog: waiting } = await world.flush(world.runtime());
    expect([drained?.eventsWritten, waiting.segments, world.journal]).toEqual([0, 0, []]);
    expect([...world.items.sinks.values()]).toEqual([
      { name: 'sink', registeredAtMs: 0, flushedAtMs: world.clock.nowMs() },
    ]);
  });
  test('publishes the backlog that it could not write, so that all instances respect the capacity', async () => {
    const { bytes, savedAtMs } = await world.wait([1, 2, 3], { shard: 7 });
    world.answer = () => AWAY;
    world.clock.pass(1_000);
    const flushing = world.runtime({ settings: { checkpointBytesMax: bytes } });
    const { backlog: waiting } = await world.flush(flushing);
    expect(waiting).toMatchObject({ lines: 3, bytes, segments: 1, shards: [7], oldestMs: savedAtMs });
    expect([published(), flushing.capacity.hasCapacity()]).toEqual([waiting, false]);
    const full = world.runtime({ settings: { checkpointBytesMax: bytes }, owner: 'two' });
    expect((await world.ingest(full, [delivery('a', [4])])).report.returned).toEqual([0]);
    const roomy = world.runtime({ settings: { checkpointBytesMax: bytes + 1 }, owner: 'three' });
    expect((await world.ingest(roomy, [delivery('a', [4])])).report.returned).toEqual([]);
  });
  test('leaves segments that are not due, and counts them', async () => {
    await world.wait([1], { dueMs: world.clock.nowMs() + 5_000 });
    const { backlog: waiting } = await world.flush(world.runtime());
    expect([waiting.lines, world.journal]).toEqual([1, []]);
    world.clock.pass(5_000);
    expect((await world.flush(world.runtime({ owner: 'next' }))).backlog.lines).toBe(0);
  });
  test('writes no segment twice when two runs are concurrent', async () => {
    for (let shard = 0; shard < 16; shard++) await world.wait([shard], { shard });
    const [one, two] = [world.runtime(), world.runtime({ owner: 'two' })];
    const results = await Promise.all([world.flush(one), world.flush(two)]);
    expect(results.map(({ drained }) => drained?.eventsWritten ?? 0).reduce((sum, count) => sum + count)).toBe(16);
    expect(world.waiting()).toEqual([]);
  });
});

describe('unavailable server', () => {
  test('probes a shared breaker when it is due, and sends no other request', async () => {
    world.answer = () => AWAY;
    const runtime = world.runtime({ settings: batchesOf(1) });
    await world.ingest(runtime, [delivery('a', [1, 2, 3, 4, 5, 6])]);
    world.takeJournal();
    const flushing = world.runtime({ owner: 'flush' });
    await world.flush(flushing);
    expect(world.takeJournal()).toEqual([]);
    world.clock.pass(2_000);
    await world.flush(flushing);
    expect(world.takeJournal()).toEqual(['unavailable nothing']);
    world.answer = () => ({ kind: 'written' });
    world.clock.pass(3_000);
    const { drained } = await world.flush(flushing);
    expect(drained?.eventsWritten).toBe(6);
    expect([flushing.isOpen(SERVER), world.items.breakers.size, world.waiting()]).toEqual([false, 0, []]);
  });
  test('closes a breaker after a successful probe even without a backlog', async () => {
    world.answer = () => WRONG_PASSWORD;
    await world.ingest(world.runtime(), [delivery('a', [1])]);
    world.items.entries.clear();
    world.answer = () => ({ kind: 'written' });
    world.clock.pass(35_000);
    await world.flush(world.runtime({ owner: 'flush' }));
    expect(world.takeJournal().slice(-2)).toEqual(['written nothing', 'closed server']);
    expect(world.items.breakers.size).toBe(0);
  });
  test('tries a wrong password once when the run meets it first', async () => {
    for (let shard = 0; shard < 6; shard++) await world.wait([shard], { shard });
    world.answer = () => WRONG_PASSWORD;
    const { backlog: waiting } = await world.flush(world.runtime());
    expect(world.journal.filter((line) => line.startsWith('denied'))).toHaveLength(1);
    expect(waiting.segments).toBe(6);
  });
  test('isolates a failing line with a reference line, and quarantines it after its last attempt', async () => {
    await world.ingest(world.runtime(), [delivery('good', [50])]);
    await world.wait([1, 2, 3], { failures: 5 });
    world.answer = (lines) => (lines.includes(lineOf(2)) ? FAILED : { kind: 'written' });
    // This is another instance than the one that stored the reference line.
    const { drained } = await world.flush(world.runtime({ owner: 'flush' }));
    expect(drained).toMatchObject({ eventsWritten: 2, eventsQuarantined: 1 });
    expect(world.letters.map(({ attributes }) => attributes.reason)).toEqual(['server-error']);
    expect(world.waiting()).toEqual([]);
  });
});

describe('payloads without an entry', () => {
  const orphans = async (count: number) => {
    for (let value = 0; value < count; value++) await world.wait([value]);
    world.items.entries.clear();
  };
  test('adopts orphans when they are an hour old, and writes them in the next run', async () => {
    await orphans(1);
    world.clock.pass(HOUR_MS - 60_000);
    expect((await world.flush(world.runtime())).adopted).toBe(0);
    world.clock.pass(120_000);
    const { adopted, backlog: waiting } = await world.flush(world.runtime());
    expect([adopted, waiting.segments]).toEqual([1, 1]);
    world.clock.pass(60_000);
    await world.flush(world.runtime());
    expect([[...world.stored], world.waiting()]).toEqual([[lineOf(0)], []]);
  });
  test('searches some pages for orphans in each run until all are found', async () => {
    await orphans(40);
    world.clock.pass(2 * HOUR_MS);
    const pagesOf = async (): Promise<[adopted: number, ended: boolean]> => {
      const { adopted } = await world.flush(world.runtime(), 0);
      return [adopted, world.orphans.from === undefined];
    };
    // Without time, no page is read, and the search does not continue.
    expect(await pagesOf()).toEqual([0, true]);
    const counts: number[] = [];
    do {
      world.answer = () => AWAY;
      const { adopted } = await world.flush(world.runtime());
      counts.push(adopted);
    } while (world.orphans.from !== undefined);
    expect(counts.length).toBeGreaterThan(1);
    expect(counts.reduce((sum, count) => sum + count)).toBe(40);
  });
});

describe('undrained sinks', () => {
  const register = async (name: string, more: { readonly waits?: boolean; readonly flushed?: boolean } = {}) => {
    const table = memoryStateTable(world.items, name);
    await table.registerSink(world.clock.nowMs(), FOREVER);
    if (more.flushed === true) await table.registerFlush(world.clock.nowMs() + 500_000, FOREVER);
    if (more.waits !== true) return;
    const [[, entry] = []] = [...world.items.entries];
    if (entry !== undefined) await table.segments.putEntry({ ...entry, id: `of ${name}` }, FOREVER);
  };

  test('names sinks that have a backlog and were not flushed for ten minutes', async () => {
    await world.wait([1], { dueMs: world.clock.nowMs() + HOUR_MS });
    await register('renamed', { waits: true });
    await register('empty');
    await register('drained', { waits: true, flushed: true });
    const undrained = async (): Promise<readonly string[]> => (await world.flush(world.runtime())).undrained;
    world.clock.pass(600_000);
    expect(await undrained()).toEqual([]);
    world.clock.pass(1);
    expect(await undrained()).toEqual(['renamed']);
    world.clock.pass(HOUR_MS / 2);
    expect(await undrained()).toEqual(['renamed', 'drained']);
  });
});

describe('unreadable table', () => {
  test('fails a run without a request when it cannot list the backlog', async () => {
    await world.wait([1]);
    world.tableFault = ({ name }) => (name === 'listEntries' ? 'refused' : undefined);
    await expect(world.flush(world.runtime())).rejects.toThrow('listEntries was refused');
    expect([world.journal, published(), [...world.items.sinks]]).toEqual([[], undefined, []]);
  });
  test.each(['writeBacklog', 'registerFlush', 'listSinks', 'listPayloads'])(
    'fails a run when %s fails, so that its alarm is raised',
    async (failing) => {
      world.tableFault = ({ name }) => (name === failing ? 'refused' : undefined);
      await expect(world.flush(world.runtime())).rejects.toThrow(`${failing} was refused`);
    },
  );
  test('releases all deadlines after an error, and reads the table completely in the next run', async () => {
    await world.wait([1]);
    let calls = 0;
    world.tableFault = ({ name }) => (name === 'listEntries' && calls++ === 3 ? 'refused' : undefined);
    const runtime = world.runtime();
    await expect(world.flush(runtime)).rejects.toThrow('refused');
    expect([world.inFlight, world.clock.pending(), world.stored.size]).toEqual([0, 0, 0]);
    await world.flush(runtime);
    expect([...world.stored]).toEqual([lineOf(1)]);
  });
});

test.each([
  [60_000, 50_000],
  [10_000, 6_000],
])('a run of %i ms uses at most %i ms for writing, and the rest for the table', async (remainingMs, writing) => {
  await world.wait([1]);
  await world.flush(world.runtime(), remainingMs);
  expect(world.givenMs).toEqual([writing]);
});
