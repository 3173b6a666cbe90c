/**
 * Writes a batch. If the server refuses it, finds the failing lines and writes all others. Lines that the server's
 * error text names are separated first (`lines-named-by-server.ts`). If it names none, the batch is bisected down to
 * single lines. Every piece is sent as one block, under 64 KiB, because its response then concerns all lines of the
 * body and no others.
 *
 * Pieces are settled one after the other and in order, so that a FIFO group keeps its order.
 */

import { BLOCK_BYTES, cutBatch, halves, lineText, pickLines, withLines } from '../lines/batch.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import { consequenceOf, type Outcome, type TypeConflict } from '../outcome.ts';
import type { Deadline, OwnedBatch, Target, Writer } from '../ports.ts';
import type { RefusalCode } from '../refusal.ts';
import { linesNamedByServer } from './lines-named-by-server.ts';

/**
 * Lines of a held piece that is not divided further, at most. Held lines are not quarantined, so there is no need to
 * find each of them. Without this limit, a full index would cost one request per line in every invocation.
 */
export const HELD_LINES_MIN = 16;

/**
 * Divisions of one batch in which lines are changed, at most. Each of them resolves all lines with one field and one
 * type, so that no mapping needs more.
 */
export const DIVISIONS_WITH_CHANGES_MAX = 1_000;

/** Receives the fate of every line of a batch, exactly once per line. */
export interface Settlement {
  written(batch: OwnedBatch): void;
  /** The server refuses the line at `index` of the batch. */
  refused(batch: OwnedBatch, index: number, refusal: LineRefusal): void;
  /**
   * The lines could not be written now and may be written later.
   *
   * @param undecided - Whether the batch is a piece of a refused batch whose failing lines are not found yet.
   */
  unwritten(batch: OwnedBatch, outcome: Outcome, undecided: boolean): void | Promise<void>;
  /**
   * Whether no further line may be written, because it would overtake an unwritten one. Only the settlement of a FIFO
   * group has this method.
   */
  isStopped?(): boolean;
}

/** Why the server refuses a line. */
export interface LineRefusal {
  readonly code: RefusalCode;
  readonly detail: string;
  /** Whether the server may have stored the line's other fields. */
  readonly partlyStored: boolean;
}

/** Parts of a run that both isolation functions use to send requests. */
export interface WriteContext {
  readonly writer: Writer;
  /** No request starts after it. */
  readonly deadline: Deadline;
  /** Control I/O between two requests, because one batch may need thousands of them. Never throws. */
  beforeBatch(): Promise<void>;
  /**
   * Changes a line with a field whose column has another type in openGemini, so that it can be written. Returns
   * `undefined` if the line stays refused. `undefined` if no rule of the mapping asks for it.
   */
  readonly resolveConflict?: ((line: string, target: Target, conflict: TypeConflict) => string | undefined) | undefined;
}

interface Piece {
  readonly batch: OwnedBatch;
  /** The server's response to exactly this piece; `undefined` if the piece has not been sent. */
  readonly outcome: Outcome | undefined;
}

/** Writes a batch and settles each of its lines. Never throws, unless the settlement does. */
export const writeIsolating = async (
  batch: OwnedBatch,
  settlement: Settlement,
  context: WriteContext,
): Promise<void> => {
  const pending: Piece[] = [{ batch, outcome: undefined }];
  let isPiece = false;
  let divisions = 0;
  for (let piece = pending.pop(); piece !== undefined; piece = pending.pop()) {
    const outcome = piece.outcome ?? (await context.writer.write(piece.batch, context.deadline));
    if (outcome.kind === 'written') settlement.written(piece.batch);
    else if (consequenceOf(outcome).isolate && context.deadline.remainingMs() > 0) {
      // A server that refuses every changed line again must not be asked without end.
      const mayChange = divisions++ < DIVISIONS_WITH_CHANGES_MAX;
      const divided = mayChange ? context : { ...context, resolveConflict: undefined };
      pending.push(...(await divide(piece.batch, outcome, settlement, divided)).reverse());
      isPiece = true;
      if (settlement.isStopped?.() === true) return allUnwritten(pending, outcome, settlement);
    } else {
      // An unavailable server is not tried again with every other piece.
      await settlement.unwritten(piece.batch, outcome, isPiece || consequenceOf(outcome).isolate);
      return allUnwritten(pending, outcome, settlement);
    }
    if (pending.length > 0) await context.beforeBatch();
  }
};

const allUnwritten = async (pieces: readonly Piece[], outcome: Outcome, settlement: Settlement): Promise<void> => {
  for (const { batch } of pieces) await settlement.unwritten(batch, outcome, true);
};

