/** Batches and small remainders. Covers `src/sink/write/batcher.ts`. */

import { describe, expect, test } from 'vitest';
import type { LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { OwnedBatch } from '../../../src/sink/ports.ts';
import { Batcher, type BatcherOptions, type BufferState, type FlushRule } from '../../../src/sink/write/batcher.ts';
import { TARGET } from '../make.ts';

const LINE = 'm v=1 1';
const OPTIONS: BatcherOptions = { batchBytes: 1_000, fifo: false, bufferRemainders: true };

/** A batcher for batches of 10 lines that contains the given lines. */
const batcherWith = (lines: readonly string[], options: Partial<BatcherOptions> = {}, target = TARGET): Batcher => {
  const batcher = new Batcher({ ...OPTIONS, ...options }, { batchLines: () => 10, inFlightMax: () => 1 });
  for (const line of lines) commit(batcher.bufferFor(target), line);
  return batcher;
};

const commit = (buffer: LineBuffer, line: string): void => {
  buffer.reserve(0);
  buffer.commit(buffer.length + buffer.bytes.write(`${line}\n`, buffer.length), 0, 0);
};

const sizes = (batches: Iterable<OwnedBatch>): number[] => Array.from(batches, ({ lines }) => lines);

describe('small remainders', () => {
  test('hands over remainders with fewer than half the lines of a batch as small ones', () => {
    expect(sizes(batcherWith(Array(4).fill(LINE)).takeSmall())).toEqual([4]);
    expect(sizes(batcherWith(Array(5).fill(LINE)).takeSmall())).toEqual([]);
  });
  test('hands over no remainder with half the bytes of a batch as a small one', () => {
    const line = `m v="${'x'.repeat(200 - 8)}" 1`;
    expect(Buffer.byteLength(`${line}\n`)).toBe(201);
    expect(sizes(batcherWith([line, line]).takeSmall())).toEqual([2]);
    expect(sizes(batcherWith([line, line, line]).takeSmall())).toEqual([]);
  });
  test('hands over no remainder of a buffer that is empty', () => {
    const batcher = batcherWith(Array(10).fill(LINE));
    expect(sizes(batcher.takeFull())).toEqual([10]);
    expect(sizes(batcher.takeSmall())).toEqual([]);
  });
  test('keeps small remainders in their buffers unless remainders are buffered', () => {
    const batcher = batcherWith([LINE], { bufferRemainders: false });
    expect(sizes(batcher.takeSmall())).toEqual([]);
    expect(sizes(batcher.takeAll())).toEqual([1]);
  });
});

describe('full buffers', () => {
  test('hands over full buffers in batches of the current size, which is read again after each batch', () => {
    let linesMax = 10;
    const batcher = new Batcher(OPTIONS, { batchLines: () => linesMax, inFlightMax: () => 1 });
    for (let line = 0; line < 25; line++) commit(batcher.bufferFor(TARGET), LINE);
    expect(batcher.isFull()).toBe(true);
    const taken: number[] = [];
    for (const { lines } of batcher.takeFull()) {
      taken.push(lines);
      linesMax = 4;
    }
    expect(taken).toEqual([10, 4, 4, 4]);
    expect([batcher.isFull(), sizes(batcher.takeAll())]).toEqual([false, [3]]);
  });
  test('are full at the bytes of a batch, whatever their lines', () => {
    const line = `m v="${'x'.repeat(499 - 8)}" 1`;
    expect(Buffer.byteLength(`${line}\n`)).toBe(500);
    expect([batcherWith([line]).isFull(), batcherWith([line, line]).isFull()]).toEqual([false, true]);
  });
  test('cuts batches at one block on FIFO queues, regardless of the size of a batch', () => {
    const line = `m v="${'x'.repeat(30_000)}" 1`;
    expect(sizes(batcherWith([line, line, line], { fifo: true, batchBytes: 1_000_000 }).takeAll())).toEqual([2, 1]);
    expect(sizes(batcherWith([line, line, line], { fifo: false, batchBytes: 1_000_000 }).takeAll())).toEqual([3]);
  });
});

describe('flush rule of the user', () => {
  const ruled = (shouldFlush: FlushRule, count: number, line = LINE): Batcher =>
    batcherWith(Array(count).fill(line), { flushRule: { shouldFlush, linesMax: 20 } });

  test('hands over earlier than the default rule, with the target, lines, and bytes of the buffer', () => {
    const seen: BufferState[] = [];
    const rule: FlushRule = (buffer, defaultRule) => {
      seen.push(buffer);
      return buffer.lines >= 3 || defaultRule();
    };
    expect(ruled(rule, 2).isFull()).toBe(false);
    expect(sizes(ruled(rule, 3).takeFull())).toEqual([3]);
    expect(seen[0]).toEqual({ target: TARGET, lines: 2, bytes: 2 * (LINE.length + 1) });
  });
  test('is the default rule if it only calls that', () => {
    const rule: FlushRule = (_, defaultRule) => defaultRule();
    expect([ruled(rule, 9).isFull(), ruled(rule, 10).isFull()]).toEqual([false, true]);
  });
  test('waits longer than the default rule, but not beyond the limits of lines and bytes', () => {
    const never: FlushRule = () => false;
    expect(ruled(never, 19).isFull()).toBe(false);
    expect(sizes(ruled(never, 20).takeFull())).toEqual([10]);
    expect(ruled(never, 2, `m v="${'x'.repeat(500)}" 1`).isFull()).toBe(true);
  });
  test('hands over nothing from an empty buffer, whatever the rule returns', () => {
    expect(sizes(ruled(() => true, 1).takeFull())).toEqual([1]);
    expect(ruled(() => true, 0).isFull()).toBe(false);
  });
  test('applies the default rule if the rule throws or returns no boolean', () => {
    const throws: FlushRule = () => {
      throw new Error('broken');
    };
    expect([ruled(throws, 9).isFull(), ruled(throws, 10).isFull()]).toEqual([false, true]);
    expect(ruled((() => 'yes') as never, 9).isFull()).toBe(false);
  });
});
