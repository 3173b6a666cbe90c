/**
 * Settles segments after their lines were sent. Refused lines become dead letters, and unwritten lines get another
 * attempt. A segment is deleted once each of its lines is safe elsewhere.
 */

import { joinBatches, lineText } from '../../sink/lines/batch.ts';
import { isUnexplained } from '../../sink/outcome.ts';
import type { DeadLetter, OwnedBatch } from '../../sink/ports.ts';
import { refuse } from '../../sink/refusal.ts';
import { lineLetter } from '../../sink/settle/dead-letter.ts';
import { deliverAll } from '../../sink/settle/quarantine.ts';
import { allOrFirstError } from '../../sink/write/in-flight.ts';
import { HELD_MS, ownersOnly } from '../save.ts';
import type { IndexEntry, RetryPlan } from '../segment-store.ts';
import type { DrainContext } from './drain-context.ts';
import type { RefusedLine, SegmentGroup } from './segment-group.ts';

/**
 * Base of the backoff of a segment that fails while other writes succeed. The first delay is twice as long, 10 s, and
 * doubles with each further failure.
 */
const BACKOFF_MS = 5_000;
const BACKOFF_MS_MAX = 600_000;

/** Lines of a group that are not settled, and the retry plan of each of their segments. */
interface UnsettledLines {
  readonly lines: OwnedBatch;
  readonly retry: (entry: IndexEntry) => RetryPlan;
}

/** Unsettled lines of one segment that have the same retry plan. */
interface UnsettledPart {
  readonly lines: OwnedBatch;
  readonly retry: RetryPlan;
}

/** Settles every segment of a group. Throws only for a bug. */
export const settleGroup = async (group: SegmentGroup, context: DrainContext): Promise<void> => {
  context.tally.eventsWritten += group.writtenLines;
  for (const { refusal } of group.refusedLines) context.refused(refusal.code);
  for (const { lines, outcome } of group.unwrittenParts) context.unwritten(lines.lines, outcome);
  const unsettled = [...(await quarantineLines(group, context)), ...withRetryPlans(group, context.clock.nowMs())];
  // Unsettled lines are first stored in new segments. A crash between the two steps then duplicates them instead of
  // losing them.
  const settled = await allOrFirstError(
    group.entries.map(async (entry, segment) => {
      const parts = partsOf(segment, entry, group, unsettled);
      const isSettled = await context.attempt(
        'Failed to store the unwritten lines of a segment.',
        { segment: entry.id },
        () => moveUnsettled(entry, parts, group, context),
      );
      return isSettled === true ? [entry] : [];
    }),
  );
  await context.attempt('Failed to delete segments. They are written again.', {}, () =>
    deleteSegments(settled.flat(), context),
  );
};

/** Sends the dead letters of refused lines, and returns the lines whose dead letter is not confirmed. */
const quarantineLines = async (group: SegmentGroup, context: DrainContext): Promise<readonly UnsettledLines[]> => {
  const { deadLetters } = context.ports;
  const unconfirmed = new Set(group.refusedLines);
  if (deadLetters !== undefined) {
    const letters = group.refusedLines.map((owner) => ({ owner, letter: deadLetterOf(owner, group, context) }));
    await deliverAll(letters, deadLetters, context.deadlines.settle, (owner) => unconfirmed.delete(owner));
  }
  context.tally.eventsQuarantined += group.refusedLines.length - unconfirmed.size;
  const heldMs = context.clock.nowMs() + HELD_MS;
  const retry = (entry: IndexEntry): RetryPlan =>
    deadLetters === undefined
      ? { wait: 'held', failures: entry.failures, dueMs: heldMs }
      : { wait: 'isolate', failures: entry.failures, dueMs: entry.dueMs };
  return [...unconfirmed].map(({ line }) => ({ lines: line, retry }));
};