/** Settles the lines of a refused batch whose fate is known, and returns the pieces to send next, in order. */
const divide = async (
  batch: OwnedBatch,
  outcome: Outcome,
  settlement: Settlement,
  context: WriteContext,
): Promise<Piece[]> => {
  if (outcome.kind === 'refused') {
    const rest = refuseNamedLines(batch, outcome, settlement, context);
    if (rest !== batch) return rest === undefined ? [] : unsent(blocks(rest));
  }
  if (batch.lines === 1 || (outcome.kind === 'held' && batch.lines <= HELD_LINES_MIN)) {
    await settleUndividable(batch, outcome, settlement);
    return [];
  }
  if (batch.body.length >= BLOCK_BYTES) return unsent(blocks(batch));
  if (outcome.kind === 'refused' && outcome.code === 'expired')
    return divideExpired(batch, outcome, settlement, context);
  return unsent(halves(batch));
};

const unsent = (batches: Iterable<OwnedBatch>): Piece[] =>
  Array.from(batches, (batch) => ({ batch, outcome: undefined }));

/** Returns the batch in pieces of one block each. */
const blocks = (batch: OwnedBatch): Iterable<OwnedBatch> =>
  cutBatch(batch, { linesMax: batch.lines, bytesMax: BLOCK_BYTES - 1 });

/**
 * Refuses the lines that the error text names, or changes them so that they can be written. Returns the changed lines
 * and all others: the batch itself if the text names none, `undefined` if it names all and none can be changed.
 */
const refuseNamedLines = (
  batch: OwnedBatch,
  outcome: Outcome & { kind: 'refused' },
  settlement: Settlement,
  { resolveConflict }: WriteContext,
): OwnedBatch | undefined => {
  const named = linesNamedByServer(batch, outcome.text);
  if (named.length === 0) return batch;
  const changed = new Map<number, string>();
  const failing = new Set<number>();
  for (const { index, partlyStored, conflict } of named) {
    const line = lineText(batch, index);
    const resolved = conflict === undefined ? undefined : resolveConflict?.(line, batch.target, conflict);
    // A line that does not change would be refused again, without end.
    if (resolved !== undefined && resolved !== line) changed.set(index, resolved);
    else {
      failing.add(index);
      settlement.refused(batch, index, { code: outcome.code, detail: outcome.text, partlyStored });
    }
  }
  const others = indexesOf(batch).filter((index) => !failing.has(index));
  if (others.length === 0) return undefined;
  return pickLines(changed.size === 0 ? batch : withLines(batch, changed), others);
};

/** Settles a single line, or held lines that are too few to divide. */
const settleUndividable = async (batch: OwnedBatch, outcome: Outcome, settlement: Settlement): Promise<void> => {
  if (outcome.kind === 'refused') {
    const partlyStored =
      outcome.text.startsWith('partial write: field type conflict') && outcome.text.endsWith('dropped=0');
    settlement.refused(batch, 0, { code: outcome.code, detail: outcome.text, partlyStored });
  } else if (outcome.kind === 'too-large')
    settlement.refused(batch, 0, { code: 'line-too-long', detail: outcome.text, partlyStored: false });
  else await settlement.unwritten(batch, outcome, false);
};

const indexesOf = (batch: OwnedBatch): number[] => Array.from({ length: batch.lines }, (_, index) => index);

/**
 * Divides a batch with expired lines. The newer half is sent first. If it is refused too, the oldest and the newest line of
 * the older half are sent. If both are expired, all lines between them are, and need no request. Thousands of expired lines
 * therefore cost about three dozen requests.
 *
 * The lines at the ends are needed because a server with `time-range-limit` gives the same text for lines of the future
 * (openGemini, `coordinator/points_writer.go`), of which the newer half may have one.
 */
const divideExpired = async (
  batch: OwnedBatch,
  outcome: Outcome & { kind: 'refused' },
  settlement: Settlement,
  { writer, deadline }: WriteContext,
): Promise<Piece[]> => {
  const [older, newer] = halves(pickLines(batch, indexesByTime(batch)));
  const response = await writer.write(newer, deadline);
  if (response.kind !== 'refused' || response.code !== 'expired') {
    return [
      { batch: older, outcome: undefined },
      { batch: newer, outcome: response },
    ];
  }
  const rest: Piece = { batch: newer, outcome: response };
  for (const end of new Set([0, older.lines - 1])) {
    const answer = await writer.write(pickLines(older, [end]), deadline);
    if (answer.kind !== 'refused' || answer.code !== 'expired') return [{ batch: older, outcome: undefined }, rest];
  }
  for (const index of indexesOf(older))
    settlement.refused(older, index, { code: 'expired', detail: outcome.text, partlyStored: false });
  return [rest];
};

const indexesByTime = (batch: OwnedBatch): number[] => {
  const times = indexesOf(batch).map((index) => parseOwnLine(lineText(batch, index)).time);
  const order = (a: number, b: number): number => {
    const [x, y] = [times[a], times[b]];
    return x === undefined || y === undefined ? 0 : x.seconds - y.seconds || x.nanos - y.nanos;
  };
  return indexesOf(batch).sort(order);
};
