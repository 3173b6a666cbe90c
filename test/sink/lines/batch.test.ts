/** Batches are cut, picked, and joined like lists of lines. Covers `src/sink/lines/batch.ts` and `line-buffer.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cutBatch,
  emptyBatch,
  halves,
  joinBatches,
  lineText,
  pickLines,
  sliceLines,
  UNLIMITED,
  withLines,
} from '../../../src/sink/lines/batch.ts';
import { LINE_BYTES_MAX, LineBuffer } from '../../../src/sink/lines/line-buffer.ts';
import type { OwnedBatch } from '../../../src/sink/ports.ts';
import { TARGET } from '../make.ts';

/** A line, the index of its message, and the index of its event. */
type Line = readonly [text: string, message: number, event: number];

const line = fc.tuple(fc.stringMatching(/^[a-zé]{0,6}$/), fc.nat(9), fc.nat(9)) as fc.Arbitrary<Line>;
const lines = fc.array(line, { minLength: 1, maxLength: 12 });

const append = (buffer: LineBuffer, [text, message, event]: Line): void => {
  buffer.reserve(0);
  buffer.commit(buffer.length + buffer.bytes.write(`${text}\n`, buffer.length), message, event);
};

const bufferOf = (all: readonly Line[]): LineBuffer => {
  const buffer = new LineBuffer(TARGET);
  for (const one of all) append(buffer, one);
  return buffer;
};

const batchOf = (all: readonly Line[]): OwnedBatch => bufferOf(all).flush(UNLIMITED);

/** Returns the lines of a batch, and checks that its members agree. */
const linesOf = (batch: OwnedBatch): Line[] => {
  expect([batch.lineEnds.length, batch.messageOf.length, batch.eventOf.length]).toEqual(Array(3).fill(batch.lines));
  expect(batch.body.length).toBe(batch.lineEnds.at(-1) ?? 0);
  expect(batch.target).toBe(TARGET);
  return Array.from({ length: batch.lines }, (_, index) => [
    lineText(batch, index),
    batch.messageOf[index] as number,
    batch.eventOf[index] as number,
  ]);
};

const bytesOf = (all: readonly Line[]): number => Buffer.byteLength(all.map(([text]) => `${text}\n`).join(''));

describe('a batch', () => {
  test('has the lines that were committed', () => {
    fc.assert(
      fc.property(lines, (all) => {
        expect(linesOf(batchOf(all))).toEqual(all);
      }),
    );
  });

  test('is cut into the longest pieces within the limits, of at least one line', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 30 }), (all, linesMax, bytesMax) => {
        const pieces = [...cutBatch(batchOf(all), { linesMax, bytesMax })].map(linesOf);
        expect(pieces.flat()).toEqual(all);
        for (const [index, piece] of pieces.entries()) {
          expect(piece.length === 1 || (piece.length <= linesMax && bytesOf(piece) <= bytesMax)).toBe(true);
          const next = pieces[index + 1]?.[0];
          if (next !== undefined) expect(piece.length === linesMax || bytesOf([...piece, next]) > bytesMax).toBe(true);
        }
      }),
    );
  });

  test('within the limits is the only piece, unchanged', () => {
    const batch = batchOf([
      ['a', 0, 0],
      ['b', 0, 1],
    ]);
    expect([...cutBatch(batch, { linesMax: 2, bytesMax: 4 })]).toEqual([batch]);
    expect([...cutBatch(batch, UNLIMITED)][0]).toBe(batch);
  });

  test('is sliced, halved, picked, and joined like a list', () => {
    fc.assert(
      fc.property(lines, fc.nat(11), fc.nat(11), fc.array(fc.nat(11), { maxLength: 8 }), (all, one, other, picks) => {
        const batch = batchOf(all);
        const [first, end] = [Math.min(one, other) % all.length, (Math.max(one, other) % all.length) + 1];
        if (first < end) expect(linesOf(sliceLines(batch, first, end))).toEqual(all.slice(first, end));
        const indexes = picks.map((pick) => pick % all.length);
        expect(linesOf(pickLines(batch, indexes))).toEqual(indexes.map((index) => all[index]));
        if (all.length > 1) {
          const [left, right] = halves(batch);
          expect([left.lines, right.lines]).toEqual([Math.floor(all.length / 2), Math.ceil(all.length / 2)]);
          expect(linesOf(joinBatches([right, left, right]))).toEqual(
            [right, left, right].flatMap((half) => linesOf(half)),
          );
        }
        expect(joinBatches([batch])).toBe(batch);
      }),
    );
  });

  test('has other texts for some lines, of the same owners', () => {
    const batch = batchOf([
      ['a', 1, 2],
      ['b', 3, 4],
      ['c', 5, 6],
    ]);
    const changed = withLines(
      batch,
      new Map([
        [1, 'longer é'],
        [2, ''],
      ]),
    );
    expect(linesOf(changed)).toEqual([
      ['a', 1, 2],
      ['longer é', 3, 4],
      ['', 5, 6],
    ]);
  });

  test('may be empty', () => {
    expect(linesOf(emptyBatch(TARGET))).toEqual([]);
  });
});

