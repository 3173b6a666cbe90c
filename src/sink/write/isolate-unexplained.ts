/**
 * Isolation of unexplained failures. A batch that failed `FAILURES_MAX` times without a reason, while other writes
 * succeeded, may contain a failing line. The batch is bisected down to single lines, and all other lines are written. A
 * line is refused only after a comparison: it fails, a reference line is written, it fails again, and the reference
 * line is written again. Without a reference line no line is refused (docs/decisions/0016).
 */

import { emptyBatch, halves, sliceLines } from '../lines/batch.ts';
import { consequenceOf, isUnexplained, type Outcome, textOf } from '../outcome.ts';
import type { OwnedBatch } from '../ports.ts';
import { type Settlement, type WriteContext, writeIsolating } from './isolate-refused.ts';

/** Failures, while other writes succeeded, after which a batch is isolated. */
export const FAILURES_MAX = 5;

/**
 * Writes the batch piece by piece and settles each of its lines.
 *
 * @param reference - A line of the same target that the server accepted recently; `undefined` if none is known.
 */
export const isolateUnexplained = async (
  batch: OwnedBatch,
  reference: OwnedBatch | undefined,
  settlement: Settlement,
  context: WriteContext,
): Promise<void> => {
  const pending: OwnedBatch[] = [batch];
  let good = reference;
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    await context.beforeBatch();
    const outcome = await context.writer.write(piece, context.deadline);
    if (outcome.kind === 'written') {
      settlement.written(piece);
      good = sliceLines(piece, 0, 1);
    } else if (consequenceOf(outcome).isolate) {
      // Other lines of the piece fail for a reason that the server names.
      await writeIsolating(piece, settlement, context);
    } else if (!(await isCausedByPiece(piece, outcome, good, context))) {
      for (const rest of [piece, ...pending.splice(0)]) await settlement.unwritten(rest, outcome, true);
    } else if (piece.lines > 1) pending.push(...halves(piece).reverse());
    else await confirmFailingLine(piece, outcome, good, settlement, context);
  }
};

/**
 * Whether the piece causes the failure, and not the server. Sends the reference line after every failure to distinguish
 * the two.
 */
const isCausedByPiece = async (
  piece: OwnedBatch,
  outcome: Outcome,
  reference: OwnedBatch | undefined,
  context: WriteContext,
): Promise<boolean> => isUnexplained(outcome) && (await isWritten(reference ?? emptyBatch(piece.target), context));

const isWritten = async (batch: OwnedBatch, { writer, deadline }: WriteContext): Promise<boolean> =>
  (await writer.write(batch, deadline)).kind === 'written';

/**
 * Settles a single line that has just failed, and after which the reference line was written. The line is refused if it
 * fails again and the reference line is written again.
 */
const confirmFailingLine = async (
  line: OwnedBatch,
  first: Outcome,
  reference: OwnedBatch | undefined,
  settlement: Settlement,
  context: WriteContext,
): Promise<void> => {
  if (reference === undefined) {
    await settlement.unwritten(line, first, true);
    return;
  }
  const second = await context.writer.write(line, context.deadline);
  if (second.kind === 'written') settlement.written(line);
  else if (isUnexplained(second) && (await isWritten(reference, context)))
    settlement.refused(line, 0, { code: 'server-error', detail: textOf(second), partlyStored: false });
  else await settlement.unwritten(line, second, true);
};
