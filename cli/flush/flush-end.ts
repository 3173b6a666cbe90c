/** Decides as a pure function whether another run of the flush function can drain anything, and why not. */

import { type OpenBreaker, SERVER } from '../../src/breaker/breaker.ts';
import { type Hold, isInForce } from '../../src/breaker/hold.ts';
import { planDrain } from '../../src/checkpoint/drain/plan.ts';
import type { IndexEntry } from '../../src/checkpoint/segment-store.ts';

/** Contents of the state table about the backlog. */
export interface FlushState {
  readonly entries: readonly IndexEntry[];
  readonly breakers: readonly OpenBreaker[];
  readonly hold: Hold | undefined;
  readonly nowMs: number;
}

/** Why no further run is made. */
export type FlushEnd =
  | { readonly kind: 'empty' }
  | { readonly kind: 'paused'; readonly hold: Hold }
  /** A breaker is open, and no probe is due. */
  | { readonly kind: 'breaker-open'; readonly breaker: OpenBreaker }
  /** No remaining segment is due. `dueMs` is undefined if all of them are in a newer format. */
  | { readonly kind: 'not-due'; readonly dueMs: number | undefined }
  /** The last runs changed no segment. */
  | { readonly kind: 'no-progress' }
  | { readonly kind: 'interrupted' };

/** Runs that change no segment until the command ends. The first may have met the leases of another drainer. */
const IDLE_RUNS_MAX = 3;

/**
 * Returns why another run would drain nothing, or undefined if it may.
 *
 * @param idleRuns - Runs since the last one that changed a segment.
 */
export const flushEnd = ({ entries, breakers, hold, nowMs }: FlushState, idleRuns: number): FlushEnd | undefined => {
  if (entries.length === 0) return { kind: 'empty' };
  if (isInForce(hold, nowMs)) return { kind: 'paused', hold };
  const server = breakers.find(({ key }) => key === SERVER);
  // A run probes a breaker that is due.
  if (server !== undefined && server.probeAtMs > nowMs) return { kind: 'breaker-open', breaker: server };
  // A full buffer of remainders is due earlier. Only the function knows its batch size, so a run may find more.
  const { groups, newer } = planDrain(entries, { nowMs, batchLines: Number.POSITIVE_INFINITY });
  if (groups.length === 0) return { kind: 'not-due', dueMs: nextDueMs(entries, newer) };
  if (idleRuns < IDLE_RUNS_MAX) return undefined;
  const [target] = breakers;
  return target === undefined ? { kind: 'no-progress' } : { kind: 'breaker-open', breaker: target };
};

const nextDueMs = (entries: readonly IndexEntry[], newer: readonly IndexEntry[]): number | undefined => {
  const times = entries.filter((entry) => !newer.includes(entry)).map(({ dueMs }) => dueMs);
  return times.length === 0 ? undefined : times.reduce((first, dueMs) => Math.min(first, dueMs));
};

/** Segments and lines that left the table between two states, and whether any segment changed. */
export interface Drained {
  readonly lines: number;
  readonly hasChanged: boolean;
}

/** Compares two states. A segment that was rescheduled has changed. */
export const drainedBetween = (before: readonly IndexEntry[], after: readonly IndexEntry[]): Drained => {
  const left = new Map(after.map((entry) => [entry.id, entry]));
  const gone = before.filter(({ id }) => !left.has(id));
  const isMoved = ({ id, dueMs, failures }: IndexEntry): boolean => {
    const now = left.get(id);
    return now !== undefined && (now.dueMs !== dueMs || now.failures !== failures);
  };
  return {
    lines: gone.reduce((sum, { lines }) => sum + lines, 0),
    hasChanged: gone.length > 0 || before.some(isMoved),
  };
};
