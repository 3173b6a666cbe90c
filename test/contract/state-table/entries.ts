/** Entries in the index of segments. */

import { expect, test } from 'vitest';
import { SHARDS } from '../../../src/checkpoint/segment-store.ts';
import { WAIT_REASONS } from '../../../src/sink/ports.ts';
import { eachOf, entryOf, type FreshTable, idOf, PLAIN, putEntry, putPayload, soonEnough, UNICODE } from './made-up.ts';

const setUp = async (fresh: FreshTable) => {
  const view = (await fresh())('sink');
  return { view, segments: view.segments, list: (shard = 3) => view.segments.listEntries(shard, soonEnough()) };
};

/** Declares the tests of the index. */
export const entryContract = (fresh: FreshTable): void => {
  listingContract(fresh);
  reschedulingContract(fresh);
  deletingContract(fresh);
};

const listingContract = (fresh: FreshTable): void => {
  test('an entry is listed in its shard with all its attributes', async () => {
    const { view, list } = await setUp(fresh);
    const entries = WAIT_REASONS.map((wait, number) =>
      entryOf(number, { wait, failures: number, target: number % 2 === 0 ? PLAIN : UNICODE, format: number }),
    );
    const largest = Number.MAX_SAFE_INTEGER;
    entries.push(entryOf(9, { lines: largest, bytes: largest, lineBytes: largest, dueMs: largest, savedAtMs: 0 }));
    for (const entry of entries) await putEntry(view, entry);
    expect(await list()).toStrictEqual(entries);
    expect(await list(4)).toEqual([]);
  });

  test('entries are listed by age, oldest first, in whatever order they were stored', async () => {
    const { view, list } = await setUp(fresh);
    for (const number of [5, 300, 1, 40]) await putEntry(view, entryOf(number));
    expect((await list()).map(({ id }) => id)).toEqual([1, 5, 40, 300].map(idOf));
  });

  test('entries are listed over more than one page', async () => {
    const { view, list } = await setUp(fresh);
    // A page has 1 MB. These entries have 2.5 MB.
    const target = { ...PLAIN, database: 'd'.repeat(50_000) };
    await eachOf(50, (number) => putEntry(view, entryOf(number, { target })));
    expect((await list()).map(({ id }) => id)).toEqual(Array.from({ length: 50 }, (_, number) => idOf(number)));
  });

  test('an entry without a payload is listed, and a payload without an entry is not', async () => {
    const { view, segments, list } = await setUp(fresh);
    await putPayload(view, entryOf(1));
    await putEntry(view, entryOf(2));
    expect((await list()).map(({ id }) => id)).toEqual([idOf(2)]);
    expect([...(await segments.readPayloads([idOf(1), idOf(2)], soonEnough())).keys()]).toEqual([idOf(1)]);
  });

  test('an entry is found by its shard and its id', async () => {
    const { view, segments } = await setUp(fresh);
    await putPayload(view, entryOf(2));
    await putEntry(view, entryOf(1));
    const has = (shard: number, number: number) => segments.hasEntry(shard, idOf(number), soonEnough());
    expect([await has(3, 1), await has(4, 1), await has(3, 2)]).toEqual([true, false, false]);
    await segments.deleteEntries([entryOf(1)], soonEnough());
    expect(await has(3, 1)).toBe(false);
  });
};

const reschedulingContract = (fresh: FreshTable): void => {
  test('rescheduling an entry keeps its other attributes', async () => {
    const { view, segments, list } = await setUp(fresh);
    const entry = entryOf(1, { target: UNICODE });
    await putEntry(view, entry);
    const retry = { wait: 'isolate', failures: 4, dueMs: 77 } as const;
    expect(await segments.reschedule(entry, retry, soonEnough())).toBe(true);
    expect(await list()).toStrictEqual([{ ...entry, ...retry }]);
  });

  test('an entry that was changed since it was read is not rescheduled', async () => {
    const { view, segments, list } = await setUp(fresh);
    const entry = entryOf(1, { failures: 2 });
    await putEntry(view, entry);
    const retry = { wait: 'held', failures: 9, dueMs: 99 } as const;
    for (const stale of [{ failures: 1 }, { dueMs: entry.dueMs - 1 }, { failures: 1, dueMs: 5 }, { shard: 4 }])
      expect(await segments.reschedule({ ...entry, ...stale }, retry, soonEnough())).toBe(false);
    expect(await list()).toStrictEqual([entry]);
    expect(await list(4)).toEqual([]);
  });

  test('of eight concurrent attempts to reschedule an entry, one succeeds', async () => {
    const { view, segments, list } = await setUp(fresh);
    const entry = entryOf(1);
    await putEntry(view, entry);
    const won = await Promise.all(
      Array.from({ length: 8 }, (_, number) =>
        segments.reschedule(entry, { wait: 'retry', failures: number + 1, dueMs: 1 }, soonEnough()),
      ),
    );
    expect(won.filter((one) => one)).toHaveLength(1);
    expect(await list()).toStrictEqual([{ ...entry, failures: won.indexOf(true) + 1, dueMs: 1 }]);
  });

  test('rescheduling a deleted entry fails and does not create it again', async () => {
    const { view, segments, list } = await setUp(fresh);
    await putEntry(view, entryOf(1));
    await segments.deleteEntries([entryOf(1)], soonEnough());
    expect(await segments.reschedule(entryOf(1), { wait: 'held', failures: 1, dueMs: 1 }, soonEnough())).toBe(false);
    expect(await list()).toEqual([]);
  });
};

const deletingContract = (fresh: FreshTable): void => {
  test('88 entries are deleted in one call, existing or not, and no others', async () => {
    const { view, segments, list } = await setUp(fresh);
    const entries = Array.from({ length: 90 }, (_, number) => entryOf(number, { shard: number % SHARDS }));
    await eachOf(70, (number) => putEntry(view, entries[number] ?? entryOf(number)));
    const kept = entries.filter(({ id }) => id === idOf(5) || id === idOf(60));
    await segments.deleteEntries(
      entries.filter((entry) => !kept.includes(entry)),
      soonEnough(),
    );
    await segments.deleteEntries([], soonEnough());
    const left = await Promise.all(Array.from({ length: SHARDS }, (_, shard) => list(shard)));
    expect(left.flat()).toStrictEqual(kept);
  });

  test('an entry is deleted from its own shard only', async () => {
    const { view, segments, list } = await setUp(fresh);
    await putEntry(view, entryOf(1));
    await segments.deleteEntries([entryOf(1, { shard: 4 })], soonEnough());
    expect(await list()).toHaveLength(1);
  });
};
