/** Invocations of the ingest function on ports in memory. Covers `src/ingest/ingest.ts`. */

import { beforeEach, describe, expect, test } from 'vitest';
import { SERVER } from '../../src/breaker/breaker.ts';
import {
  AWAY,
  batchesOf,
  delivery,
  deliveryOf,
  FAILED,
  figures,
  lineOf,
  REFUSED,
  SinkInMemory,
  WRONG_PASSWORD,
} from '../runtime/sink-in-memory.ts';

let world: SinkInMemory;

beforeEach(() => {
  world = new SinkInMemory();
});

describe('invocation', () => {
  test('writes its messages and leaves their deletion to the response', async () => {
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1, 2]), delivery('b', [3])]);
    expect([report.returned, figures(report)]).toEqual([[], [3, 3, 0, 0, 0, 0]]);
    expect(world.journal).toEqual(['written 1 2 3']);
  });
  test('sends no request for an invocation without messages', async () => {
    const { report } = await world.ingest(world.runtime(), []);
    expect([report.returned, world.journal]).toEqual([[], []]);
  });
  test('schedules each returned message by its receive count', async () => {
    world.answer = () => AWAY;
    const { report } = await world.ingest(world.runtime({ table: false }), [
      delivery('a', [1], { receiveCount: 1 }),
      delivery('b', [2], { receiveCount: 3 }),
    ]);
    expect([report.returned, figures(report)]).toEqual([
      [0, 1],
      [2, 0, 0, 0, 2, 0],
    ]);
    expect(world.journal).toEqual(['unavailable 1 2', 'return a', 'return b']);
    expect(world.postponed.get('a')).toBe(2);
    expect(world.postponed.get('b')).toBeOneOf([6, 7, 8]);
  });
  test('stores unwritten lines in the table, and settles their messages', async () => {
    world.answer = () => AWAY;
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1]), delivery('b', [2])]);
    expect([report.returned, figures(report)]).toEqual([[], [2, 0, 0, 2, 0, 0]]);
    expect(world.waiting()).toEqual([lineOf(1), lineOf(2)]);
  });
  test('quarantines refused lines and writes their neighbors', async () => {
    world.answer = (lines) => (lines.includes(lineOf(2)) ? REFUSED : { kind: 'written' });
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1, 2, 3]), deliveryOf('b', '{')]);
    expect([report.returned, figures(report)]).toEqual([[], [4, 2, 2, 0, 0, 0]]);
    expect(world.letters.map(({ attributes }) => attributes.reason).sort()).toEqual(['line-refused', 'undecodable']);
  });
  test('returns messages that it can neither write nor store', async () => {
    world.answer = () => AWAY;
    world.tableFault = ({ name }) => (name === 'putEntry' ? 'refused' : undefined);
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.returned, figures(report)]).toEqual([[0], [1, 0, 0, 0, 1, 0]]);
    expect(world.warnings).toEqual(['Failed to store lines in the state table.']);
  });
  test('registers its sink before it stores the first segment, because otherwise no flush function would find it', async () => {
    world.answer = () => AWAY;
    world.tableFault = ({ name }) => (name === 'registerSink' ? 'refused' : undefined);
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.returned, world.waiting()]).toEqual([[0], []]);
    world.tableFault = () => undefined;
    await world.ingest(world.runtime({ owner: 'two' }), [delivery('a', [1])]);
    expect([world.waiting(), [...world.items.sinks.keys()]]).toEqual([[lineOf(1)], ['sink']]);
  });
  test('continues to write while the table is unavailable', async () => {
    world.tableFault = () => 'refused';
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1], { receiveCount: 9 })]);
    expect([report.returned, figures(report)]).toEqual([[], [1, 1, 0, 0, 0, 0]]);
  });
  test('stores a good line as a reference line for the isolation of other lines', async () => {
    await world.ingest(world.runtime(), [delivery('a', [7, 8])]);
    expect([...world.items.referenceLines.values()].map((line) => Buffer.from(line).toString())).toEqual([
      `${lineOf(7)}\n`,
    ]);
  });
});

