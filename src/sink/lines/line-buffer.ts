/** Lines of one target on their way to a batch: bytes, where each line ends, and which event it came from. */

import type { OwnedBatch, Target } from '../ports.ts';
import { cutBatch, type PieceLimits, sliceLines } from './batch.ts';
import { NUMBER_BYTES_MAX, TIME_BYTES_MAX } from './line-bytes.ts';

/** A line longer than this is refused: the server's own bounds are near 64 KiB and it does not keep them reliably. */
export const LINE_BYTES_MAX = 60 * 1024;

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
   * Hands over its first lines, as many as the limits allow and at least one. Their bytes are never written again, so the
   * batch stays intact until it is settled. The remaining lines move to the front of a new buffer.
   */
  flush(limits: PieceLimits): OwnedBatch {
    const all = this.#whole();
    const [batch = all] = cutBatch(all, limits);
    this.bytes = Buffer.allocUnsafeSlow(this.bytes.length);
    this.view = viewOf(this.bytes);
    this.length = 0;
    this.lines = 0;
    if (batch !== all) this.#takeBack(sliceLines(all, batch.lines, all.lines));
    return batch;
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
