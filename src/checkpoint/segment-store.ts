/**
 * The port to the table that stores segments. A segment consists of two items: its payload, and a small entry in the index
 * of its shard, which contains what a drainer needs to choose. The segment exists when its entry exists. The payload is
 * written first and deleted last. Every call may throw; the next reader then finds out what happened.
 */

import type { Deadline, Target, WaitReason } from '../sink/ports.ts';
import type { StoredSegment } from './format/stored-segment.ts';

/** Number of shards of a sink. It can never change, because old entries would not be found. */
export const SHARDS = 16;

/** A lease lasts this much longer than the work. It expires automatically if its owner crashes. */
export const LEASE_MARGIN_MS = 5_000;

/** How and when a segment is tried next. */
export interface RetryPlan {
  readonly wait: WaitReason;
  /** How often the segment failed while other writes succeeded. */
  readonly failures: number;
  /** No drainer tries it before this time. */
  readonly dueMs: number;
}

export interface IndexEntry extends RetryPlan {
  readonly shard: number;
  /** A ULID, so that the entries of a shard are listed in the order of their creation. */
  readonly id: string;
  readonly format: number;
  readonly target: Target;
  readonly lines: number;
  /** Bytes of the stored payload. */
  readonly bytes: number;
  /** Bytes of its lines. */
  readonly lineBytes: number;
  readonly savedAtMs: number;
}

export interface SegmentStore {
  /** Stores the entry with the payload, so that the payload can be found again without its index entry. */
  putPayload(entry: IndexEntry, segment: StoredSegment, deadline: Deadline): Promise<void>;
  putEntry(entry: IndexEntry, deadline: Deadline): Promise<void>;
  /** Returns all entries of a shard, oldest first. Very recent changes may not be visible yet. */
  listEntries(shard: number, deadline: Deadline): Promise<readonly IndexEntry[]>;
  /** Returns payloads by id. Payloads that do not exist are omitted. */
  readPayloads(ids: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, StoredSegment>>;
  hasEntry(shard: number, id: string, deadline: Deadline): Promise<boolean>;
  /** Returns `false` if the entry does not exist, or was changed by another instance since it was read. */
  reschedule(entry: IndexEntry, retry: RetryPlan, deadline: Deadline): Promise<boolean>;
  deleteEntries(entries: readonly IndexEntry[], deadline: Deadline): Promise<void>;
  deletePayloads(ids: readonly string[], deadline: Deadline): Promise<void>;
  /** Stores an unreadable payload where no drainer reads it, for an operator to inspect. */
  setAside(id: string, segment: StoredSegment, reason: string, deadline: Deadline): Promise<void>;
  /** Takes the right to drain a shard. Returns `false` if another instance holds the lease. */
  lease(shard: number, owner: string, untilMs: number, nowMs: number, deadline: Deadline): Promise<boolean>;
  release(shard: number, owner: string, deadline: Deadline): Promise<void>;
}
