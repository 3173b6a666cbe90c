/**
 * Payloads without an entry in the index: whoever stored or deleted them has crashed between the two. They get an entry,
 * and are written (once more, as the case may be).
 */

import type { Deadline } from '../sink/deadline.ts';
import type { IndexEntry, SegmentStore } from './segment-store.ts';
import { ulidTimeMs } from './ulid.ts';

export interface PayloadPage {
  /** Their entries, as they are kept beside them. */
  readonly payloads: readonly IndexEntry[];
  /** Where the next page begins; undefined at the end. */
  readonly next: string | undefined;
}

/** The port to all payloads of a sink, in no order, a page at a time. May throw. */
export type ListPayloads = (after: string | undefined, deadline: Deadline) => Promise<PayloadPage>;

/** Younger ones may be in the hands of somebody who is still at work. */
const ORPHAN_MS = 3_600_000;

export interface Adoption {
  readonly adopted: number;
  /** Where the search goes on the next time; undefined at the end. */
  readonly next: string | undefined;
}

/** Looks through some pages of payloads. Throws what the store throws. */
export const adoptOrphans = async (
  store: SegmentStore,
  listPayloads: ListPayloads,
  from: string | undefined,
  pagesMax: number,
  nowMs: number,
  deadline: Deadline,
): Promise<Adoption> => {
  let adopted = 0;
  let next = from;
  for (let page = 0; page < pagesMax && deadline.remainingMs() > 0; page++) {
    const found = await listPayloads(next, deadline);
    for (const entry of found.payloads) {
      if (nowMs - ulidTimeMs(entry.id) < ORPHAN_MS || (await store.hasEntry(entry.shard, entry.id, deadline))) continue;
      await store.putEntry(entry, deadline);
      adopted += 1;
    }
    next = found.next;
    if (next === undefined) break;
  }
  return { adopted, next };
};
