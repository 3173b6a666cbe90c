/**
 * Finds the lines that a refused batch was refused for, and gets all others written. The server's text comes first
 * (`blame.ts`); where it names nobody the batch is halved down to single lines. Everything is sent again in bodies of
 * one block (under 64 KiB): only then is an answer about all lines of the body and about nothing else.
 *
 * Pieces are settled one after the other and in order, so that a FIFO group keeps its order.
 */

import { BLOCK_BYTES, halves, lineText, pickLines, sliceLines } from '../lines/batch.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import { consequenceOf, type Outcome } from '../outcome.ts';
import type { Deadline, OwnedBatch, Writer } from '../ports.ts';
import type { RefusalCode } from '../refusal.ts';
import { linesNamedByServer } from './lines-named-by-server.ts';

/**
 * Lines that are held are not quarantined, so nothing is gained by naming each: pieces of this size are left as they
 * are. Without it a full index would cost one request a line, in every invocation.
 */
const HELD_LINES_MIN = 16;

/** Where the lines of a batch end up; each line is told exactly once. */
export interface Settlement {
  written(batch: OwnedBatch): void;
  refused(batch: OwnedBatch, index: number, verdict: LineRefusal): void;
  /**
   * They may still be written, later. `undecided`: they are pieces of a batch that was refused, and the guilty among
   * them are not found yet.
   */
  unwritten(batch: OwnedBatch, outcome: Outcome, undecided: boolean): void | Promise<void>;
}

export interface LineRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
  readonly partlyStored: boolean;
}

interface Piece {
  readonly batch: OwnedBatch;
  /** What the server said to this very piece; undefined when it has not been sent as it is. */
  readonly outcome: Outcome | undefined;
}

/** Writes a batch and settles each of its lines. `undecided`: it is itself a piece of a batch that was refused. */
export const writeIsolating = async (
  batch: OwnedBatch,
  writer: Writer,
  settlement: Settlement,
  deadline: Deadline,
  undecided = false,
): Promise<void> => {
  const pending: Piece[] = [{ batch, outcome: undefined }];
  let divided = undecided;
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    const outcome = piece.outcome ?? (await writer.write(piece.batch, deadline));
    if (outcome.kind === 'written') settlement.written(piece.batch);
    else if (consequenceOf(outcome).isolate && deadline.remainingMs() > 0) {
      pending.push(...(await divide(piece.batch, outcome, writer, settlement, deadline)).reverse());
      divided = true;
    } else {
      // A server that is away now is not asked piece by piece whether it still is.
      await settlement.unwritten(piece.batch, outcome, divided || consequenceOf(outcome).isolate);
      for (const rest of pending) await settlement.unwritten(rest.batch, outcome, true);
      return;
    }
  }
};

/** Takes a refused batch apart: settles what is known and returns what must be sent, in order. */
const divide = async (
  batch: OwnedBatch,
  outcome: Outcome,
  writer: Writer,
  settlement: Settlement,
  deadline: Deadline,
): Promise<Piece[]> => {
  if (outcome.kind === 'refused') {
    const rest = refuseNamedLines(batch, outcome, settlement);
    if (rest !== batch) return rest === undefined ? [] : unsent(blocks(rest));
  }
  if (batch.lines === 1 || (outcome.kind === 'held' && batch.lines <= HELD_LINES_MIN)) {
    await settleUndividable(batch, outcome, settlement);
    return [];
  }
  if (batch.body.length >= BLOCK_BYTES) return unsent(blocks(batch));
  if (outcome.kind === 'refused' && outcome.code === 'expired') {
    return divideExpired(batch, outcome, writer, settlement, deadline);
  }
  return unsent(halves(batch));
};

const unsent = (batches: readonly OwnedBatch[]): Piece[] => batches.map((batch) => ({ batch, outcome: undefined }));

/** Returns the lines that are not accused: the batch itself when nobody is, undefined when all are. */
const refuseNamedLines = (
  batch: OwnedBatch,
  outcome: Outcome & { kind: 'refused' },
  settlement: Settlement,
): OwnedBatch | undefined => {
  const named = linesNamedByServer(batch, outcome.text);
  if (named.length === 0) return batch;
  for (const { index, partlyStored } of named) {
    settlement.refused(batch, index, { code: outcome.code, detail: outcome.text, partlyStored });
  }
  const failing = new Set(named.map(({ index }) => index));
  const rest = indexesOf(batch).filter((index) => !failing.has(index));
  return rest.length === 0 ? undefined : pickLines(batch, rest);
};

const settleUndividable = async (batch: OwnedBatch, outcome: Outcome, settlement: Settlement): Promise<void> => {
  if (outcome.kind === 'refused') {
    const partlyStored =
      outcome.text.startsWith('partial write: field type conflict') && outcome.text.endsWith('dropped=0');
    settlement.refused(batch, 0, { code: outcome.code, detail: outcome.text, partlyStored });
  } else if (outcome.kind === 'too-large') {
    settlement.refused(batch, 0, { code: 'line-too-long', detail: outcome.text, partlyStored: false });
  } else await settlement.unwritten(batch, outcome, false);
};

const indexesOf = (batch: OwnedBatch): number[] => Array.from({ length: batch.lines }, (_, index) => index);

/** The batch in bodies of one block each. */
const blocks = (batch: OwnedBatch): OwnedBatch[] => {
  const parts: OwnedBatch[] = [];
  let first = 0;
  let start = 0;
  for (let index = 0; index < batch.lines; index++) {
    if ((batch.lineEnds[index] as number) - start < BLOCK_BYTES) continue;
    parts.push(sliceLines(batch, first, index));
    first = index;
    start = batch.lineEnds[index - 1] as number;
  }
  return [...parts, sliceLines(batch, first, batch.lines)];
};

/**
 * Expiry has one boundary in time. The newer half is asked: if it is refused too, every older line is expired for
 * certain and needs no request of its own, so thousands of expired lines cost a dozen requests.
 */
const divideExpired = async (
  batch: OwnedBatch,
  outcome: Outcome & { kind: 'refused' },
  writer: Writer,
  settlement: Settlement,
  deadline: Deadline,
): Promise<Piece[]> => {
  const [older, newer] = halves(pickLines(batch, indexesByTime(batch)));
  const answer = await writer.write(newer, deadline);
  if (answer.kind !== 'refused' || answer.code !== 'expired') {
    return [
      { batch: older, outcome: undefined },
      { batch: newer, outcome: answer },
    ];
  }
  for (const index of indexesOf(older)) {
    settlement.refused(older, index, { code: 'expired', detail: outcome.text, partlyStored: false });
  }
  return [{ batch: newer, outcome: answer }];
};

const indexesByTime = (batch: OwnedBatch): number[] => {
  const times = indexesOf(batch).map((index) => parseOwnLine(lineText(batch, index)).time);
  const order = (a: number, b: number): number => {
    const [x, y] = [times[a], times[b]];
    return x === undefined || y === undefined ? 0 : x.seconds - y.seconds || x.nanos - y.nanos;
  };
  return indexesOf(batch).sort(order);
};
