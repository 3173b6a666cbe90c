/** The list of all payloads of a sink. */

import { expect, test } from 'vitest';
import type { IndexEntry } from '../../../src/checkpoint/segment-store.ts';
import type { FlushTable } from '../../../src/flush/flush-table.ts';
import type { TableView } from '../table-view.ts';
import {
  breakerOf,
  eachOf,
  entryOf,
  type FreshTable,
  idOf,
  NOW_MS,
  PLAIN,
  putEntry,
  putPayload,
  segmentFor,
  soonEnough,
  store,
  UNICODE,
} from './made-up.ts';

/** Lists all pages and sorts the payloads by id. Calls `between` after each page. */
const search = async (
  view: FlushTable,
  between: (found: readonly IndexEntry[]) => Promise<void> = async () => undefined,
): Promise<{ readonly found: readonly IndexEntry[]; readonly pages: number }> => {
  const found: IndexEntry[] = [];
  let next: string | undefined;
  let pages = 0;
  do {
    const page = await view.listPayloads(next, soonEnough());
    found.push(...page.payloads);
    await between(page.payloads);
    next = page.next;
    pages += 1;
  } while (next !== undefined);
  return { found: found.sort((a, b) => (a.id < b.id ? -1 : 1)), pages };
};

/** Declares the tests of the list of payloads. */
export const payloadPagesContract = (fresh: FreshTable): void => {
  test('without payloads the first page is empty and the last', async () => {
    const views = await fresh();
    expect(await views('sink').listPayloads(undefined, soonEnough())).toEqual({ payloads: [], next: undefined });
  });

  test('each payload is listed with the copy of its entry that was stored with it', async () => {
    const view = (await fresh())('sink');
    const entries = [
      entryOf(1),
      entryOf(2, { shard: 15, target: UNICODE, wait: 'buffered', failures: 3, format: 9, dueMs: 0 }),
    ];
    for (const entry of entries) await putPayload(view, entry);
    // Later changes of the entry in the index do not change the copy.
    await putEntry(view, entryOf(1, { failures: 5 }));
    expect((await search(view)).found).toStrictEqual(entries);
  });

  test('payloads are listed over many pages, and deleting listed ones hides no others', async () => {
    const view = (await fresh())('sink');
    // A page ends after a megabyte of payloads.
    await eachOf(9, (number) => putPayload(view, entryOf(number), 350_000));
    const still = await search(view);
    expect(still.found.map(({ id }) => id)).toEqual(Array.from({ length: 9 }, (_, number) => idOf(number)));
    expect(still.pages).toBeGreaterThan(2);
    const drained = await search(view, (page) =>
      view.segments.deletePayloads(
        page.map(({ id }) => id),
        soonEnough(),
      ),
    );
    expect(drained.found.map(({ id }) => id)).toEqual(still.found.map(({ id }) => id));
    expect((await search(view)).found).toEqual([]);
  });

  test('only payloads of the sink itself are listed', async () => {
    const views = await fresh();
    const names = ['a', 'a#b', 'a b', 'a#', 'A', 'ab'];
    for (const [number, name] of names.entries()) await useAll(views(name), number);
    for (const [number, name] of names.entries())
      expect((await search(views(name))).found.map(({ id }) => id)).toEqual([idOf(number)]);
    expect((await search(views('b'))).found).toEqual([]);
  });
};

/** Stores one payload, and one item of most other kinds. */
const useAll = async (view: TableView, number: number): Promise<void> => {
  await store(view, entryOf(number));
  await view.segments.setAside(idOf(90 + number), segmentFor(entryOf(1)), 'broken', soonEnough());
  await view.segments.lease(1, 'one', NOW_MS, NOW_MS, soonEnough());
  await view.breakers.open(breakerOf());
  await view.unfinishedMarks.mark(new Map([['message', 1]]), soonEnough());
  await view.referenceLines.keep(PLAIN, Buffer.from('m v=1\n'), soonEnough());
  await view.registerSink(NOW_MS, soonEnough());
};
