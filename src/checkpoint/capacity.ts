/**
 * How much may wait. What waits is measured: the flush function sums it up every minute; to that comes what this instance
 * has stored since. So the figure heals itself, and no counter can drift. All instances together may pass the bound by
 * what they store between two sums.
 */

import type { IndexEntry } from './segment-store.ts';

/** What waits for a sink, as the flush function has summed it up. */
export interface Backlog {
  readonly atMs: number;
  /** Of the stored payloads. */
  readonly bytes: number;
  readonly lines: number;
  readonly segments: number;
  /** When the oldest of it was saved; undefined when nothing waits. */
  readonly oldestMs: number | undefined;
  /** Shards that are not empty. */
  readonly shards: readonly number[];
}

const EMPTY_BACKLOG: Backlog = {
  atMs: 0,
  bytes: 0,
  lines: 0,
  segments: 0,
  oldestMs: undefined,
  shards: [],
};

/** The entries of all shards, summed up. */
export const measureBacklog = (entries: readonly IndexEntry[], nowMs: number): Backlog => ({
  atMs: nowMs,
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  lines: entries.reduce((sum, { lines }) => sum + lines, 0),
  segments: entries.length,
  oldestMs:
    entries.length === 0 ? undefined : entries.reduce((oldest, { savedAtMs }) => Math.min(oldest, savedAtMs), nowMs),
  shards: [...new Set(entries.map(({ shard }) => shard))].sort((a, b) => a - b),
});

export class CheckpointCapacity {
  readonly #bytesMax: number;
  #waiting: Backlog = EMPTY_BACKLOG;
  #added = 0;
  readonly #shards = new Set<number>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** A sum that was read; one that is known already changes nothing. */
  update(waiting: Backlog): void {
    if (waiting.atMs <= this.#waiting.atMs) return;
    this.#waiting = waiting;
    this.#added = 0;
    this.#shards.clear();
  }

  hasCapacity(): boolean {
    return this.#waiting.bytes + this.#added < this.#bytesMax;
  }

  recordSaved(shard: number, bytes: number): void {
    this.#added += bytes;
    this.#shards.add(shard);
  }

  /** Shards in which something waits, for all that is known here. */
  shards(): readonly number[] {
    return [...new Set([...this.#waiting.shards, ...this.#shards])];
  }

  /** A shard was found with nothing in it that is due: the next sum tells of it again. */
  markIdle(shard: number): void {
    this.#shards.delete(shard);
    this.#waiting = { ...this.#waiting, shards: this.#waiting.shards.filter((one) => one !== shard) };
  }
}
