/**
 * The port to the table that stores segments. A segment consists of two items: its payload, and a small entry in the
 * index of its shard. Drainers choose segments by their entries. A segment exists when its entry exists. The payload is
 * written first and deleted last. Every call may throw, and its effect is then unknown until the next read.
 */

import type { Deadline, Target, WaitReason } from '../sink/ports.ts';
import type { StoredSegment } from './format/stored-segment.ts';

/** Number of shards of a sink. It can never change, because old entries would not be found. */
export const SHARDS = 16;

/** Time by which a lease outlasts the work. It expires automatically if its owner crashes. */
export const LEASE_MARGIN_MS = 5_000;

/** Mode and time of the next attempt of a segment. */
export interface RetryPlan {
  readonly wait: WaitReason;
  /** Number of failures of the segment while other writes succeeded. */
  readonly failures: number;
  /** No drainer tries it before this time. */
  readonly dueMs: number;
}

/** Entry of a segment in the index of its shard. */
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

/** Segments and leases of one sink. */
export interface SegmentStore {
  /** Stores the entry with the payload, so that the payload can be found again without its index entry. */
  putPayload(entry: IndexEntry, segment: StoredSegment, deadline: Deadline): Promise<void>;
  putEntry(entry: IndexEntry, deadline: Deadline): Promise<void>;
  /** Returns all entries of a shard, oldest first. Very recent changes may not be visible yet. */
  listEntries(shard: number, deadline: Deadline): Promise<readonly IndexEntry[]>;
  /** Returns payloads by id. Payloads that do not exist are omitted. */
  readPayloads(ids: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, StoredSegment>>;
  hasEntry(shard: number, id: string, deadline: Deadline): Promise<boolean>;
  /**
   * Replaces the retry plan of an entry. Returns `false` if the entry does not exist, or was changed by another
   * instance since it was read.
   */
  reschedule(entry: IndexEntry, retry: RetryPlan, deadline: Deadline): Promise<boolean>;
  deleteEntries(entries: readonly IndexEntry[], deadline: Deadline): Promise<void>;
  deletePayloads(ids: readonly string[], deadline: Deadline): Promise<void>;
  /** Stores an unreadable payload where no drainer reads it, for an operator to inspect. */
  setAside(id: string, segment: StoredSegment, reason: string, deadline: Deadline): Promise<void>;
  /** Takes the right to drain a shard. Returns `false` if another instance holds the lease. */
  lease(shard: number, owner: string, untilMs: number, nowMs: number, deadline: Deadline): Promise<boolean>;
  /** Releases a lease, unless another owner has it by now. */
  release(shard: number, owner: string, deadline: Deadline): Promise<void>;
}
