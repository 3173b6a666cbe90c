/**
 * Limits the size of the backlog. The flush function measures the backlog every minute, and each instance adds the
 * bytes that it has saved since then. The figure therefore corrects itself, and no counter can drift. All instances
 * together may exceed the limit by the bytes that they save between two measurements.
 */

import type { IndexEntry } from './segment-store.ts';

/** The stored segments of a sink, as the flush function measured them. */
export interface Backlog {
  readonly atMs: number;
  /** Bytes of the stored payloads. */
  readonly bytes: number;
  readonly lines: number;
  readonly segments: number;
  /** When its oldest lines were saved, in ms since 1970; `undefined` if the backlog is empty. */
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

/** Sums up the entries of all shards. */
export const measureBacklog = (entries: readonly IndexEntry[], nowMs: number): Backlog => ({
  atMs: nowMs,
  bytes: entries.reduce((sum, { bytes }) => sum + bytes, 0),
  lines: entries.reduce((sum, { lines }) => sum + lines, 0),
  segments: entries.length,
  oldestMs:
    entries.length === 0 ? undefined : entries.reduce((oldest, { savedAtMs }) => Math.min(oldest, savedAtMs), nowMs),
  shards: [...new Set(entries.map(({ shard }) => shard))].sort((a, b) => a - b),
});

/** Capacity of the backlog, as one instance estimates it. */
export class CheckpointCapacity {
  readonly #bytesMax: number;
  #backlog: Backlog = EMPTY_BACKLOG;
  #savedBytes = 0;
  readonly #savedShards = new Set<number>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** Applies a measurement. Ignores one that is not newer than the last. */
  update(backlog: Backlog): void {
    if (backlog.atMs <= this.#backlog.atMs) return;
    this.#backlog = backlog;
    this.#savedBytes = 0;
    this.#savedShards.clear();
  }

  hasCapacity(): boolean {
    return this.#backlog.bytes + this.#savedBytes < this.#bytesMax;
  }

  recordSaved(shard: number, bytes: number): void {
    this.#savedBytes += bytes;
    this.#savedShards.add(shard);
  }

  /** Returns the shards that may contain segments to drain. */
  shards(): readonly number[] {
    return [...new Set([...this.#backlog.shards, ...this.#savedShards])];
  }

  /** Nothing in this shard is due. Skips it until the next measurement lists it. */
  markIdle(shard: number): void {
    this.#savedShards.delete(shard);
    this.#backlog = { ...this.#backlog, shards: this.#backlog.shards.filter((one) => one !== shard) };
  }
}
