/** Cuts, picks and joins lines of batches, together with their owners. */

import type { OwnedBatch, Target } from '../ports.ts';

/** Size of a block, in bytes. The server parses a body that is strictly smaller as exactly one block. */
export const BLOCK_BYTES = 64 * 1024;

/** Returns the lines from `first` to before `end`. The result shares the bytes of the batch. */
export const sliceLines = (batch: OwnedBatch, first: number, end: number): OwnedBatch => {
  const start = first === 0 ? 0 : (batch.lineEnds[first - 1] as number);
  return {
    target: batch.target,
    body: batch.body.subarray(start, batch.lineEnds[end - 1]),
    lines: end - first,
    lineEnds: batch.lineEnds.slice(first, end).map((lineEnd) => lineEnd - start),
    messageOf: batch.messageOf.slice(first, end),
    eventOf: batch.eventOf.slice(first, end),
  };
};

/** Limits of a piece. A single line that exceeds `bytesMax` is a separate piece. */
export interface PieceLimits {
  readonly linesMax: number;
  readonly bytesMax: number;
}

/** No limits. */
export const UNLIMITED: PieceLimits = { linesMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY };

/**
 * Cuts a batch into consecutive pieces within the limits, in order. Every piece has at least one line and shares the
 * bytes of the batch. A batch within the limits is the only piece.
 */
export function* cutBatch(batch: OwnedBatch, limits: PieceLimits): Generator<OwnedBatch> {
  for (let first = 0; first < batch.lines; ) {
    const end = endOfPiece(batch, first, limits);
    yield first === 0 && end === batch.lines ? batch : sliceLines(batch, first, end);
    first = end;
  }
}

const endOfPiece = ({ lines, lineEnds }: OwnedBatch, first: number, { linesMax, bytesMax }: PieceLimits): number => {
  const start = first === 0 ? 0 : (lineEnds[first - 1] as number);
  const last = Math.min(lines, first + linesMax);
  let end = first + 1;
  while (end < last && (lineEnds[end] as number) - start <= bytesMax) end += 1;
  return end;
};

/** Returns the lines with these indexes as a new batch, in the given order. */
export const pickLines = (batch: OwnedBatch, indexes: readonly number[]): OwnedBatch => {
  const startOf = (index: number): number => (index === 0 ? 0 : (batch.lineEnds[index - 1] as number));
  const body = Buffer.allocUnsafe(
    indexes.reduce((sum, index) => sum + (batch.lineEnds[index] as number) - startOf(index), 0),
  );
  const lineEnds = new Uint32Array(indexes.length);
  let at = 0;
  indexes.forEach((index, place) => {
    body.set(batch.body.subarray(startOf(index), batch.lineEnds[index]), at);
    at += (batch.lineEnds[index] as number) - startOf(index);
    lineEnds[place] = at;
  });
  return {
    target: batch.target,
    body,
    lines: indexes.length,
    lineEnds,
    messageOf: Uint32Array.from(indexes, (index) => batch.messageOf[index] as number),
    eventOf: Uint32Array.from(indexes, (index) => batch.eventOf[index] as number),
  };
};

/** Returns a batch with other texts for some of its lines. The owners of the lines stay the same. */
export const withLines = (batch: OwnedBatch, texts: ReadonlyMap<number, string>): OwnedBatch => {
  const lineEnds = new Uint32Array(batch.lines);
  const parts: Uint8Array[] = [];
  let at = 0;
  for (let index = 0; index < batch.lines; index++) {
    const text = texts.get(index);
    const part = text === undefined ? sliceLines(batch, index, index + 1).body : Buffer.from(`${text}\n`);
    parts.push(part);
    at += part.length;
    lineEnds[index] = at;
  }
  return { ...batch, body: Buffer.concat(parts), lineEnds };
};

/** A body without bytes. */
export const EMPTY = Buffer.alloc(0);
/** Indexes of no lines. */
export const NONE = new Uint32Array(0);

/** Returns a batch without lines. Writing it only tests whether the target accepts writes. */
export const emptyBatch = (target: Target): OwnedBatch => ({
  target,
  body: EMPTY,
  lines: 0,
  lineEnds: NONE,
  messageOf: NONE,
  eventOf: NONE,
});

/** Returns batches of one target as one batch, in order. */
export const joinBatches = (batches: readonly [OwnedBatch, ...OwnedBatch[]]): OwnedBatch => {
  const [first] = batches;
  if (batches.length === 1) return first;
  const lines = batches.reduce((sum, batch) => sum + batch.lines, 0);
  const joined = {
    target: first.target,
    body: Buffer.concat(batches.map((batch) => batch.body)),
    lines,
    lineEnds: new Uint32Array(lines),
    messageOf: new Uint32Array(lines),
    eventOf: new Uint32Array(lines),
  };
  let line = 0;
  let bytes = 0;
  for (const batch of batches) {
    for (let index = 0; index < batch.lines; index++)
      joined.lineEnds[line + index] = bytes + (batch.lineEnds[index] as number);
    joined.messageOf.set(batch.messageOf, line);
    joined.eventOf.set(batch.eventOf, line);
    line += batch.lines;
    bytes += batch.body.length;
  }
  return joined;
};

/** Returns the text of one line, without the line break. */
export const lineText = (batch: OwnedBatch, index: number): string => {
  const start = index === 0 ? 0 : (batch.lineEnds[index - 1] as number);
  return Buffer.from(batch.body.subarray(start, (batch.lineEnds[index] as number) - 1)).toString('utf8');
};

/** Returns the two halves of a batch of at least two lines. */
export const halves = (batch: OwnedBatch): [OwnedBatch, OwnedBatch] => {
  const middle = batch.lines >> 1;
  return [sliceLines(batch, 0, middle), sliceLines(batch, middle, batch.lines)];
};
