/**
 * Payloads without an entry in the index: whoever stored or deleted them has crashed between the two. They get an entry,
 * and are written (once more, as the case may be).
 */

import type { Deadline } from '../sink/ports.ts';
import type { CheckpointClock } from './save.ts';
import type { IndexEntry, SegmentStore } from './segment-store.ts';
import { LEASE_MARGIN_MS } from './segment-store.ts';
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

export interface AdoptionOptions {
  readonly pagesMax: number;
  /** Of leases. */
  readonly owner: string;
}

/** Looks through some pages of payloads. Throws what the store throws. */
export const adoptOrphans = async (
  store: SegmentStore,
  listPayloads: ListPayloads,
  from: string | undefined,
  { pagesMax, owner }: AdoptionOptions,
  clock: CheckpointClock,
  deadline: Deadline,
): Promise<Adoption> => {
  const isOrphan = async ({ id, shard }: IndexEntry): Promise<boolean> =>
    clock.nowMs() - ulidTimeMs(id) >= ORPHAN_MS && !(await store.hasEntry(shard, id, deadline));
  let adopted = 0;
  let next = from;
  for (let page = 0; page < pagesMax && deadline.remainingMs() > 0; page++) {
    const found = await listPayloads(next, deadline);
    for (const entry of found.payloads)
      if ((await isOrphan(entry)) && (await adopt(entry, store, owner, clock, deadline))) adopted += 1;
    next = found.next;
    if (next === undefined) break;
  }
  return { adopted, next };
};

/**
 * A drainer deletes the entry first, and the payload a moment later: an entry that came back in between would be taken for
 * damage. So nobody may be draining the shard, and the payload must still be there then. False when it is not adopted.
 */
const adopt = async (
  entry: IndexEntry,
  store: SegmentStore,
  owner: string,
  clock: CheckpointClock,
  deadline: Deadline,
): Promise<boolean> => {
  const { id, shard } = entry;
  const nowMs = clock.nowMs();
  const untilMs = nowMs + deadline.remainingMs() + LEASE_MARGIN_MS;
  if (!(await store.lease(shard, owner, untilMs, nowMs, deadline))) return false;
  try {
    if (!(await store.readPayloads([id], deadline)).has(id)) return false;
    await store.putEntry(entry, deadline);
    return true;
  } finally {
    await store.release(shard, owner, deadline);
  }
};
