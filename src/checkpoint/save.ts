/** Lines -> segments in the table: payload, then index entry; only then are they safe. */

import { stableHash } from '../sink/convert/stable-hash.ts';
import { halves } from '../sink/lines/batch.ts';
import { type Message, placeInFirst } from '../sink/message.ts';
import type { Checkpoint, Deadline, OwnedBatch, WaitReason } from '../sink/ports.ts';
import { type Target, targetKey } from '../sink/ports.ts';
import { allOrFirstError } from '../sink/write/side-by-side.ts';
import type { CheckpointCapacity } from './capacity.ts';
import type { Segment, Trace } from './format/segment.ts';
import { SEGMENT_FORMAT, type StoredSegment, writeSegment } from './format/stored-segment.ts';
import { type IndexEntry, type RetryPlan, type SegmentStore, SHARDS } from './segment-store.ts';
import { ulid } from './ulid.ts';

export interface CheckpointClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** An item may have 400 KB with its names and keys. */
export const SEGMENT_BYTES_MAX = 350 * 1024;

export interface SavingOptions {
  /** How long remainders wait for others (`SINK_FLUSH_INTERVAL_MS`). */
  readonly flushIntervalMs: number;
  /** What is written; an older format while a release must be understood by the one before. */
  readonly format: number | undefined;
  /** A call to the store has failed. */
  onFailure(error: unknown): void;
}

/** What the server has no room for at present does not get better in seconds. */
export const HELD_MS = 300_000;

const firstDueMs = (wait: WaitReason, nowMs: number, { flushIntervalMs }: SavingOptions): number => {
  if (wait === 'buffered') return nowMs + flushIntervalMs;
  return wait === 'held' ? nowMs + HELD_MS : nowMs;
};

/** How a segment begins to wait. */
export interface Beginning extends RetryPlan {
  /** When its lines began to wait. */
  readonly savedAtMs: number;
}

/** Stores segments; used for what an invocation leaves over, and for what a drainer could write only in part. */
export class SegmentSaver {
  readonly #store: SegmentStore;
  readonly #bound: CheckpointCapacity;
  readonly #clock: CheckpointClock;
  readonly #options: SavingOptions;

  constructor(store: SegmentStore, bound: CheckpointCapacity, clock: CheckpointClock, options: SavingOptions) {
    this.#store = store;
    this.#bound = bound;
    this.#clock = clock;
    this.#options = options;
  }

  /** Lines that an invocation leaves over. */
  saveNew(segment: Segment, wait: WaitReason, deadline: Deadline): Promise<boolean> {
    const nowMs = this.#clock.nowMs();
    return this.save(
      segment,
      { wait, failures: 0, dueMs: firstDueMs(wait, nowMs, this.#options), savedAtMs: nowMs },
      deadline,
    );
  }

  /** True when all of it is safe. A part may be stored when it is not: it is written once more, which does no harm. */
  async save(segment: Segment, beginning: Beginning, deadline: Deadline): Promise<boolean> {
    try {
      await allOrFirstError(this.#pieces(segment).map((piece) => this.#put(piece, beginning, deadline)));
      return true;
    } catch (error) {
      this.#options.onFailure(error);
      return false;
    }
  }

  /** Cut until each fits an item. */
  #pieces(segment: Segment): readonly Piece[] {
    const stored = writeSegment(segment, this.#options.format ?? SEGMENT_FORMAT);
    const { lines, traces } = segment;
    if (stored.data.length <= SEGMENT_BYTES_MAX || lines.lines === 1) return [{ stored, lineBytes: lines.body.length }];
    return halves(lines).flatMap((half) => this.#pieces(ownersOnly({ lines: half, traces })));
  }

  async #put({ stored, lineBytes }: Piece, beginning: Beginning, deadline: Deadline): Promise<void> {
    const entry: IndexEntry = {
      ...beginning,
      shard: this.#shardFor(stored.target, beginning.wait),
      id: ulid(this.#clock.nowMs(), () => this.#clock.random()),
      format: stored.format,
      target: stored.target,
      lines: stored.lines,
      bytes: stored.data.length,
      lineBytes,
    };
    this.#bound.recordSaved(entry.shard, entry.bytes);
    await this.#store.putPayload(entry, stored, deadline);
    await this.#store.putEntry(entry, deadline);
  }

  /** Remainders of a target lie together, for whoever drains a shard joins them. */
  #shardFor(target: Target, wait: WaitReason): number {
    return wait === 'buffered' ? stableHash(targetKey(target)) % SHARDS : Math.floor(this.#clock.random() * SHARDS);
  }
}

interface Piece {
  readonly stored: StoredSegment;
  readonly lineBytes: number;
}

/** Without the messages that own none of the lines, and counted anew. */
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

/** The port of an invocation: its lines with their messages, as a segment. */
export const createCheckpoint = (saver: SegmentSaver, bound: CheckpointCapacity): Checkpoint => ({
  async save(lines, wait, messages, deadline) {
    // At the bound the queue keeps the rest: it has room for more, and for two weeks.
    return bound.hasCapacity() && saver.saveNew(segmentOf(lines, messages), wait, deadline);
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
