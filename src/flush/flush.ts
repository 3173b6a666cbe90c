/**
 * One run of the schedule, on ports: drains what waits, adopts what was left without an index, sums up what still waits for
 * all instances to know, and looks for sinks that nobody drains.
 */

import { adoptOrphans } from '../checkpoint/adopt-orphans.ts';
import { type Backlog, measureBacklog } from '../checkpoint/capacity.ts';
import type { DrainReport } from '../checkpoint/drain/drain-context.ts';
import { type IndexEntry, SHARDS } from '../checkpoint/segment-store.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { StateTable } from '../runtime/state-table.ts';
import type { Deadline } from '../sink/ports.ts';
import { allOrFirstError } from '../sink/write/side-by-side.ts';
import type { Attempt } from '../writer/observed.ts';
import type { FlushTable } from './flush-table.ts';

export interface FlushResult {
  readonly drained: DrainReport | undefined;
  readonly backlog: Backlog;
  readonly attempts: readonly Attempt[];
  /** Segments that had lost their entry. */
  readonly adopted: number;
  /** Sinks in the same table that have segments and no flush function. */
  readonly undrained: readonly string[];
}

/** What the search for orphans knows between two runs. */
export interface OrphanSearch {
  from: string | undefined;
}

/** Kept back from Lambda's own deadline, in ms, or as a part of what is left. */
const RESERVES = { write: 10_000, settle: 5_000, close: 500 } as const;
const SHARES = { write: 0.4, settle: 0.2, close: 0.05 } as const;

/** Pages of the table, of about a megabyte: that is slow enough to cost next to nothing. */
const ORPHAN_PAGES = 8;
/** A flush function that was not seen for so long is not there. */
const UNDRAINED_MS = 600_000;

const SHARD_NUMBERS: readonly number[] = Array.from({ length: SHARDS }, (_, shard) => shard);

/** Throws when the table cannot be read: then nobody knows what waits. */
export const flush = async (
  runtime: Runtime,
  state: StateTable,
  table: FlushTable,
  orphans: OrphanSearch,
  remainingMs: number,
): Promise<FlushResult> => {
  const { clock } = runtime.services;
  const [write, settle, close] = (['write', 'settle', 'close'] as const).map((kind) =>
    clock.deadlineIn(remainingMs - Math.min(RESERVES[kind], remainingMs * SHARES[kind])),
  ) as [ReturnType<typeof clock.deadlineIn>, ReturnType<typeof clock.deadlineIn>, ReturnType<typeof clock.deadlineIn>];
  try {
    const attempts: Attempt[] = [];
    const observe = (attempt: Attempt): void => {
      attempts.push(attempt);
    };
    await runtime.beginInvocation(runtime.probeWriter(observe), write);
    const before = measureBacklog(await listAll(state, write), clock.nowMs());
    const drained = await runtime.drain(before.shards, runtime.writer(observe), { write, settle });
    await runtime.endInvocation(close);
    const adopted = await adopt(runtime, state, table, orphans, settle);
    const waiting = measureBacklog(await listAll(state, close), clock.nowMs());
    runtime.capacity.update(waiting);
    await table.writeBacklog(waiting, close);
    await table.registerFlush(clock.nowMs(), close);
    return {
      drained,
      backlog: waiting,
      attempts,
      adopted,
      undrained: await findUndrained(table, clock.nowMs(), close),
    };
  } finally {
    for (const one of [write, settle, close]) one.release();
  }
};

const listAll = async ({ segments }: StateTable, deadline: Deadline): Promise<readonly IndexEntry[]> =>
  (await allOrFirstError(SHARD_NUMBERS.map((shard) => segments.listEntries(shard, deadline)))).flat();

const adopt = async (
  { services: world }: Runtime,
  { segments }: StateTable,
  { listPayloads }: FlushTable,
  orphans: OrphanSearch,
  deadline: Deadline,
): Promise<number> => {
  const { clock, owner } = world;
  const options = { pagesMax: ORPHAN_PAGES, owner };
  const { adopted, next } = await adoptOrphans(segments, listPayloads, orphans.from, options, clock, deadline);
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
