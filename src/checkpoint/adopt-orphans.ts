/**
 * Adopts orphans: payloads without an index entry. An instance that stores or deletes a segment and crashes between the two
 * items leaves one. It gets an entry again and is written, possibly a second time (docs/decisions/0019).
 */

import type { Deadline } from '../sink/ports.ts';
import type { CheckpointClock } from './save.ts';
import { type IndexEntry, LEASE_MARGIN_MS, type SegmentStore } from './segment-store.ts';
import { ulidTimeMs } from './ulid.ts';

export interface PayloadPage {
  /** Entries as they are stored with their payloads. */
  readonly payloads: readonly IndexEntry[];
  /** Start of the next page; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Lists all payloads of a sink, in any order, one page per call. May throw. */
export type ListPayloads = (after: string | undefined, deadline: Deadline) => Promise<PayloadPage>;

/** A younger payload may belong to an instance that is still at work. */
const ORPHAN_AGE_MIN_MS = 3_600_000;

export interface Adoption {
  readonly adopted: number;
  /** Where the next search continues; `undefined` at the end. */
  readonly next: string | undefined;
}

export interface AdoptionPorts {
  readonly store: SegmentStore;
  readonly listPayloads: ListPayloads;
}

export interface AdoptionOptions {
  /** Where this search continues; `undefined` at the start. */
  readonly from: string | undefined;
  readonly pagesMax: number;
  /** Owner of the leases, unique per instance. */
  readonly owner: string;
}

/** Searches some pages of payloads. Throws what the store throws. */
export const adoptOrphans = async (
  ports: AdoptionPorts,
  { from, pagesMax, owner }: AdoptionOptions,
  clock: CheckpointClock,
  deadline: Deadline,
): Promise<Adoption> => {
  const { store, listPayloads } = ports;
  const isOrphan = async ({ id, shard }: IndexEntry): Promise<boolean> =>
    clock.nowMs() - ulidTimeMs(id) >= ORPHAN_AGE_MIN_MS && !(await store.hasEntry(shard, id, deadline));
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
 * A drainer deletes the entry first and the payload a moment later. An entry that reappeared between the two would look
 * like damage. Adoption therefore needs the lease of the shard, and the payload must still exist then. Returns `false` if
 * the payload is not adopted.
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
