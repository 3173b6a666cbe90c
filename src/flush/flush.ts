/**
 * One pass of the flush function. It drains the backlog, adopts orphans, and publishes the size of the
 * remaining backlog to all instances. It also searches for sinks that no flush function drains.
 */

import { adoptOrphans } from '../checkpoint/adopt-orphans.ts';
import { type Backlog, measureBacklog } from '../checkpoint/capacity.ts';
import type { DrainReport } from '../checkpoint/drain/drain-context.ts';
import { type IndexEntry, type SegmentStore, SHARDS } from '../checkpoint/segment-store.ts';
import { deadlinesFor, type Reserve, releaseAll } from '../runtime/deadlines.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Deadline } from '../sink/ports.ts';
import { allOrFirstError } from '../sink/write/in-flight.ts';
import type { Attempt } from '../writer/observed.ts';
import type { FlushTable } from './flush-table.ts';

/** Results of one pass. */
export interface FlushResult {
  /** `undefined` if the pass drained nothing. */
  readonly drained: DrainReport | undefined;
  /** The backlog after the drain. */
  readonly backlog: Backlog;
  readonly attempts: readonly Attempt[];
  /** Orphans that received a new entry. */
  readonly adopted: number;
  /** Names of sinks in the same table that have segments and no flush function. */
  readonly undrained: readonly string[];
}

/** Position of the search for orphans, which the next run continues. */
export interface OrphanSearch {
  /** Page to continue from; `undefined` at the start. */
  from: string | undefined;
}

/** The parts of the table that a pass needs. */
export interface FlushPorts {
  readonly segments: SegmentStore;
  readonly table: FlushTable;
  /** `undefined`: this pass searches neither for orphans nor for sinks without a flush function. */
  readonly orphans: OrphanSearch | undefined;
}

const RESERVES: Readonly<Record<'write' | 'settle' | 'close', Reserve>> = {
  write: { ms: 10_000, partMax: 0.4 },
  settle: { ms: 5_000, partMax: 0.2 },
  close: { ms: 500, partMax: 0.05 },
};

/**
 * Pages that one run searches for orphans, of about 1 MB each. The cost of this pace is negligible
 * (docs/decisions/0019).
 */
const ORPHAN_PAGES_MAX = 8;
/** Time since its last completed run after which a flush function counts as missing. */
const UNDRAINED_MS = 600_000;

const SHARD_NUMBERS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/**
 * Makes one pass.
 *
 * @param remainingMs - Time until Lambda ends the invocation.
 * @throws If the table cannot be read or written, because the backlog is then unknown. The heartbeat is then missing,
 * which triggers its alarm.
 */
export const flush = async (
  runtime: Runtime,
  { segments, table, orphans }: FlushPorts,
  remainingMs: number,
): Promise<FlushResult> => {
  const { clock } = runtime.services;
  const deadlines = deadlinesFor(clock, remainingMs, RESERVES);
  const { write, settle, close } = deadlines;
  try {
    const attempts: Attempt[] = [];
    const { writer, probe } = runtime.writers((attempt) => attempts.push(attempt));
    await runtime.beginInvocation(probe, write);
    const before = measureBacklog(await listAll(segments, write), clock.nowMs());
    const drained = await runtime.drain(before.shards, writer, { write, settle });
    await runtime.endInvocation(close);
    const adopted = orphans === undefined ? 0 : await adopt(runtime, segments, table, orphans, settle);
    const backlog = measureBacklog(await listAll(segments, close), clock.nowMs());
    runtime.capacity.update(backlog);
    await table.writeBacklog(backlog, close);
    await table.registerFlush(clock.nowMs(), close);
    const undrained = orphans === undefined ? [] : await findUndrained(table, clock.nowMs(), close);
    return { drained, backlog, attempts, adopted, undrained };
  } finally {
    await runtime.endNodeProbes();
    releaseAll(deadlines);
  }
};

const listAll = async (segments: SegmentStore, deadline: Deadline): Promise<readonly IndexEntry[]> =>
  (await allOrFirstError(SHARD_NUMBERS.map((shard) => segments.listEntries(shard, deadline)))).flat();

const adopt = async (
  { services }: Runtime,
  segments: SegmentStore,
  table: FlushTable,
  orphans: OrphanSearch,
  deadline: Deadline,
): Promise<number> => {
  const { adopted, next } = await adoptOrphans(
    { store: segments, listPayloads: table.listPayloads },
    { from: orphans.from, pagesMax: ORPHAN_PAGES_MAX, owner: services.owner },
    services.clock,
    deadline,
  );
  orphans.from = next;
  return adopted;
};

const findUndrained = async (table: FlushTable, nowMs: number, deadline: Deadline): Promise<readonly string[]> => {
  const sinks = await table.listSinks(deadline);
  const silent = sinks.filter(
    ({ registeredAtMs, flushedAtMs }) => nowMs - Math.max(registeredAtMs, flushedAtMs ?? 0) > UNDRAINED_MS,
  );
  const found = await allOrFirstError(
    silent.map(async ({ name }) => ((await table.hasBacklog(name, deadline)) ? [name] : [])),
  );
  return found.flat();
};