describe('buffered remainders', () => {
  const buffering = { settings: { flushIntervalMs: 60_000 } };
  test('stores remainders that may wait for others instead of writing them', async () => {
    const { report } = await world.ingest(world.runtime(buffering), [delivery('a', [1])]);
    expect([figures(report), world.journal]).toEqual([[1, 0, 0, 1, 0, 0], []]);
    expect([...world.items.entries.values()].map(({ wait, dueMs }) => [wait, dueMs - world.clock.nowMs()])).toEqual([
      ['buffered', 60_000],
    ]);
  });
  test('writes the remainders of a FIFO queue, because buffering would lose their order', async () => {
    world.fifo = true;
    await world.ingest(world.runtime(buffering), [delivery('a', [1], { groupId: 'g' })]);
    expect([world.journal, world.waiting()]).toEqual([['written 1'], []]);
  });
  test('warns once that a FIFO queue cannot buffer remainders', async () => {
    world.fifo = true;
    const runtime = world.runtime(buffering);
    for (const value of [1, 2]) await world.ingest(runtime, [delivery('a', [value], { groupId: 'g' })]);
    expect(world.warnings).toEqual([expect.stringContaining('SINK_FLUSH_INTERVAL_MS has no effect on a FIFO queue')]);
  });
  test.each<[string, boolean, number]>([
    ['a FIFO queue without a flush interval', true, 0],
    ['a standard queue', false, 60_000],
  ])('logs no warning about buffering for %s', async (_, fifo, flushIntervalMs) => {
    world.fifo = fifo;
    await world.ingest(world.runtime({ settings: { flushIntervalMs } }), [delivery('a', [1], { groupId: 'g' })]);
    expect(world.warnings).toEqual([]);
  });
});

describe('FIFO queue', () => {
  beforeEach(() => {
    world.fifo = true;
  });
  test('returns the rest of a FIFO group after a failure, with one delay for all, and stores nothing of it', async () => {
    world.answer = (lines) => (lines.includes(lineOf(2)) ? AWAY : { kind: 'written' });
    const { report } = await world.ingest(world.runtime(), [
      delivery('a1', [1], { groupId: 'a', receiveCount: 1 }),
      delivery('a2', [2], { groupId: 'a', receiveCount: 3 }),
      delivery('b1', [3], { groupId: 'b' }),
      delivery('a3', [4], { groupId: 'a', receiveCount: 1 }),
    ]);
    expect([report.returned, world.waiting()]).toEqual([[1, 3], []]);
    expect([...world.postponed.keys()]).toEqual(['a2', 'a3']);
    expect(world.postponed.get('a2')).toBeGreaterThan(5);
    expect(world.postponed.get('a3')).toBe(world.postponed.get('a2'));
    expect(world.journal).not.toContain('written 4');
  });
});

describe('outage', () => {
  const outage = async () => {
    world.answer = () => AWAY;
    const runtime = world.runtime({ settings: batchesOf(1) });
    const { report } = await world.ingest(runtime, [delivery('a', [1, 2, 3, 4, 5, 6, 7, 8])]);
    return { runtime, report };
  };
  test('opens the breaker in an outage, and stores later events without a request', async () => {
    const { runtime, report } = await outage();
    expect([report.returned, figures(report)]).toEqual([[], [8, 0, 0, 8, 0, 0]]);
    expect(runtime.isOpen(SERVER)).toBe(true);
    expect(world.takeJournal().filter((line) => line.startsWith('unavailable'))).toHaveLength(5);
    const { report: later } = await world.ingest(runtime, [delivery('b', [9])]);
    expect([figures(later), world.takeJournal()]).toEqual([[1, 0, 0, 1, 0, 0], []]);
    expect(Object.keys(later.unwritten)).toEqual(['withheld']);
  });
  test('writes the backlog in spare time after a successful probe', async () => {
    const { runtime } = await outage();
    world.takeJournal();
    world.answer = () => ({ kind: 'written' });
    world.clock.pass(2_000);
    const { attempts, drained } = await world.ingest(runtime, [delivery('b', [9])]);
    expect(world.journal.slice(0, 3)).toEqual(['written nothing', 'written 9', 'closed server']);
    expect(drained?.eventsWritten).toBe(8);
    expect(world.stored.size).toBe(9);
    expect(world.waiting()).toEqual([]);
    // The probe is one of the attempts.
    expect(attempts.length).toBe(world.journal.filter((line) => line.startsWith('written')).length);
  });
  test('closes the breaker from an invocation without messages', async () => {
    const { runtime } = await outage();
    world.answer = () => ({ kind: 'written' });
    world.clock.pass(2_000);
    await world.ingest(runtime, []);
    expect(runtime.isOpen(SERVER)).toBe(false);
    expect(world.items.breakers.size).toBe(0);
  });
  test('sends one request with a wrong password, and none from later invocations', async () => {
    world.answer = () => WRONG_PASSWORD;
    for (const owner of ['one', 'two', 'three'])
      await world.ingest(world.runtime({ owner, settings: batchesOf(1) }), [delivery('a', [1, 2, 3])]);
    expect(world.journal).toEqual(['denied 1', 'opened server']);
    expect(world.waiting()).toHaveLength(9);
  });
});

