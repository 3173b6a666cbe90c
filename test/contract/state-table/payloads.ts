/** Payloads of segments. */

import { expect, test } from 'vitest';
import type { StoredSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import type { StateTable } from '../../../src/runtime/state-table.ts';
import {
  eachOf,
  entryOf,
  type FreshTable,
  idOf,
  putPayload,
  segmentFor,
  soonEnough,
  store,
  UNICODE,
} from './made-up.ts';

/** Stores may return bytes as any type of byte array. */
const comparable = (segment: StoredSegment | undefined) => {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return segment && { ...segment, hash: hex(segment.hash), data: hex(segment.data) };
};

const readOne = async (view: StateTable, number: number) =>
  comparable((await view.segments.readPayloads([idOf(number)], soonEnough())).get(idOf(number)));

/** Declares the tests of payloads and damaged segments. */
export const payloadContract = (fresh: FreshTable): void => {
  const setUp = async () => (await fresh())('sink');

  test('a payload is read byte for byte as it was stored', async () => {
    const view = await setUp();
    const plain = entryOf(1);
    const other = entryOf(2, { format: 7, target: UNICODE, lines: 123_456 });
    await putPayload(view, plain, 256);
    await putPayload(view, other, 70_000);
    expect(await readOne(view, 1)).toStrictEqual(comparable(segmentFor(plain, 256)));
    expect(await readOne(view, 2)).toStrictEqual(comparable(segmentFor(other, 70_000)));
  });

  test('storing a payload again replaces it', async () => {
    const view = await setUp();
    await putPayload(view, entryOf(1, { target: UNICODE }), 70);
    await putPayload(view, entryOf(1), 60);
    expect(await readOne(view, 1)).toStrictEqual(comparable(segmentFor(entryOf(1), 60)));
  });

  test('110 payloads, large ones included, are read in one call, without those that do not exist', async () => {
    const view = await setUp();
    // More keys than one request may have, and more bytes than one response may have (16 MiB).
    const bytes = (number: number): number => (number % 2 === 0 ? 350 * 1_024 : 10);
    await eachOf(110, (number) => putPayload(view, entryOf(number), bytes(number)));
    const ids = Array.from({ length: 230 }, (_, number) => idOf(number));
    const read = await view.segments.readPayloads(ids, soonEnough());
    expect([...read.keys()].sort()).toEqual(ids.slice(0, 110));
    const isRead = (id: string, number: number): boolean => {
      const { data } = read.get(id) ?? {};
      return data !== undefined && Buffer.compare(data, segmentFor(entryOf(number), bytes(number)).data) === 0;
    };
    expect(ids.slice(0, 110).filter((id, number) => !isRead(id, number))).toEqual([]);
  });

  test('reading no ids returns no payloads', async () => {
    const view = await setUp();
    await putPayload(view, entryOf(1));
    expect((await view.segments.readPayloads([], soonEnough())).size).toBe(0);
  });

  test('88 payloads are deleted in one call, existing or not, and no others', async () => {
    const view = await setUp();
    await eachOf(70, (number) => putPayload(view, entryOf(number)));
    const ids = Array.from({ length: 90 }, (_, number) => idOf(number));
    const kept = [idOf(5), idOf(60)];
    await view.segments.deletePayloads(
      ids.filter((id) => !kept.includes(id)),
      soonEnough(),
    );
    await view.segments.deletePayloads([], soonEnough());
    expect([...(await view.segments.readPayloads(ids, soonEnough())).keys()].sort()).toEqual(kept);
  });

  test('setting a segment aside changes neither payload nor entry, and it is in no list', async () => {
    const view = await setUp();
    const entry = entryOf(1);
    await store(view, entry);
    const broken = segmentFor(entryOf(9), 350 * 1_024);
    for (let time = 0; time < 2; time++)
      await view.segments.setAside(idOf(1), broken, 'it cannot be unpacked: «é»', soonEnough());
    await view.segments.setAside(idOf(2), broken, 'it has lost its entry', soonEnough());
    expect(await view.segments.listEntries(entry.shard, soonEnough())).toStrictEqual([entry]);
    expect(await readOne(view, 1)).toStrictEqual(comparable(segmentFor(entry)));
    expect(await readOne(view, 2)).toBeUndefined();
    expect((await view.listPayloads(undefined, soonEnough())).payloads.map(({ id }) => id)).toEqual([idOf(1)]);
  });
};
