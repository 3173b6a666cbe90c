/**
 * What becomes of segments that were written: dead letters for refused lines, another try for what is left, and when each
 * line of a segment is safe elsewhere, its end.
 */

import { joinBatches, lineText } from '../../sink/lines/batch.ts';
import { isUnexplained } from '../../sink/outcome.ts';
import type { DeadLetter, OwnedBatch } from '../../sink/ports.ts';
import { refuse } from '../../sink/refusal.ts';
import { lineLetter } from '../../sink/settle/dead-letter.ts';
import { deliverAll } from '../../sink/settle/quarantine.ts';
import { HELD_MS, ownersOnly } from '../save.ts';
import type { IndexEntry, RetryPlan } from '../segment-store.ts';
import type { DrainContext } from './drain-context.ts';
import type { RefusedLine, SegmentGroup } from './segment-group.ts';

/** Of a segment that fails while others are written: 10 s, doubled with each failure. */
const BACKOFF_MS = 5_000;
const BACKOFF_MS_MAX = 600_000;

/** Lines that are not settled, and how each of their segments is tried next with them. */
interface UnsettledLines {
  readonly lines: OwnedBatch;
  readonly retry: (entry: IndexEntry) => RetryPlan;
}

interface Part {
  readonly lines: OwnedBatch;
  readonly retry: RetryPlan;
}

export const settleGroup = async (group: SegmentGroup, context: DrainContext): Promise<void> => {
  context.tally.eventsWritten += group.writtenLines;
  for (const { refusal: verdict } of group.refusedLines) context.refused(verdict.code);
  for (const { lines, outcome } of group.unwrittenParts) context.left(lines.lines, outcome);
  const rest = [...(await quarantineLines(group, context)), ...retryPlansFor(group, context.clock.nowMs())];
  const parts = group.entries.map((entry, segment) => ({ entry, left: partsOf(segment, entry, group, rest) }));
  // What is left goes into segments of its own first: a crash between the two leaves it twice, never not at all.
  const done = await Promise.all(
    parts.map(async ({ entry, left }) => {
      const isDone = await context.attempt('What is left of a segment could not be stored', { segment: entry.id }, () =>
        moveUnsettled(entry, left, group, context),
      );
      return isDone === true ? [entry] : [];
    }),
  );
  await context.attempt('Segments could not be deleted, and are written again', {}, () => remove(done.flat(), context));
};

/** Sends the letters of refused lines; those that are not confirmed wait on. */
const quarantineLines = async (group: SegmentGroup, context: DrainContext): Promise<readonly UnsettledLines[]> => {
  const { deadLetters } = context.ports;
  const open = new Set(group.refusedLines);
  if (deadLetters !== undefined) {
    const letters = group.refusedLines.map((owner) => ({ owner, letter: letterOf(owner, group, context) }));
    await deliverAll(letters, deadLetters, context.deadlines.settle, (owner) => open.delete(owner));
  }
  context.tally.eventsQuarantined += group.refusedLines.length - open.size;
  const heldMs = context.clock.nowMs() + HELD_MS;
  const retry = (entry: IndexEntry): RetryPlan =>
    deadLetters === undefined
      ? { wait: 'held', failures: entry.failures, dueMs: heldMs }
      : { wait: 'isolate', failures: entry.failures, dueMs: entry.dueMs };
  return [...open].map(({ line }) => ({ lines: line, retry }));
};

const letterOf = (
  { line, refusal: verdict }: RefusedLine,
  group: SegmentGroup,
  { options }: DrainContext,
): DeadLetter => {
  const { messageId, sentAtMs, firstSeenMs } = group.traceOf(line);
  const source = { messageId, sentAtMs, firstReceivedAtMs: firstSeenMs, eventIndex: line.eventOf[0] as number };
  const refusal = refuse(verdict.code, verdict.detail);
  return lineLetter(lineText(line, 0), source, refusal, verdict.partlyStored, options.sinkVersion);
};

/** How what was left is tried next. */
const retryPlansFor = ({ unwrittenParts, failsAlone }: SegmentGroup, nowMs: number): readonly UnsettledLines[] =>
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

/** What is left of one segment. */
const partsOf = (
  segment: number,
  entry: IndexEntry,
  group: SegmentGroup,
  rest: readonly UnsettledLines[],
): readonly Part[] =>
  rest.flatMap(({ lines, retry }) => {
    const own = group.linesOf(segment, lines);
    return own === undefined ? [] : [{ lines: own, retry: retry(entry) }];
  });

/** True when the segment has nothing of its own any more. */
const moveUnsettled = async (
  entry: IndexEntry,
  left: readonly Part[],
  { traces }: SegmentGroup,
  { ports, deadlines: { settle } }: DrainContext,
): Promise<boolean> => {
  const [first] = left;
  if (first === undefined) return true;
  const lines = left.reduce((sum, part) => sum + part.lines.lines, 0);
  if (lines === entry.lines && left.every(({ retry }) => isSame(retry, first.retry))) {
    if (!isSame(entry, first.retry)) await ports.store.reschedule(entry, first.retry, settle);
    return false;
  }
  const saved = await Promise.all(
    byRetry(left).map((part) =>
      ports.saver.save(
        ownersOnly({ lines: part.lines, traces }),
        { ...part.retry, savedAtMs: entry.savedAtMs },
        settle,
      ),
    ),
  );
  return saved.every((one) => one);
};

/** Parts that are tried alike, joined. */
const byRetry = (parts: readonly Part[]): readonly Part[] => {
  const groups = Map.groupBy(parts, ({ retry }) => `${retry.wait} ${retry.failures} ${retry.dueMs}`);
  return [...groups.values()].map((alike) => ({
    lines: joinBatches(alike.map(({ lines }) => lines) as [OwnedBatch, ...OwnedBatch[]]),
    retry: (alike[0] as Part).retry,
  }));
};

/**
 * Each of their lines is safe elsewhere by now, whoever holds the lease: so nothing is asked about it. A crash between the
 * two leaves a payload without entry, which is adopted and written once more.
 */
const remove = async (entries: readonly IndexEntry[], { ports, deadlines, tally }: DrainContext): Promise<void> => {
  if (entries.length === 0) return;
  await ports.store.deleteEntries(entries, deadlines.settle);
  await ports.store.deletePayloads(
    entries.map(({ id }) => id),
    deadlines.settle,
  );
  tally.segmentsSettled += entries.length;
};
