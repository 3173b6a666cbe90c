import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VarintReader, VarintWriter } from '../../../src/checkpoint/format/varints.ts';

const written = (write: (writer: VarintWriter) => void): Uint8Array => {
  const writer = new VarintWriter();
  write(writer);
  return writer.bytes();
};

describe('varints', () => {
  test('numbers from 0 to 2^53-1 come back, one after the other', () => {
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
  ])('%i comes back, in %i bytes', (number, bytes) => {
    const packed = written((writer) => writer.write(number));
    expect(packed).toHaveLength(bytes);
    expect(new VarintReader(packed).read()).toBe(number);
  });
  test('numbers of both signs come back, to 2^52', () => {
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
  test.each([-64, -1, 0, 1, 63])('%i, which is small, takes one byte', (number) => {
    expect(written((writer) => writer.writeSigned(number))).toHaveLength(1);
  });
  test('reading begins where it is told to, and says where the next number is', () => {
    const bytes = written((writer) => {
      writer.write(300);
      writer.write(7);
    });
    const reader = new VarintReader(bytes, 2);
    expect([reader.read(), reader.at]).toEqual([7, 3]);
  });
  test('what is cut off, or larger than any number that was written, is no number', () => {
    expect(() => new VarintReader(Uint8Array.of(0x80, 0x80)).read()).toThrow('ends in the middle');
    expect(() => new VarintReader(Buffer.concat([Buffer.alloc(300, 0xff), Buffer.of(1)])).read()).toThrow('too large');
    expect(() => new VarintReader(Uint8Array.of(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10)).read()).toThrow(
      'too large',
    );
  });
});
