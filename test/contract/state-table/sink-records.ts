/** Other records of a sink: unfinished marks, reference lines, the measured backlog, and the list of sinks. */

import { expect, test } from 'vitest';
import { SHARDS } from '../../../src/checkpoint/segment-store.ts';
import type { Target } from '../../../src/sink/ports.ts';
import {
  breakerOf,
  entryOf,
  type FreshTable,
  NOW_MS,
  PLAIN,
  putEntry,
  putPayload,
  soonEnough,
  UNICODE,
} from './made-up.ts';

/** Declares the tests of unfinished marks. */
export const unfinishedMarkContract = (fresh: FreshTable): void => {
  const setUp = async () => (await fresh())('sink').unfinishedMarks;

  test('marks are read by message id, without the messages that have none', async () => {
    const unfinishedMarks = await setUp();
    expect(await unfinishedMarks.read(['a'], soonEnough())).toEqual(new Map());
    await unfinishedMarks.mark(new Map(Object.entries({ a: 1, b: 2 })), soonEnough());
    await unfinishedMarks.mark(new Map(Object.entries({ b: 3 })), soonEnough());
    expect(await unfinishedMarks.read(['a', 'b', 'c'], soonEnough())).toEqual(new Map(Object.entries({ a: 1, b: 3 })));
    expect(await unfinishedMarks.read([], soonEnough())).toEqual(new Map());
  });

  test('230 messages are marked, read and unmarked in one call each', async () => {
    const unfinishedMarks = await setUp();
    const marks = new Map(Array.from({ length: 230 }, (_, number) => [`message ${number}`, number] as const));
    await unfinishedMarks.mark(marks, soonEnough());
    expect(await unfinishedMarks.read([...marks.keys()], soonEnough())).toEqual(marks);
    const unmarked = [...marks.keys()].slice(0, 200);
    await unfinishedMarks.unmark([...unmarked, 'a message without a mark'], soonEnough());
    await unfinishedMarks.unmark([], soonEnough());
    await unfinishedMarks.mark(new Map(), soonEnough());
    expect((await unfinishedMarks.read([...marks.keys()], soonEnough())).size).toBe(30);
  });
};

/** Declares the tests of reference lines. */
export const referenceLineContract = (fresh: FreshTable): void => {
  test('one reference line is stored per target, and a new one replaces it', async () => {
    const { referenceLines } = (await fresh())('sink');
    const policies: readonly Target[] = [PLAIN, { ...PLAIN, retentionPolicy: 'week' }, UNICODE];
    const read = async () => {
      const lines = await Promise.all(policies.map((target) => referenceLines.read(target, soonEnough())));
      return lines.map((line) => line && Buffer.from(line).toString());
    };
    expect(await read()).toEqual([undefined, undefined, undefined]);
    const keep = (target: Target, line: string) => referenceLines.keep(target, Buffer.from(line), soonEnough());
    await keep(policies[1] as Target, 'm,tag=a v=1 1\n');
    expect(await read()).toEqual([undefined, 'm,tag=a v=1 1\n', undefined]);
    await keep(PLAIN, 'm v=1 1\n');
    await keep(UNICODE, 'größe s="測定 😀" 1\n');
    await keep(PLAIN, 'm v=2 2\n');
    expect(await read()).toEqual(['m v=2 2\n', 'm,tag=a v=1 1\n', 'größe s="測定 😀" 1\n']);
  });
};

/** Declares the tests of the measured backlog. */
export const backlogContract = (fresh: FreshTable): void => {
  test('the backlog is read as it was last measured', async () => {
    const view = (await fresh())('sink');
    expect((await view.readShared()).backlog).toBeUndefined();
    const all = Array.from({ length: SHARDS }, (_, shard) => shard);
    const large = { atMs: NOW_MS, bytes: 2 ** 40, lines: 7, segments: 3, oldestMs: NOW_MS - 1, shards: all };
    const empty = { atMs: NOW_MS + 1, bytes: 0, lines: 0, segments: 0, oldestMs: undefined, shards: [] };
    for (const backlog of [large, empty, { ...large, shards: [15] }]) {
      await view.writeBacklog(backlog, soonEnough());
      const none = { decision: undefined, limit: undefined, hold: undefined };
      expect(await view.readShared()).toStrictEqual({ breakers: [], backlog, ...none });
    }
  });

  test('a sink has a backlog if any of its shards contains an entry', async () => {
    const views = await fresh();
    const reader = views('reader');
    const hasBacklog = (sink: string) => reader.hasBacklog(sink, soonEnough());
    await putPayload(views('first'), entryOf(1));
    expect([await hasBacklog('first'), await hasBacklog('unknown')]).toEqual([false, false]);
    for (const shard of [0, SHARDS - 1]) {
      const entry = entryOf(2, { shard });
      await putEntry(views('first'), entry);
      expect([await hasBacklog('first'), await hasBacklog('reader')]).toEqual([true, false]);
      await views('first').segments.deleteEntries([entry], soonEnough());
      expect(await hasBacklog('first')).toBe(false);
    }
  });
};

