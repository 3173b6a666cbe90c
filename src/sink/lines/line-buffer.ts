/** Collects the lines of one target until they are handed over as a batch. */

import type { OwnedBatch, Target } from '../ports.ts';
import { cutBatch, type PieceLimits, sliceLines } from './batch.ts';
import { NUMBER_BYTES_MAX, TIME_BYTES_MAX } from './line-bytes.ts';

/**
 * Bytes of a line, at most, including its line break. A longer line is refused. openGemini has limits near 64 KiB, but
 * does not apply them reliably (`lib/util/lifted/vm/protoparser/influx/streamparser.go`).
 */
export const LINE_BYTES_MAX = 60 * 1024;

/**
 * Longest series key, in bytes: measurement and tags together, escaped. openGemini's index accepts a little less than
 * 64 KiB; above that it fails after the row is in its log (`lib/util/lifted/vm/mergeset/encoding.go`, corpus:
 * `tagvalue-65520-poison-500`).
 */
export const SERIES_BYTES_MAX = 32 * 1024;

/** Capacity of the tables of a new buffer, in lines. */
const LINES_AT_START = 256;
/** Bytes of a new buffer. */
const BYTES_AT_START = 64 * 1024;
const NO_BYTES = Buffer.alloc(0);
const NO_VIEW = new DataView(NO_BYTES.buffer);

/**
 * Lines of one target: their bytes, the end of each line, and the event that each line came from.
 *
 * An encoder calls `reserve`, writes a line into `bytes` from `length` on, and calls `commit`. Only committed lines
 * count.
 */
export class LineBuffer {
  readonly target: Target;
  /** Hash of the names of the target, with which hashes of its points begin. */
  readonly targetHash: number;
  /** Storage, replaced when it grows and when a batch is handed over. Its contents after `length` are undefined. */
  bytes: Buffer = NO_BYTES;
  /** View of `bytes`, for writing four bytes at a time. */
  view: DataView = NO_VIEW;
  /** Bytes of committed lines. */
  length = 0;
  /** Number of committed lines. */
  lines = 0;
  /** Offset in `bytes` after the measurement and tags of the line that was written last. */
  seriesEnd = 0;
  /** Bytes of the buffer that was handed over last. */
  #sizeBefore = BYTES_AT_START;
  #lineEnds: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);
  #messageOf: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);
  #eventOf: Uint32Array<ArrayBuffer> = new Uint32Array(LINES_AT_START);

  constructor(target: Target) {
    this.target = target;
    this.targetHash = hashOf(target);
  }

  /**
   * Reserves space for one more line, so that the encoder need not check the end of `bytes`. Text never ends more than
   * `LINE_BYTES_MAX` after the start of the line, and only parts of fixed size can follow it.
   *
   * @param fixedBytes - Most bytes of the parts that the encoder writes without comparing them with a limit, except for
   *   one number and the time.
   */
  reserve(fixedBytes: number): void {
    const needed = this.length + LINE_BYTES_MAX + fixedBytes + TIME_BYTES_MAX + NUMBER_BYTES_MAX;
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.bytes.length * 2, this.#sizeBefore));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  /**
   * Adds the bytes from `length` to `end` as a line of the given event. Bytes that are not committed are overwritten by
   * the next line.
   *
   * @param end - Offset after the line break.
   * @param messageIndex - Index of the message in this invocation.
   * @param eventIndex - Index of the event in its message.
   */
  commit(end: number, messageIndex: number, eventIndex: number): void {
    if (this.lines === this.#lineEnds.length) this.#growTables();
    this.#lineEnds[this.lines] = end;
    this.#messageOf[this.lines] = messageIndex;
    this.#eventOf[this.lines] = eventIndex;
    this.lines += 1;
    this.length = end;
  }

  /** Offset in `bytes` where the last committed line begins. There must be one. */
  get lastStart(): number {
    return this.lines < 2 ? 0 : (this.#lineEnds[this.lines - 2] as number);
  }

  /** Returns the text of the last committed line, without its line break. There must be one. */
  lastLine(): string {
    return this.bytes.toString('utf8', this.lastStart, this.length - 1);
  }

  /** Removes the last committed line. There must be one. */
  dropLast(): void {
    this.length = this.lastStart;
    this.lines -= 1;
  }

  /**
   * Hands over the largest number of first lines within the limits, at least one. Their bytes are never written again,
   * so the batch stays intact until it is settled. The remaining lines move to the front of a new buffer.
   */
  flush(limits: PieceLimits): OwnedBatch {
    const all = this.#whole();
    const [batch = all] = cutBatch(all, limits);
    // The next buffer is created for the next line, because there often is none.
    this.#sizeBefore = this.bytes.length;
    this.bytes = NO_BYTES;
    this.view = NO_VIEW;
    this.length = 0;
    this.lines = 0;
    if (batch !== all) this.#takeBack(sliceLines(all, batch.lines, all.lines));
    return batch;
  }

  /** Returns all lines as a batch that shares `bytes`. */
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

  /** Copies lines to the front of the empty buffer. */
  #takeBack(rest: OwnedBatch): void {
    this.reserve(rest.body.length);
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

const hashOf = ({ database, retentionPolicy }: Target): number => {
  const text = JSON.stringify([database, retentionPolicy]);
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return hash;
};

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
