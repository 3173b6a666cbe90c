/** The buffers of one stream of messages, one per target, and the way from them to the writer. */

import type { LineBuffers } from '../convert/converter.ts';
import { BLOCK_BYTES } from '../lines/batch.ts';
import { LineBuffer } from '../lines/line-buffer.ts';
import { type OwnedBatch, type Target, targetKey } from '../ports.ts';
import type { RefusedEvent } from '../refusal.ts';
import type { Dispatcher } from './in-flight.ts';

export interface BatcherOptions {
  readonly batchLines: number;
  readonly batchBytes: number;
  readonly fifo: boolean;
}

/** A remainder of less than this part of a batch is small. */
const SMALL_REMAINDER = 0.5;

export class Batcher implements LineBuffers {
  readonly #options: BatcherOptions;
  readonly #dispatcher: Dispatcher;
  readonly #buffers = new Map<string, LineBuffer>();
  readonly refused: (refused: RefusedEvent) => void;
  /** Asked for anew with each batch, not with each line. */
  #batchLines: number;
  #last: { readonly target: Target; readonly buffer: LineBuffer } | undefined;

  constructor(options: BatcherOptions, dispatcher: Dispatcher, refused: (refused: RefusedEvent) => void) {
    this.#options = options;
    this.#batchLines = options.batchLines;
    this.#dispatcher = dispatcher;
    this.refused = refused;
  }

  /** Only the buffer that was written to last can have become full. */
  isFull(): boolean {
    const buffer = this.#last?.buffer;
    return buffer !== undefined && (buffer.lines >= this.#batchLines || buffer.length >= this.#options.batchBytes);
  }

  bufferFor(target: Target): LineBuffer {
    if (this.#last?.target === target) return this.#last.buffer;
    const key = targetKey(target);
    const buffer = this.#buffers.get(key) ?? new LineBuffer(target);
    this.#buffers.set(key, buffer);
    this.#last = { target, buffer };
    return buffer;
  }

  async flushFull(): Promise<void> {
    const { batchBytes } = this.#options;
    for (const buffer of this.#buffers.values()) {
      while (buffer.lines >= this.#batchLines || buffer.length >= batchBytes) await this.submit(this.#flush(buffer));
    }
  }

  /** Gives up what is too little for a batch; what is more stays, to be written. */
  *smallRemainders(): Generator<OwnedBatch> {
    const { batchBytes } = this.#options;
    for (const buffer of this.#buffers.values()) {
      if (
        buffer.lines > 0 &&
        buffer.lines < this.#batchLines * SMALL_REMAINDER &&
        buffer.length < batchBytes * SMALL_REMAINDER
      )
        yield this.#flush(buffer);
    }
  }

  async submit(batch: OwnedBatch): Promise<void> {
    await this.#dispatcher.submit(batch);
    this.#batchLines = this.#options.batchLines;
  }

  /** Everything in it is settled then. */
  async close(): Promise<void> {
    for (const buffer of this.#buffers.values()) while (buffer.lines > 0) await this.submit(this.#flush(buffer));
    await this.drain();
  }

  /** What is under way is settled then. */
  drain(): Promise<void> {
    return this.#dispatcher.drain();
  }

  #flush(buffer: LineBuffer): OwnedBatch {
    const { batchBytes, fifo } = this.#options;
    return buffer.flush(this.#batchLines, fifo ? Math.min(batchBytes, BLOCK_BYTES - 1) : batchBytes);
  }
}
