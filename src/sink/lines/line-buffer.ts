/** Lines of one target on their way to a batch: bytes, where each line ends, and which event it came from. */

import type { Batch, Target } from '../ports.ts';
import { NUMBER_BYTES_MAX, TIME_BYTES_MAX } from './line-bytes.ts';

/** A line longer than this is refused: the server's own bounds are near 64 KiB and it does not keep them reliably. */
export const LINE_BYTES_MAX = 60 * 1024;

/** A batch that still knows which event each of its lines came from. */
export interface OwnedBatch extends Batch {
  /** End of each line in `body`, the line break behind it included. */
  readonly lineEnds: Uint32Array;
  /** Index of the line's message in this invocation. */
  readonly messageOf: Uint32Array;
  /** Index of the line's event in its message. */
  readonly eventOf: Uint32Array;
}

const LINES_AT_START = 256;
const BYTES_AT_START = 64 * 1024;

export class LineBuffer {
  readonly target: Target;
  bytes: Buffer;
  /** For stores of four bytes at once. */
  view: DataView;
  /** Bytes of whole lines. */
  length = 0;
  lines = 0;
  #lineEnds: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);
  #messageOf: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);
  #eventOf: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);

  constructor(target: Target) {
    this.target = target;
    this.bytes = Buffer.allocUnsafeSlow(BYTES_AT_START);
    this.view = viewOf(this.bytes);
  }

  /**
   * Makes room for one more line. The bound is sound: text is never written past `LINE_BYTES_MAX` from the line's
   * start, and beyond that only what `fixedBytes` counts can follow.
   */
  reserve(fixedBytes: number): void {
    const needed = this.length + LINE_BYTES_MAX + fixedBytes + TIME_BYTES_MAX + NUMBER_BYTES_MAX;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /** Takes the bytes up to `end` as a line of the given event. A line that is not committed was never there. */
  commit(end: number, messageIndex: number, eventIndex: number): void {
    if (this.lines === this.#lineEnds.length) this.#growTables();
    this.#lineEnds[this.lines] = end;
    this.#messageOf[this.lines] = messageIndex;
    this.#eventOf[this.lines] = eventIndex;
    this.lines += 1;
    this.length = end;
  }

  /**
   * Gives up as many of its first lines as the bounds allow (at least one), bytes included: they stay untouched until
   * the batch is settled. What is over stays, at the front of a fresh buffer.
   */
  flush(linesMax: number, bytesMax: number): OwnedBatch {
    const lines = this.#linesWithin(linesMax, bytesMax);
    const all = this.#whole();
    const batch = lines === all.lines ? all : sliceLines(all, 0, lines);
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.view = viewOf(this.bytes);
    this.length = 0;
    this.lines = 0;
    if (batch !== all) this.#takeBack(sliceLines(all, lines, all.lines));
    return batch;
  }

  #linesWithin(linesMax: number, bytesMax: number): number {
    let lines = Math.min(linesMax, this.lines);
    while (lines > 1 && (this.#lineEnds[lines - 1] as number) > bytesMax) lines -= 1;
    return lines;
  }

  #whole(): OwnedBatch {
    return {
      target: this.target,
      body: this.bytes.subarray(0, this.length),
      lines: this.lines,
      lineEnds: this.#lineEnds.slice(0, this.lines),
      messageOf: this.#messageOf.slice(0, this.lines),
      eventOf: this.#eventOf.slice(0, this.lines),
    };
  }

  #takeBack(rest: OwnedBatch): void {
    this.bytes.set(rest.body);
    for (let index = 0; index < rest.lines; index++) {
      this.commit(rest.lineEnds[index] as number, rest.messageOf[index] as number, rest.eventOf[index] as number);
    }
  }

  #growTables(): void {
    const grow = (table: Uint32Array): Uint32Array<ArrayBuffer> => {
      const grown = new Uint32Array(table.length * 2);
      grown.set(table);
      return grown;
    };
    this.#lineEnds = grow(this.#lineEnds);
    this.#messageOf = grow(this.#messageOf);
    this.#eventOf = grow(this.#eventOf);
  }
}

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The lines from `first` up to `end`, sharing the bytes of the batch. */
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

/** The lines of a batch picked by index, in the order given, as a batch of their own. */
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

const EMPTY = Buffer.alloc(0);
const NONE = new Uint32Array(0);

/** A batch without lines, which only asks whether the target may be written to. */
export const emptyBatch = (target: Target): OwnedBatch => ({
  target,
  body: EMPTY,
  lines: 0,
  lineEnds: NONE,
  messageOf: NONE,
  eventOf: NONE,
});

/** Batches of one target as one, in order. */
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

/** Text of one line, without the line break. */
export const lineText = (batch: OwnedBatch, index: number): string => {
  const start = index === 0 ? 0 : (batch.lineEnds[index - 1] as number);
  return Buffer.from(batch.body.subarray(start, (batch.lineEnds[index] as number) - 1)).toString('utf8');
};
