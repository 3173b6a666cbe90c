/**
 * Adopts orphans: payloads without an index entry. An orphan remains if an instance crashes between the two items while
 * it stores or deletes a segment. An adopted orphan has an entry again and is written, possibly a second time
 * (docs/decisions/0019).
 */

import type { Deadline } from '../sink/ports.ts';
import type { CheckpointClock } from './save.ts';
import { type IndexEntry, LEASE_MARGIN_MS, type SegmentStore } from './segment-store.ts';
import { ulidTimeMs } from './ulid.ts';

/** One page of the payloads of a sink. */
export interface PayloadPage {
  /** Entries as they are stored with their payloads. */
  readonly payloads: readonly IndexEntry[];
  /** Start of the next page; `undefined` at the end. */
  readonly next: string | undefined;
}

/** Lists all payloads of a sink, in any order, one page per call. May throw. */
export type ListPayloads = (after: string | undefined, deadline: Deadline) => Promise<PayloadPage>;

/** Minimum age of an orphan. A younger payload may belong to an instance that is still writing or deleting it. */
const ORPHAN_AGE_MIN_MS = 3_600_000;

/** Result of one search. */
export interface Adoption {
  /** Orphans that received a new entry. */
  readonly adopted: number;
  /** Page where the next search continues; `undefined` at the end. */
  readonly next: string | undefined;
}

/** The parts of the table that a search needs. */
export interface AdoptionPorts {
  readonly store: SegmentStore;
  readonly listPayloads: ListPayloads;
}

/** Start and limits of one search. */
export interface AdoptionOptions {
  /** Page where this search continues; `undefined` at the start. */
  readonly from: string | undefined;
  readonly pagesMax: number;
  /** Owner of the leases, unique per instance. */
  readonly owner: string;
}

/** Searches at most `pagesMax` pages of payloads and adopts orphans. Errors of the store are thrown. */
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
 * Creates a new entry for a payload. Returns `false` if the payload is not adopted.
 *
 * A drainer deletes the entry first and the payload a moment later. An entry that is created between the two would look
 * like damage. Adoption therefore takes the lease of the shard, and then checks that the payload still exists.
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
