/** The line buffers of one stream of messages, one per target, and the batches that are cut from them. */

import type { LineBuffers } from '../convert/converter.ts';
import { BLOCK_BYTES, type PieceLimits } from '../lines/batch.ts';
import { LineBuffer } from '../lines/line-buffer.ts';
import { type OwnedBatch, type Pace, type Target, targetKey } from '../ports.ts';

/** Lines that wait for a request, as a flush rule sees them. */
export interface BufferState {
  readonly target: Target;
  /** Number of lines. */
  readonly lines: number;
  /** Their bytes, before compression. */
  readonly bytes: number;
}

/**
 * Decides whether the lines of a target are handed over now, after a line was added. At the end of an invocation they
 * are handed over in any case.
 *
 * The default rule is met when the lines fill a batch of the size that the controller has decided, or
 * `SINK_BATCH_BYTES_MAX`. A rule can hand over earlier. It can also wait longer, but not beyond `SINK_BATCH_LINES_MAX`
 * and `SINK_BATCH_BYTES_MAX`; the requests still obey the controller. If it throws, the default rule applies.
 */
export type FlushRule = (buffer: BufferState, defaultRule: () => boolean) => boolean;

/** Limits of batches. */
export interface BatcherOptions {
  /** Bytes before compression from which a buffer is full. */
  readonly batchBytes: number;
  /**
   * Whether each body is one block for the server. A refusal then concerns exactly its lines, and their order is kept.
   */
  readonly fifo: boolean;
  /** Whether `takeSmall` hands over small remainders, to be stored instead of written. */
  readonly bufferRemainders: boolean;
  /** Rule of the user, and the lines from which a buffer is handed over whatever it returns. */
  readonly flushRule?: { readonly shouldFlush: FlushRule; readonly linesMax: number } | undefined;
}

/** Part of a batch below which a remainder is small. */
export const SMALL_REMAINDER = 0.5;

/** Hands over batches as generators, so that the caller may wait for a slot between two batches. */
export class Batcher implements LineBuffers {
  readonly #options: BatcherOptions;
  readonly #pace: Pace;
  readonly #buffers = new Map<string, LineBuffer>();
  /** Lines of a batch. Read again after each batch that was handed over, not for each line. */
  #batchLines: number;
  #last: { readonly target: Target; readonly buffer: LineBuffer } | undefined;

  constructor(options: BatcherOptions, pace: Pace) {
    this.#options = options;
    this.#pace = pace;
    this.#batchLines = pace.batchLines();
  }

  bufferFor(target: Target): LineBuffer {
    if (this.#last?.target === target) return this.#last.buffer;
    const key = targetKey(target);
    const buffer = this.#buffers.get(key) ?? new LineBuffer(target);
    this.#buffers.set(key, buffer);
    this.#last = { target, buffer };
    return buffer;
  }

  /** Whether `takeFull` has a batch. Only the buffer that received the last line can have become full. */
  isFull(): boolean {
    return this.#last !== undefined && this.#isFull(this.#last.buffer);
  }

  *takeFull(): Generator<OwnedBatch> {
    for (const buffer of this.#buffers.values()) while (this.#isFull(buffer)) yield* this.#take(buffer);
  }

  /** Hands over remainders that are small in lines and bytes. Yields nothing unless remainders are buffered. */
  *takeSmall(): Generator<OwnedBatch> {
    if (!this.#options.bufferRemainders) return;
    const linesMax = this.#batchLines * SMALL_REMAINDER;
    const bytesMax = this.#options.batchBytes * SMALL_REMAINDER;
    for (const buffer of this.#buffers.values())
      if (buffer.lines > 0 && buffer.lines < linesMax && buffer.length < bytesMax) yield* this.#take(buffer);
  }

  /** Hands over everything. */
  *takeAll(): Generator<OwnedBatch> {
    for (const buffer of this.#buffers.values()) while (buffer.lines > 0) yield* this.#take(buffer);
  }

  #isFull(buffer: LineBuffer): boolean {
    const { flushRule } = this.#options;
    return flushRule === undefined ? this.#fillsBatch(buffer) : this.#isDue(buffer, flushRule);
  }

  #fillsBatch({ lines, length }: LineBuffer): boolean {
    return lines >= this.#batchLines || length >= this.#options.batchBytes;
  }

  #isDue(buffer: LineBuffer, { shouldFlush, linesMax }: NonNullable<BatcherOptions['flushRule']>): boolean {
    const { target, lines, length: bytes } = buffer;
    // Without a line there is nothing to hand over, whatever the rule returns.
    if (lines === 0 || lines >= linesMax || bytes >= this.#options.batchBytes) return lines > 0;
    try {
      return shouldFlush({ target, lines, bytes }, () => this.#fillsBatch(buffer)) === true;
    } catch {
      return this.#fillsBatch(buffer);
    }
  }

  *#take(buffer: LineBuffer): Generator<OwnedBatch> {
    yield buffer.flush(this.#limits());
    this.#batchLines = this.#pace.batchLines();
  }

  #limits(): PieceLimits {
    const { batchBytes, fifo } = this.#options;
    return { linesMax: this.#batchLines, bytesMax: fifo ? Math.min(batchBytes, BLOCK_BYTES - 1) : batchBytes };
  }
}