const deadLetterOf = ({ line, refusal }: RefusedLine, group: SegmentGroup, { options }: DrainContext): DeadLetter => {
  const { messageId, sentAtMs, firstSeenMs } = group.traceOf(line);
  const source = { messageId, sentAtMs, firstReceivedAtMs: firstSeenMs, eventIndex: line.eventOf[0] as number };
  return lineLetter(
    lineText(line, 0),
    source,
    refuse(refusal.code, refusal.detail),
    refusal.partlyStored,
    options.sinkVersion,
  );
};

/** Returns the unwritten lines of the group, each with the plan for its next attempt. */
const withRetryPlans = ({ unwrittenParts, failsAlone }: SegmentGroup, nowMs: number): readonly UnsettledLines[] =>
  unwrittenParts.map(({ lines, outcome, undecided }) => ({
    lines,
    retry: (entry): RetryPlan => {
      const wait = undecided ? 'isolate' : outcome.kind === 'held' ? 'held' : entry.wait;
      if (failsAlone && isUnexplained(outcome)) return { wait, ...afterFailure(entry.failures, nowMs) };
      return { wait, failures: entry.failures, dueMs: wait === 'held' ? nowMs + HELD_MS : entry.dueMs };
    },
  }));

const afterFailure = (failures: number, nowMs: number): Pick<RetryPlan, 'failures' | 'dueMs'> => ({
  failures: failures + 1,
  dueMs: nowMs + Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (failures + 1)),
});

const isSame = (a: RetryPlan, b: RetryPlan): boolean =>
  a.wait === b.wait && a.failures === b.failures && a.dueMs === b.dueMs;

/** Returns the unsettled lines of one segment. */
const partsOf = (
  segment: number,
  entry: IndexEntry,
  group: SegmentGroup,
  unsettled: readonly UnsettledLines[],
): readonly UnsettledPart[] =>
  unsettled.flatMap(({ lines, retry }) => {
    const own = group.linesOf(segment, lines);
    return own === undefined ? [] : [{ lines: own, retry: retry(entry) }];
  });

/**
 * Stores the unsettled lines of a segment in new segments, or reschedules the segment. Returns `true` if the segment
 * may be deleted.
 */
const moveUnsettled = async (
  entry: IndexEntry,
  parts: readonly UnsettledPart[],
  { traces }: SegmentGroup,
  { ports, deadlines: { settle } }: DrainContext,
): Promise<boolean> => {
  const [first] = parts;
  if (first === undefined) return true;
  const lines = parts.reduce((sum, part) => sum + part.lines.lines, 0);
  if (lines === entry.lines && parts.every(({ retry }) => isSame(retry, first.retry))) {
    if (!isSame(entry, first.retry)) await ports.store.reschedule(entry, first.retry, settle);
    return false;
  }
  const saved = await allOrFirstError(
    byRetryPlan(parts).map((part) =>
      ports.saver.save(
        ownersOnly({ lines: part.lines, traces }),
        { ...part.retry, savedAtMs: entry.savedAtMs },
        settle,
      ),
    ),
  );
  return saved.every((one) => one);
};

/** Joins the parts that have the same retry plan. */
const byRetryPlan = (parts: readonly UnsettledPart[]): readonly UnsettledPart[] => {
  const groups = Map.groupBy(parts, ({ retry }) => `${retry.wait} ${retry.failures} ${retry.dueMs}`);
  return [...groups.values()].map((alike) => ({
    lines: joinBatches(alike.map(({ lines }) => lines) as [OwnedBatch, ...OwnedBatch[]]),
    retry: (alike[0] as UnsettledPart).retry,
  }));
};

/**
 * Deletes segments whose lines are all safe elsewhere. That stays true even if another instance owns the lease by now,
 * so the lease is not checked (docs/decisions/0015). A crash between the two calls leaves an orphan, which is adopted
 * and written once more.
 */
const deleteSegments = async (
  entries: readonly IndexEntry[],
  { ports, deadlines, tally }: DrainContext,
): Promise<void> => {
  if (entries.length === 0) return;
  await ports.store.deleteEntries(entries, deadlines.settle);
  await ports.store.deletePayloads(
    entries.map(({ id }) => id),
    deadlines.settle,
  );
  tally.segmentsSettled += entries.length;
};
