/** Sample items for the contract tests. */

import type { OpenBreaker } from '../../../src/breaker/breaker.ts';
import type { StoredSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import type { IndexEntry } from '../../../src/checkpoint/segment-store.ts';
import { ulid } from '../../../src/checkpoint/ulid.ts';
import type { StateTable } from '../../../src/runtime/state-table.ts';
import type { Deadline, Target } from '../../../src/sink/ports.ts';
import { forEachConcurrent } from '../../../src/sink/write/in-flight.ts';
import { within } from '../../adapters/nodes.ts';
import type { TableView } from '../table-view.ts';

/** The view of a sink on the table of a test, by its name. */
export type TableViews = (sink: string) => TableView;
/** A new table for each test. */
export type FreshTable = () => Promise<TableViews>;

/** The time in the tests. */
export const NOW_MS = 1_795_000_000_000;
/** A deadline that no test reaches, even on a busy machine. */
export const soonEnough = (): Deadline => within(25_000);

/** A target without a retention policy. */
export const PLAIN: Target = { database: 'db', retentionPolicy: undefined };
/** A target whose names are not ASCII. */
export const UNICODE: Target = { database: 'Größe 測定 😀', retentionPolicy: 'week "é"' };

/** Returns the same id for the same number, and a later id for a larger number. */
export const idOf = (number: number): string => ulid(NOW_MS + number, () => 0.5);

/** An entry whose values differ from those of other numbers, except the given ones. */
export const entryOf = (number: number, more: Partial<IndexEntry> = {}): IndexEntry => ({
  shard: 3,
  id: idOf(number),
  format: 2,
  target: PLAIN,
  lines: 100 + number,
  bytes: 2_000 + number,
  lineBytes: 30_000 + number,
  savedAtMs: NOW_MS - number,
  wait: 'retry',
  failures: 0,
  dueMs: NOW_MS + number,
  ...more,
});

const ALL_BYTES = Uint8Array.from(Array(256).keys());

/** The segment of an entry. Its data begins with the number of lines and contains every byte value. */
export const segmentFor = ({ format, target, lines }: IndexEntry, bytes = 300): StoredSegment => {
  const data = new Uint8Array(bytes);
  for (let at = 0; at < bytes; at += ALL_BYTES.length) data.set(ALL_BYTES.subarray(0, bytes - at), at);
  new DataView(data.buffer).setUint32(0, lines);
  return { format, target, lines, hash: data.slice(0, 32), data };
};

/** Stores the payload of an entry. */
export const putPayload = (view: StateTable, entry: IndexEntry, bytes?: number): Promise<void> =>
  view.segments.putPayload(entry, segmentFor(entry, bytes), soonEnough());

/** Stores an entry in the index. */
export const putEntry = (view: StateTable, entry: IndexEntry): Promise<void> =>
  view.segments.putEntry(entry, soonEnough());

/** Stores a complete segment: payload and entry. */
export const store = async (view: StateTable, entry: IndexEntry): Promise<void> => {
  await putPayload(view, entry);
  await putEntry(view, entry);
};

/** An open breaker with these values. */
export const breakerOf = (more: Partial<OpenBreaker> = {}): OpenBreaker => ({
  key: 'server',
  kind: 'unavailable',
  text: 'connection refused',
  target: PLAIN,
  openedBy: 'one',
  openedAtMs: NOW_MS,
  probes: 0,
  probeAtMs: NOW_MS + 1_000,
  credentialsMark: '',
  ...more,
});

/** Calls `work` for 0 to `count - 1` in no particular order, with 16 calls in flight. */
export const eachOf = (count: number, work: (number: number) => Promise<unknown>): Promise<void> =>
  forEachConcurrent(Array(count).keys(), 16, async (number) => {
    await work(number);
  });
