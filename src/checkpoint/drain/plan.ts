/** Decides which segments are tried now, and which of them are joined. It does no I/O. */

import { type Target, targetKey } from '../../sink/ports.ts';
import { isReadable } from '../format/stored-segment.ts';
import type { IndexEntry } from '../segment-store.ts';

/** Inputs of a plan in addition to the entries. */
export interface PlanOptions {
  readonly nowMs: number;
  /** Lines of a batch. Buffered remainders of one target with at least this number of lines are due. */
  readonly batchLines: number;
}

/** Segments of one target that are loaded and written together. */
export interface Group {
  readonly target: Target;
  readonly entries: readonly IndexEntry[];
}

/** The groups of one drain. */
export interface DrainPlan {
  /** In the order of their attempts. */
  readonly groups: readonly Group[];
  /** Entries in a format that this code cannot read. They are left untouched. */
  readonly newer: readonly IndexEntry[];
}

/** Bytes of lines that are joined in memory, at most. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

/** Returns the plan for these entries. */
export const planDrain = (entries: readonly IndexEntry[], options: PlanOptions): DrainPlan => {
  const readable = entries.filter(({ format }) => isReadable(format));
  const full = fullTargets(readable, options.batchLines);
  const due = readable
    .filter((entry) => entry.dueMs <= options.nowMs || (entry.wait === 'buffered' && full.has(targetKey(entry.target))))
    .sort(byFailuresAndAge);
  return { groups: join(due), newer: entries.filter(({ format }) => !isReadable(format)) };
};

/**
 * Compares entries by age. Segments that failed while others were written come last. Otherwise they would delay the
 * others every time.
 */
const byFailuresAndAge = (a: IndexEntry, b: IndexEntry): number =>
  Number(a.failures > 0) - Number(b.failures > 0) || (a.id < b.id ? -1 : 1);

/** Returns the targets whose buffered remainders have enough lines for a batch. */
const fullTargets = (entries: readonly IndexEntry[], batchLines: number): ReadonlySet<string> => {
  const lines = new Map<string, number>();
  for (const { wait, target, lines: more } of entries)
    if (wait === 'buffered') lines.set(targetKey(target), (lines.get(targetKey(target)) ?? 0) + more);
  return new Set([...lines].filter(([, sum]) => sum >= batchLines).map(([key]) => key));
};

/**
 * Whether a segment is written alone: it failed, or its failing lines are searched. Its body must be the same each
 * time.
 */
const goesAlone = ({ failures, wait }: IndexEntry): boolean => failures > 0 || wait === 'isolate' || wait === 'held';

const join = (due: readonly IndexEntry[]): Group[] => {
  const groups: { target: Target; entries: IndexEntry[]; bytes: number }[] = [];
  const open = new Map<string, (typeof groups)[number]>();
  for (const entry of due) {
    const key = targetKey(entry.target);
    let group = goesAlone(entry) ? undefined : open.get(key);
    if (group === undefined || group.bytes + entry.lineBytes > GROUP_BYTES_MAX) {
      group = { target: entry.target, entries: [], bytes: 0 };
      groups.push(group);
      if (!goesAlone(entry)) open.set(key, group);
    }
    group.entries.push(entry);
    group.bytes += entry.lineBytes;
  }
  return groups;
};
