/** Decides which segments are tried now, and which of them together. Pure. */

import { type Target, targetKey } from '../../sink/ports.ts';
import { isReadable } from '../format/stored-segment.ts';
import type { IndexEntry } from '../segment-store.ts';

export interface PlanOptions {
  readonly nowMs: number;
  /** Lines of a batch. Buffered remainders that have as many together are due. */
  readonly batchLines: number;
}

export interface Group {
  readonly target: Target;
  readonly entries: readonly IndexEntry[];
}

export interface DrainPlan {
  /** In the order of their attempts. */
  readonly groups: readonly Group[];
  /** Entries in a format that this code cannot read. They are left untouched. */
  readonly newer: readonly IndexEntry[];
}

/** Bytes of lines that are joined in memory, at most. */
const GROUP_BYTES_MAX = 4 * 1024 * 1024;

export const planDrain = (entries: readonly IndexEntry[], options: PlanOptions): DrainPlan => {
  const readable = entries.filter(({ format }) => isReadable(format));
  const full = fullTargets(readable, options.batchLines);
  const due = readable
    .filter((entry) => entry.dueMs <= options.nowMs || (entry.wait === 'buffered' && full.has(targetKey(entry.target))))
    .sort(byFailuresAndAge);
  return { groups: join(due), newer: entries.filter(({ format }) => !isReadable(format)) };
};

/** By age, but segments that failed while others were written come last, or they would delay the others every time. */
const byFailuresAndAge = (a: IndexEntry, b: IndexEntry): number =>
  Number(a.failures > 0) - Number(b.failures > 0) || (a.id < b.id ? -1 : 1);

/** Targets whose buffered remainders have the lines of a batch. */
const fullTargets = (entries: readonly IndexEntry[], batchLines: number): ReadonlySet<string> => {
  const lines = new Map<string, number>();
  for (const { wait, target, lines: more } of entries)
    if (wait === 'buffered') lines.set(targetKey(target), (lines.get(targetKey(target)) ?? 0) + more);
  return new Set([...lines].filter(([, sum]) => sum >= batchLines).map(([key]) => key));
};

/** A segment that failed, or whose failing lines are searched, is written alone: its body must be the same each time. */
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
