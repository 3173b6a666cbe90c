/**
 * For a batch that has failed again and again without a reason that explains it, while other writes succeeded: the fault
 * may be that of a line. Halved down to single lines, everything else is written; a line is convicted only by a
 * comparison: it fails, a line that is known to be good is written, it fails again, and the good one is written again.
 * Without such a witness nobody is convicted.
 */

import { emptyBatch, halves, sliceLines } from '../lines/batch.ts';
import { consequenceOf, isUnexplained, type Outcome, textOf } from '../outcome.ts';
import type { Deadline, OwnedBatch, Writer } from '../ports.ts';
import { type Settlement, writeIsolating } from './isolate-refused.ts';

/** Failures, while others are written, after which a batch is taken apart. */
export const FAILURES_MAX = 5;

/** `witness`: a line of the same target that the server has taken lately. */
export const isolateUnexplained = async (
  batch: OwnedBatch,
  witness: OwnedBatch | undefined,
  writer: Writer,
  settlement: Settlement,
  deadline: Deadline,
): Promise<void> => {
  const pending: OwnedBatch[] = [batch];
  let good = witness;
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    const outcome = await writer.write(piece, deadline);
    if (outcome.kind === 'written') {
      settlement.written(piece);
      good = sliceLines(piece, 0, 1);
      continue;
    }
    // Other lines of it are at fault in a way that is explained.
    if (consequenceOf(outcome).isolate) {
      await writeIsolating(piece, writer, settlement, deadline, true);
      continue;
    }
    // Asked after every failure: a server that fails for everybody must not be taken for one that fails for a line, nor
    // the failures of one line for those of a server.
    const isWell = isUnexplained(outcome) && (await isWritten(good ?? emptyBatch(piece.target), writer, deadline));
    if (!isWell) {
      for (const rest of [piece, ...pending.splice(0)]) await settlement.unwritten(rest, outcome, true);
    } else if (piece.lines > 1) pending.push(...halves(piece).reverse());
    else await confirmFailingLine(piece, outcome, good, writer, settlement, deadline);
  }
};

const isWritten = async (batch: OwnedBatch, writer: Writer, deadline: Deadline): Promise<boolean> =>
  (await writer.write(batch, deadline)).kind === 'written';

/** A line that has failed just now, and after which the good one was written. */
const confirmFailingLine = async (
  suspect: OwnedBatch,
  first: Outcome,
  good: OwnedBatch | undefined,
  writer: Writer,
  settlement: Settlement,
  deadline: Deadline,
): Promise<void> => {
  if (good === undefined) {
    await settlement.unwritten(suspect, first, true);
    return;
  }
  const second = await writer.write(suspect, deadline);
  if (second.kind === 'written') settlement.written(suspect);
  else if (isUnexplained(second) && (await isWritten(good, writer, deadline))) {
    settlement.refused(suspect, 0, { code: 'server-error', detail: textOf(second), partlyStored: false });
  } else await settlement.unwritten(suspect, second, true);
};
