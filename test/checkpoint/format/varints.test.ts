/** Variable-length integers. Covers `src/checkpoint/format/varints.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VarintReader, VarintWriter } from '../../../src/checkpoint/format/varints.ts';

const written = (write: (writer: VarintWriter) => void): Uint8Array => {
  const writer = new VarintWriter();
  write(writer);
  return writer.bytes();
};

describe('varints', () => {
  test('reads a sequence of numbers from 0 to 2^53-1 as it was written', () => {
    fc.assert(
      fc.property(fc.array(fc.maxSafeNat()), (numbers) => {
        const reader = new VarintReader(
          written((writer) => {
            for (const number of numbers) writer.write(number);
          }),
        );
        expect(numbers.map(() => reader.read())).toEqual(numbers);
        expect(() => reader.read()).toThrow('ends in the middle');
      }),
    );
  });
  test.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2 ** 32, 5],
    [Number.MAX_SAFE_INTEGER, 8],
  ])('writes %i in %i bytes and reads it back', (number, bytes) => {
    const packed = written((writer) => writer.write(number));
    expect(packed).toHaveLength(bytes);
    expect(new VarintReader(packed).read()).toBe(number);
  });
  test('reads signed numbers up to 2^52 as they were written', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -(2 ** 52), max: 2 ** 52 - 1 })), (numbers) => {
        const reader = new VarintReader(
          written((writer) => {
            for (const number of numbers) writer.writeSigned(number);
          }),
        );
        for (const number of numbers) expect(reader.readSigned() === number).toBe(true);
      }),
    );
  });
  test.each([-64, -1, 0, 1, 63])('writes the small number %i in one byte', (number) => {
    expect(written((writer) => writer.writeSigned(number))).toHaveLength(1);
  });
  test('starts to read at the given position and returns the next position', () => {
    const bytes = written((writer) => {
      writer.write(300);
      writer.write(7);
    });
    const reader = new VarintReader(bytes, 2);
    expect([reader.read(), reader.at]).toEqual([7, 3]);
  });
  test('throws for a number that is cut off or larger than any written number', () => {
    expect(() => new VarintReader(Uint8Array.of(0x80, 0x80)).read()).toThrow('ends in the middle');
    expect(() => new VarintReader(Buffer.concat([Buffer.alloc(300, 0xff), Buffer.of(1)])).read()).toThrow('too large');
    expect(() => new VarintReader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)).read()).toThrow(
      'too large',
    );
  });
});