describe('a buffer', () => {
  test('hands over the first lines within the limits, and keeps the others', () => {
    fc.assert(
      fc.property(lines, fc.integer({ min: 1, max: 5 }), lines, (all, linesMax, later) => {
        const buffer = bufferOf(all);
        const first = buffer.flush({ linesMax, bytesMax: Number.POSITIVE_INFINITY });
        for (const one of later) append(buffer, one);
        // The batch stays as it is while the buffer is filled again.
        expect(linesOf(first)).toEqual(all.slice(0, linesMax));
        const expected = [...all.slice(linesMax), ...later];
        expect([buffer.lines, buffer.length]).toEqual([expected.length, bytesOf(expected)]);
        expect(linesOf(buffer.flush(UNLIMITED))).toEqual(expected);
      }),
    );
  });

  test('knows its last line, and can drop it', () => {
    const buffer = bufferOf([
      ['a', 0, 0],
      ['bé', 0, 1],
    ]);
    expect([buffer.lastLine(), buffer.lastStart]).toEqual(['bé', 2]);
    buffer.dropLast();
    expect([buffer.lastLine(), buffer.lastStart, buffer.lines, buffer.length]).toEqual(['a', 0, 1, 2]);
    buffer.dropLast();
    expect([buffer.lines, buffer.length]).toEqual([0, 0]);
    append(buffer, ['c', 7, 8]);
    expect(linesOf(buffer.flush(UNLIMITED))).toEqual([['c', 7, 8]]);
  });

  test('grows with its lines and their bytes', () => {
    const all = Array.from({ length: 1_000 }, (_, index): Line => [`line ${'x'.repeat(index)}`, index, 2 * index]);
    expect(linesOf(batchOf(all))).toEqual(all);
  });

  test('has space for the longest line and what follows it after each reservation', () => {
    const buffer = new LineBuffer(TARGET);
    for (const fixedBytes of [0, 10, 5_000]) {
      buffer.reserve(fixedBytes);
      expect(buffer.bytes.length - buffer.length).toBeGreaterThanOrEqual(LINE_BYTES_MAX + fixedBytes + 26 + 24);
      expect(buffer.view.byteLength).toBe(buffer.bytes.length);
      append(buffer, ['x'.repeat(50_000), 0, 0]);
    }
  });

  test('is as large as the one before, so that it need not grow again', () => {
    const buffer = bufferOf(Array.from({ length: 20 }, (): Line => ['x'.repeat(20_000), 0, 0]));
    const size = buffer.bytes.length;
    buffer.flush(UNLIMITED);
    buffer.reserve(0);
    expect(buffer.bytes.length).toBe(size);
  });

  test('of another target has another hash', () => {
    const hashes = [
      TARGET,
      { database: 'db', retentionPolicy: 'db' },
      { database: 'db2', retentionPolicy: undefined },
      { database: 'd', retentionPolicy: 'b' },
    ].map((target) => new LineBuffer(target).targetHash);
    expect(new Set(hashes).size).toBe(4);
    expect(new LineBuffer({ ...TARGET }).targetHash).toBe(hashes[0]);
  });
});