test('keeps the outcome of a request when a read of the table that began earlier ends later', async () => {
  const { readShared } = world.table;
  let go = (): void => undefined;
  const gate = new Promise<void>((resolve) => {
    go = resolve;
  });
  world.table.readShared = async () => {
    const view = await readShared();
    await gate;
    return view;
  };
  const runtime = world.runtime();
  const reading = runtime.syncIfDue();
  world.answer = () => WRONG_PASSWORD;
  await world.ingest(runtime, [delivery('a', [1])]);
  go();
  await reading;
  expect(runtime.isOpen(SERVER)).toBe(true);
});

describe('draining the backlog in spare time', () => {
  /** Stores a segment in each of the given number of shards, and returns an instance that has not read the backlog yet. */
  const waiting = async (shards: number) => {
    for (let shard = 0; shard < shards; shard++) await world.wait([100 + shard], { shard });
    const runtime = world.runtime();
    // Measures the backlog, and has no time to write any of it.
    await world.flush(world.runtime({ owner: 'flush' }), 0);
    world.takeJournal();
    world.clock.pass(2_000);
    return runtime;
  };
  test('drains at most four shards per invocation until the backlog is empty', async () => {
    const runtime = await waiting(6);
    const counts: number[] = [];
    for (let i = 0; ; i++) {
      const { drained } = await world.ingest(runtime, [delivery('a', [i])]);
      if (drained === undefined) break;
      counts.push(drained.eventsWritten);
    }
    expect(Math.max(...counts)).toBe(4);
    expect(counts.reduce((sum, count) => sum + count)).toBe(6);
    expect(world.waiting()).toEqual([]);
  });
  test.each<[string, () => void, number]>([
    [
      'after a failed write of the invocation',
      () => {
        world.answer = (lines) => (lines.includes(lineOf(1)) ? FAILED : { kind: 'written' });
      },
      60_000,
    ],
    [
      'on a FIFO queue',
      () => {
        world.fifo = true;
      },
      60_000,
    ],
    ['without spare time', () => undefined, 5_000],
  ])('does not drain the backlog %s', async (_, prepare, remainingMs) => {
    const runtime = await waiting(1);
    prepare();
    const { drained } = await world.ingest(runtime, [delivery('a', [1])], remainingMs);
    expect([drained, world.stored.has(lineOf(100))]).toEqual([undefined, false]);
  });
  test('drains the backlog for at most five seconds', async () => {
    const runtime = await waiting(4);
    world.latencyMs = 2_000;
    world.givenMs.length = 0;
    await world.ingest(runtime, [delivery('a', [1])], 300_000);
    expect(world.givenMs[0]).toBe(295_000);
    expect(world.givenMs.slice(1).every((ms) => ms <= 5_000)).toBe(true);
    expect(world.givenMs.length).toBeGreaterThan(1);
  });
});

describe('remaining time', () => {
  test.each([
    [60_000, 55_000],
    [1_000, 700],
    [0, 0],
  ])('an invocation of %i ms uses at most %i ms for writing', async (remainingMs, writing) => {
    await world.ingest(world.runtime(), [delivery('a', [1])], remainingMs);
    expect(world.givenMs).toEqual(remainingMs === 0 ? [] : [writing]);
  });
  test('keeps enough time to store lines and to respond when the server uses up the time for writing', async () => {
    world.answer = () => AWAY;
    world.latencyMs = 120_000;
    const { report } = await world.ingest(world.runtime(), [delivery('a', [1])]);
    expect([report.returned, figures(report)]).toEqual([[], [1, 0, 0, 1, 0, 0]]);
  });
});

describe('work after the response', () => {
  test.each<[string, () => void, boolean]>([
    ['after success', () => undefined, false],
    [
      'while the server is unavailable',
      () => {
        world.answer = () => AWAY;
      },
      false,
    ],
    [
      'while the table is unavailable',
      () => {
        world.tableFault = () => 'refused';
      },
      false,
    ],
    ['after a message that throws', () => undefined, true],
  ])('leaves no work running after an invocation %s', async (_, prepare, fatal) => {
    prepare();
    const runtime = world.runtime({ settings: batchesOf(1) });
    const all = Array.from({ length: 20 }, (_one, value) => delivery(`${value}`, [value], { receiveCount: 5 }));
    await Promise.allSettled([world.ingest(runtime, [...all, delivery('last', [99], { fatal })])]);
    expect([world.inFlight, world.clock.pending()]).toEqual([0, 0]);
  });
});