/** Declares the tests of the hold of an operator. */
export const holdContract = (fresh: FreshTable): void => {
  test('a hold is read as it was last stored, until it is ended', async () => {
    const view = (await fresh())('sink');
    const read = async () => (await view.readShared()).hold;
    expect(await read()).toBeUndefined();
    const endless = { reason: 'größere Wartung 測定 😀\n"\\"', sinceMs: NOW_MS, untilMs: undefined };
    for (const hold of [endless, { reason: 'a', sinceMs: NOW_MS + 1, untilMs: NOW_MS + 2 }, endless]) {
      await view.holds.hold(hold, soonEnough());
      expect(await read()).toStrictEqual(hold);
    }
    await view.holds.resume(soonEnough());
    expect(await read()).toBeUndefined();
    await view.holds.resume(soonEnough());
    expect(await read()).toBeUndefined();
  });

  test('a hold is no breaker, and leaves the other shared state as it is', async () => {
    const view = (await fresh())('sink');
    const backlog = { atMs: NOW_MS, bytes: 1, lines: 1, segments: 1, oldestMs: NOW_MS, shards: [1] };
    await view.writeBacklog(backlog, soonEnough());
    await view.breakers.open(breakerOf());
    await view.holds.hold({ reason: 'an upgrade', sinceMs: NOW_MS, untilMs: undefined }, soonEnough());
    expect(await view.readShared()).toMatchObject({ backlog, breakers: [breakerOf()] });
    await view.holds.resume(soonEnough());
    expect(await view.readShared()).toMatchObject({ backlog, breakers: [breakerOf()] });
  });
};

/** Declares the tests of the list of sinks. */
export const sinkListContract = (fresh: FreshTable): void => {
  test('every sink is listed with the times of its last registration and its last flush', async () => {
    const views = await fresh();
    const listed = async () =>
      (await views('reader').listSinks(soonEnough())).toSorted((a, b) => (a.name < b.name ? -1 : 1));
    expect(await listed()).toEqual([]);
    await views('both').registerSink(1, soonEnough());
    await views('both').registerFlush(2, soonEnough());
    await views('flushed').registerFlush(3, soonEnough());
    await views('größe 測定 😀').registerSink(4, soonEnough());
    await views('stored').registerSink(5, soonEnough());
    await views('stored').registerSink(6, soonEnough());
    const first = { name: 'both', registeredAtMs: 1, flushedAtMs: 2 };
    const rest = [
      { name: 'flushed', registeredAtMs: 0, flushedAtMs: 3 },
      { name: 'größe 測定 😀', registeredAtMs: 4, flushedAtMs: undefined },
      { name: 'stored', registeredAtMs: 6, flushedAtMs: undefined },
    ];
    expect(await listed()).toStrictEqual([first, ...rest]);
    await views('both').registerFlush(7, soonEnough());
    await views('both').registerSink(8, soonEnough());
    expect(await listed()).toStrictEqual([{ name: 'both', registeredAtMs: 8, flushedAtMs: 7 }, ...rest]);
  });
};

/** Declares the tests of the claim that a run of the flush function is under way or requested. */
export const flushClaimContract = (fresh: FreshTable): void => {
  const setUp = async () => {
    const view = (await fresh())('sink');
    return (owner: string, afterMs: number): Promise<boolean> =>
      view.claimFlush({ owner, untilMs: NOW_MS + afterMs + 60_000 }, NOW_MS + afterMs, soonEnough());
  };
  test('is stored once while it is in force, and again after its end', async () => {
    const claim = await setUp();
    expect(await claim('one', 0)).toBe(true);
    expect(await claim('two', 59_999)).toBe(false);
    expect(await claim('two', 60_000)).toBe(true);
    expect(await claim('one', 60_001)).toBe(false);
  });
  test('is stored again by its owner, because a call whose response was lost is repeated', async () => {
    const claim = await setUp();
    expect(await claim('one', 0)).toBe(true);
    expect(await claim('one', 0)).toBe(true);
  });
  test('of ten instances that claim concurrently, one succeeds', async () => {
    const claim = await setUp();
    const claimed = await Promise.all(Array.from({ length: 10 }, (_, number) => claim(`owner ${number}`, 0)));
    expect(claimed.filter((one) => one)).toHaveLength(1);
  });
  test('leaves the other shared state as it is', async () => {
    const view = (await fresh())('sink');
    const before = await view.readShared();
    await view.claimFlush({ owner: 'one', untilMs: NOW_MS + 1 }, NOW_MS, soonEnough());
    expect(await view.readShared()).toEqual(before);
  });
};
