/** Saves lines as segments: first the payload, then the index entry. The lines are safe only after both. */

import { halves } from '../sink/lines/batch.ts';
import { type Message, placeInFirst } from '../sink/message.ts';
import {
  type Checkpoint,
  type Deadline,
  type OwnedBatch,
  type Target,
  targetKey,
  type WaitReason,
} from '../sink/ports.ts';
import { stableHash } from '../sink/time/stable-hash.ts';
import { allOrFirstError } from '../sink/write/in-flight.ts';
import type { CheckpointCapacity } from './capacity.ts';
import type { Segment, Trace } from './format/segment.ts';
import { type StoredSegment, writeSegment } from './format/stored-segment.ts';
import { type IndexEntry, type RetryPlan, type SegmentStore, SHARDS } from './segment-store.ts';
import { ulid } from './ulid.ts';

/** The part of the clock that saving needs. */
export interface CheckpointClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Limit of a packed segment, in bytes. An item of DynamoDB has at most 400 KB, including its names and keys. */
export const SEGMENT_BYTES_MAX = 350 * 1024;

/** Settings of a saver, and the receiver of its failures. */
export interface SavingOptions {
  /** How long small remainders stay in the table so that others can join them (`SINK_FLUSH_INTERVAL_MS`). */
  readonly flushIntervalMs: number;
  /** A call to the store failed. */
  onFailure(error: unknown): void;
}

/** Delay of held lines. A server without capacity for new series does not gain it within seconds. */
export const HELD_MS = 300_000;

const firstDueMs = (reason: WaitReason, nowMs: number, { flushIntervalMs }: SavingOptions): number => {
  if (reason === 'buffered') return nowMs + flushIntervalMs;
  return reason === 'held' ? nowMs + HELD_MS : nowMs;
};

/** The first retry plan of a segment. */
export interface SavedPlan extends RetryPlan {
  /** When its lines were first stored. */
  readonly savedAtMs: number;
}

/** Saves segments: the unwritten lines of an invocation, and the lines of a drained segment that are not settled. */
export class SegmentSaver {
  readonly #store: SegmentStore;
  readonly #capacity: CheckpointCapacity;
  readonly #clock: CheckpointClock;
  readonly #options: SavingOptions;

  constructor(store: SegmentStore, capacity: CheckpointCapacity, clock: CheckpointClock, options: SavingOptions) {
    this.#store = store;
    this.#capacity = capacity;
    this.#clock = clock;
    this.#options = options;
  }

  /** Saves unwritten lines of an invocation. */
  saveNew(segment: Segment, reason: WaitReason, deadline: Deadline): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    const dueMs = firstDueMs(reason, nowMs, this.#options);
    return this.save(segment, { wait: reason, failures: 0, dueMs, savedAtMs: nowMs }, deadline);
  }

  /**
   * Saves a segment with a retry plan. Returns `true` when all lines are stored. After `false`, some lines may still be
   * stored. They are then written twice, which changes nothing. Never throws.
   */
  async save(segment: Segment, plan: SavedPlan, deadline: Deadline): Promise<boolean> {
    try {
      await allOrFirstError(this.#pieces(segment).map((piece) => this.#put(piece, plan, deadline)));
      return true;
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  /** Divides the segment until each piece fits into an item. */
  #pieces(segment: Segment): readonly Piece[] {
    const stored = writeSegment(segment);
    const { lines, traces } = segment;
    if (stored.data.length <= SEGMENT_BYTES_MAX || lines.lines === 1) return [{ stored, lineBytes: lines.body.length }];
    return halves(lines).flatMap((half) => this.#pieces(ownersOnly({ lines: half, traces })));
  }

  async #put({ stored, lineBytes }: Piece, plan: SavedPlan, deadline: Deadline): Promise<void> {
    const entry: IndexEntry = {
      ...plan,
      shard: this.#shardFor(stored.target, plan.wait),
      id: ulid(this.#clock.nowMs(), () => this.#clock.random()),
      format: stored.format,
      target: stored.target,
      lines: stored.lines,
      bytes: stored.data.length,
      lineBytes,
    };
    this.#capacity.recordSaved(entry.shard, entry.bytes);
    await this.#store.putPayload(entry, stored, deadline);
    await this.#store.putEntry(entry, deadline);
  }

  /**
   * Returns the shard of a new segment. Remainders of one target share a shard, because a drainer joins the segments of
   * a shard.
   */
  #shardFor(target: Target, reason: WaitReason): number {
    return reason === 'buffered' ? stableHash(targetKey(target)) % SHARDS : Math.floor(this.#clock.random() * SHARDS);
  }
}

interface Piece {
  readonly stored: StoredSegment;
  readonly lineBytes: number;
}

/** Returns the segment without traces that own no line. The other traces are numbered again. */
export const ownersOnly = ({ lines, traces }: Segment): Segment => {
  const places = new Map<number, number>();
  const kept: Trace[] = [];
  const messageOf = lines.messageOf.map((index) => {
    const known = places.get(index);
    if (known !== undefined) return known;
    places.set(index, kept.length);
    return kept.push(traces[index] as Trace) - 1;
  });
  return { lines: { ...lines, messageOf }, traces: kept };
};

/** Creates the checkpoint of the data plane, which saves lines with their messages as segments. */
export const createCheckpoint = (saver: SegmentSaver, capacity: CheckpointCapacity): Checkpoint => ({
  async save(lines, reason, messages, deadline) {
    // At the limit, messages are returned. The queue has unlimited capacity and keeps them for 14 days.
    return capacity.hasCapacity() && saver.saveNew(segmentOf(lines, messages), reason, deadline);
  },
});

const segmentOf = (lines: OwnedBatch, messages: readonly Message[]): Segment => {
  const traces = messages.map(
    ({ id, sentAtMs, firstReceivedAtMs, origin }): Trace => ({
      messageId: origin?.messageId ?? id,
      sentAtMs: origin?.sentAtMs ?? sentAtMs,
      firstSeenMs: origin?.firstReceivedAtMs ?? firstReceivedAtMs,
    }),
  );
  const eventOf = lines.eventOf.map((event, line) =>
    placeInFirst(messages[lines.messageOf[line] as number] as Message, event),
  );
  return ownersOnly({ lines: { ...lines, eventOf }, traces });
};
