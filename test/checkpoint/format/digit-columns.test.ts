/** Digits of lines in columns. Covers `src/checkpoint/format/digit-columns.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../../local/workload/random.ts';
import { packZstd } from '../../../src/checkpoint/format/codec.ts';
import { COLUMNS_MAX, joinDigits, splitDigits } from '../../../src/checkpoint/format/digit-columns.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (some: Uint8Array): string => Buffer.from(some).toString();

describe('digits in columns', () => {
  test('joins split digits to the original bytes, for any bytes without the placeholder', () => {
    const byte = fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 48, max: 57 }) },
      { weight: 1, arbitrary: fc.constantFrom(10, 32, 44, 47, 58) },
      { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
    );
    fc.assert(
      fc.property(fc.array(byte, { maxLength: 400 }), (some) => {
        const body = Uint8Array.from(some);
        const apart = splitDigits(body);
        if (body.includes(1)) expect(apart).toBeUndefined();
        else expect(joinDigits(apart as NonNullable<typeof apart>)).toEqual(body);
      }),
      { numRuns: 500 },
    );
  });
  test.each([4_094, 4_095, 4_096, 4_097, 8_191, 8_192, 20_000])(
    'keeps all bytes of a column of about %i bytes',
    (size) => {
      for (const body of [
        '7'.repeat(size),
        `${'7'.repeat(size)}\n8\n9`,
        '7\n'.repeat(size / 2),
        '78\n'.repeat(size / 3),
      ])
        expect(text(joinDigits(splitDigits(bytes(body)) as NonNullable<ReturnType<typeof splitDigits>>))).toBe(body);
    },
  );
  test('puts the first run of digits of every line into one column, the second into another, and so on', () => {
    const apart = splitDigits(bytes('a=12 b=3\nc 456\nd\n7'));
    expect(text(apart?.rest ?? bytes(''))).toBe('a=\x01 b=\x01\nc \x01\nd\n\x01');
    expect(apart?.columns.map(text)).toEqual(['12\n456\n7\n', '3\n']);
  });
  test('puts all further runs of a line into the last column', () => {
    const many = `${Array.from({ length: COLUMNS_MAX + 36 }, (_, i) => i).join(',')}\n`.repeat(2);
    const apart = splitDigits(bytes(many));
    expect(apart?.columns).toHaveLength(COLUMNS_MAX);
    expect(text(apart?.columns.at(-1) ?? bytes('')).split('\n')).toHaveLength(2 * 37 + 1);
    expect(text(joinDigits(apart as NonNullable<typeof apart>))).toBe(many);
  });
  test('makes the lines compress to less', () => {
    const random = randomFrom(1);
    const lines = Array.from(
      { length: 2_000 },
      (_, i) =>
        `cpu,host=h${random.below(40)} value=${random.next() * 100} ${1_767_225_600_000 + i * 10 + random.below(9)}\n`,
    );
    const body = bytes(lines.join(''));
    const { rest, columns } = splitDigits(body) as NonNullable<ReturnType<typeof splitDigits>>;
    expect(packZstd(Buffer.concat([rest, ...columns])).length).toBeLessThan(0.9 * packZstd(body).length);
  });
});

test('does not split a text that contains the placeholder', () => {
  expect(splitDigits(bytes('a="\x01" 5\n'))).toBeUndefined();
});

test.each<[string, Parameters<typeof joinDigits>[0]]>([
  ['a column is missing', { rest: bytes('\x01\n'), columns: [] }],
  ['a column ends before its runs', { rest: bytes('\x01\n\x01\n'), columns: [bytes('5\n')] }],
  ['a run has no end', { rest: bytes('\x01\n'), columns: [bytes('55')] }],
])('throws when %s', (_, apart) => {
  expect(() => joinDigits(apart)).toThrow(/missing|too early/);
});
