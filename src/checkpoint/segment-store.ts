/**
 * The port to the table that segments wait in. A segment is two items: its payload, and a small entry in the index of its
 * shard, which says all that a drainer must know to choose. It is there when its entry is; the payload is written first
 * and deleted last. Every call may throw; what is unknown then is found out by whoever looks next.
 */

import type { Deadline, Target, WaitReason } from '../sink/ports.ts';
import type { StoredSegment } from './format/stored-segment.ts';

/** Segments of a sink lie in so many shards; it can never change, because old entries would not be found. */
export const SHARDS = 16;

/** How and when a segment is tried next. */
export interface RetryPlan {
  readonly wait: WaitReason;
  /** How often it has failed while others were written. */
  readonly failures: number;
  /** Before this nobody tries it. */
  readonly dueMs: number;
}

export interface IndexEntry extends RetryPlan {
  readonly shard: number;
  /** A ULID: entries of a shard are listed in the order in which they were made. */
  readonly id: string;
  readonly format: number;
  readonly target: Target;
  readonly lines: number;
  /** Of the payload as it is stored. */
  readonly bytes: number;
  /** Of its lines. */
  readonly lineBytes: number;
  readonly savedAtMs: number;
}

export interface SegmentStore {
  /** `entry` is kept with the payload, so that it can be found again without its index. */
  putPayload(entry: IndexEntry, segment: StoredSegment, deadline: Deadline): Promise<void>;
  putEntry(entry: IndexEntry, deadline: Deadline): Promise<void>;
  /** All entries of a shard, oldest first; what was stored or deleted a moment ago may be missing or still be there. */
  listEntries(shard: number, deadline: Deadline): Promise<readonly IndexEntry[]>;
  /** By id; those that are not there are left out. */
  readPayloads(ids: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, StoredSegment>>;
  hasEntry(shard: number, id: string, deadline: Deadline): Promise<boolean>;
  /** Changes when it is tried next; false when it is gone, or was changed by another since it was read. */
  reschedule(entry: IndexEntry, retry: RetryPlan, deadline: Deadline): Promise<boolean>;
  deleteEntries(entries: readonly IndexEntry[], deadline: Deadline): Promise<void>;
  deletePayloads(ids: readonly string[], deadline: Deadline): Promise<void>;
  /** Puts a payload aside that cannot be read, for a person to look at. */
  setAside(id: string, segment: StoredSegment, reason: string, deadline: Deadline): Promise<void>;
  /** False when another has it. */
  lease(shard: number, owner: string, untilMs: number, nowMs: number, deadline: Deadline): Promise<boolean>;
  release(shard: number, owner: string, deadline: Deadline): Promise<void>;
}
/** A lease outlasts the work by so much, and ends by itself when its owner has crashed. */
export const LEASE_MARGIN_MS = 5_000;
