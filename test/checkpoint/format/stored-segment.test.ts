import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { randomFrom } from '../../../local/workload/random.ts';
import { packZstd, unpack } from '../../../src/checkpoint/format/codec.ts';
import type { Segment, Trace } from '../../../src/checkpoint/format/segment.ts';
import {
  DamagedSegment,
  isReadable,
  readSegment,
  SEGMENT_FORMAT,
  type StoredSegment,
  writeSegment,
} from '../../../src/checkpoint/format/stored-segment.ts';
import { VarintReader, VarintWriter } from '../../../src/checkpoint/format/varints.ts';
import { batchOf, contentOf, linesFor, segment, target, trace } from '../make.ts';
import { packGzip, writeInFormat } from './format-1-writer.ts';

const FORMATS = [1, 2] as const;
const NEWLINE = 10;

const bytesOfLine = fc
  .uint8Array({ maxLength: 60 })
  .map((bytes) => bytes.map((byte) => (byte === NEWLINE ? 11 : byte)));
const line: fc.Arbitrary<string | Uint8Array> = fc.oneof(
  fc
    .tuple(fc.nat(9), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.maxSafeNat())
    .map(([host, value, time]) => `cpu,host=h${host} value=${value},count=${host}i ${time}`),
  // More runs of digits than there are columns.
  fc.array(fc.nat(1_000), { minLength: 60, maxLength: 100 }).map((numbers) => `m v="${numbers.join(',')}" 1`),
  fc.constantFrom('m a="no digits"', 'm v="\x01" 1', 'é,t=😀 v="\u0001\u0000" 12'),
  bytesOfLine,
);

// Milliseconds as SQS writes them, in at most 15 digits.
const timeMs = fc.oneof(
  fc.integer({ min: 1_767_000_000_000, max: 1_768_000_000_000 }),
  fc.integer({ min: 0, max: 999_999_999_999_999 }),
);
const traces = (messageId: fc.Arbitrary<string>): fc.Arbitrary<Trace[]> =>
  fc.array(fc.record({ messageId, sentAtMs: timeMs, firstSeenMs: timeMs }), { minLength: 1, maxLength: 12 });
const uuid = fc.uuid();
const anyId = fc.oneof(
  uuid,
  uuid.map((id) => id.toUpperCase()),
  fc.string({ unit: 'grapheme' }),
);
const someTarget = fc.record({ database: fc.string(), retentionPolicy: fc.option(fc.string(), { nil: undefined }) });

const someSegment: fc.Arbitrary<Segment> = fc
  .tuple(someTarget, fc.array(line, { minLength: 1, maxLength: 40 }), fc.oneof(traces(uuid), traces(anyId)))
  .chain(([to, lines, of]) => {
    const message = fc.nat(of.length - 1);
    const event = fc.oneof(fc.nat(5), fc.integer({ min: 0, max: 2 ** 32 - 1 }));
    const inAnyOrder = fc.array(fc.tuple(message, event), { minLength: lines.length, maxLength: lines.length });
    // As conversion leaves them: the events of a message follow each other.
    const inOrder = message.map((one) => lines.map((_, index): [number, number] => [one, index]));
    return fc.oneof(inAnyOrder, inOrder).map((owners) => ({ lines: batchOf(lines, { to, owners }), traces: of }));
  });

const readOrDamaged = (stored: StoredSegment): Segment | undefined => {
  try {
    return readSegment(stored);
  } catch (error) {
    if (error instanceof DamagedSegment) return undefined;
    throw error;
  }
};

describe.each(FORMATS)('format %i', (format) => {
  test('gives back what was stored', () => {
    fc.assert(
      fc.property(someSegment, (one) => {
        const stored = writeInFormat(one, format);
        expect(stored).toMatchObject({ format, target: one.lines.target, lines: one.lines.lines });
        expect(contentOf(readSegment(stored))).toEqual(contentOf(one));
      }),
      { numRuns: 300 },
    );
  });
  test('gives back 50,000 lines of 5,000 messages', () => {
    const owners = Array.from({ length: 50_000 }, (_, i): [number, number] => [(i * 7) % 5_000, i % 10]);
    const one: Segment = {
      lines: batchOf(linesFor('a', 50_000), { to: target('db', 'a week'), owners }),
      traces: Array.from({ length: 5_000 }, (_, i) => trace(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)),
    };
    expect(contentOf(readSegment(writeInFormat(one, format)))).toEqual(contentOf(one));
  });
  test('a flipped byte is found, or changes no line', () => {
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    const mask = fc.integer({ min: 1, max: 255 });
    let found = 0;
    fc.assert(
      fc.property(
        someSegment,
        fc.constantFrom('data' as const, 'hash' as const),
        place,
        mask,
        (one, part, at, bits) => {
          const stored = writeInFormat(one, format);
          const bytes = Uint8Array.from(stored[part]);
          bytes[Math.floor(at * bytes.length)]! ^= bits;
          const read = readOrDamaged({ ...stored, [part]: bytes });
          if (read === undefined) found += 1;
          else expect(Buffer.compare(read.lines.body, one.lines.body)).toBe(0);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(found).toBeGreaterThan(500);
  });
  test.each([-1, 1])('a number of lines that is off by %i is found', (by) => {
    const stored = writeInFormat(segment(linesFor('a', 5)), format);
    expect(() => readSegment({ ...stored, lines: stored.lines + by })).toThrow(DamagedSegment);
    expect(readSegment(stored).lines.lines).toBe(5);
  });
  test('lines of another segment are found by the hash', () => {
    const stored = writeInFormat(segment(linesFor('a', 5)), format);
    const { data } = writeInFormat(segment(linesFor('b', 5)), format);
    expect(() => readSegment({ ...stored, data })).toThrow('not those that were stored');
  });
  test('a line without an owner, and an owner without a line, are found', () => {
    const one = segment(linesFor('a', 5));
    const short = one.lines.body.subarray(0, one.lines.lineEnds[3]);
    for (const body of [short, Buffer.concat([one.lines.body, Buffer.from('m v=1 1\n')])])
      expect(() => readSegment(writeInFormat({ ...one, lines: { ...one.lines, body } }, format))).toThrow(
        /(?:fewer|more) lines than owners/,
      );
  });
  test('a line whose owner is not named is found: it could never be settled', () => {
    const one = segment(linesFor('a', 5));
    const messageOf = Uint32Array.of(0, 0, 1, 0, 0);
    expect(() => readSegment(writeInFormat({ ...one, lines: { ...one.lines, messageOf } }, format))).toThrow(
      DamagedSegment,
    );
  });
});

describe('formats', () => {
  test('the newest is written', () => {
    expect(writeSegment(segment(['m v=1 1'])).format).toBe(SEGMENT_FORMAT);
    expect(SEGMENT_FORMAT).toBe(Math.max(...FORMATS));
  });
  test('those from 1 up to it are read, and no others', () => {
    expect([0, 1, 2, 3, 4, Number.NaN].map(isReadable)).toEqual([false, true, true, false, false, false]);
  });
  test('the newest is the smallest', () => {
    const random = randomFrom(1);
    const lines = Array.from(
      { length: 1_000 },
      (_, i) =>
        `cpu,host=h${random.below(40)} value=${random.next() * 100} ${1_767_225_600_000 + i * 10 + random.below(9)}`,
    );
    const owners = lines.map((_, i): [number, number] => [i, 0]);
    const digits = (length: number): string =>
      random
        .next()
        .toString(16)
        .padEnd(length + 2, '0')
        .slice(2, length + 2);
    const traces = lines.map(() => trace(`${digits(8)}-${digits(4)}-4000-8000-${digits(12)}`));
    const one = { lines: batchOf(lines, { owners }), traces };
    expect(writeInFormat(one, 2).data.length).toBeLessThan(0.8 * writeInFormat(one, 1).data.length);
  });
});

describe('what is damaged inside', () => {
  /** Format 2 with what it has packed changed, and packed again. */
  const changed = (one: Segment, change: (content: Uint8Array) => Uint8Array): StoredSegment => {
    const stored = writeInFormat(one, 2);
    const head = new VarintReader(stored.data);
    const start = head.read() + head.at;
    const packed = packZstd(change(Buffer.from(unpack(stored.data.subarray(start)))));
    return { ...stored, data: Buffer.concat([stored.data.subarray(0, start), packed]) };
  };

  test('a flipped byte before the packing is found, or changes no line and leaves each an owner', () => {
    const place = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(someSegment, place, fc.integer({ min: 1, max: 255 }), (one, at, bits) => {
        const read = readOrDamaged(
          changed(one, (content) => {
            content[Math.floor(at * content.length)]! ^= bits;
            return content;
          }),
        );
        if (read === undefined) return;
        expect(Buffer.compare(read.lines.body, one.lines.body)).toBe(0);
        expect(Math.max(...read.lines.messageOf)).toBeLessThan(read.traces.length);
      }),
      { numRuns: 1_000 },
    );
  });

  /** Numbers in the place of all owners. */
  const owners = (...numbers: readonly number[]): ((content: Uint8Array) => Uint8Array) => {
    const writer = new VarintWriter();
    for (const number of numbers) writer.write(number);
    return (content) => {
      const reader = new VarintReader(content);
      const end = reader.read() + reader.at;
      const length = new VarintWriter();
      length.write(writer.bytes().length);
      return Buffer.concat([length.bytes(), writer.bytes(), content.subarray(end)]);
    };
  };
  const two = { ...segment(['m v=1 1', 'm v=2 2']), traces: [trace('00000000-0000-4000-8000-000000000000')] };

  test('owners that are written by hand are read', () => {
    expect(readSegment(changed(two, owners(1, 2, 1, 20, 4, 2, 0, 0)))).toMatchObject({
      traces: [{ firstSeenMs: 10, sentAtMs: 8 }],
    });
  });
  // Each is found where it is read: believed until the hash is compared, it would cost a minute or a gigabyte first.
  test.each<[string, readonly number[], RegExp]>([
    ['more messages than ids', [2 ** 26, 2, 1, 20, 4, 2, 0, 0], /number of ids is wrong/],
    ['more messages than ids as text', [2 ** 26, 2, 0, 20, 4, 2, 0, 0], /more messages than ids/],
    ['fewer messages than ids', [0, 2, 1, 2, 0, 0], /number of ids is wrong/],
    ['more lines than bytes', [1, 2 ** 32, 1, 20, 4, 2, 0, 0], /more lines than bytes/],
    ['a run that is longer than all lines', [1, 2, 1, 20, 4, 2 ** 52, 0, 0], /exceeds the last line/],
    ['an owner before the first', [1, 2, 1, 20, 4, 2, 1, 0], /no owner/],
    ['an owner behind the last', [1, 2, 1, 20, 4, 2, 2, 0], /no owner/],
    ['something behind the owners', [1, 2, 1, 20, 4, 2, 0, 0, 0], /./],
  ])('%s', (_, numbers, found) => {
    const damaged = changed(two, owners(...numbers));
    expect(() => readSegment(damaged)).toThrow(DamagedSegment);
    expect(() => readSegment(damaged)).toThrow(found);
  });
  test('more columns of digits than there can be', () => {
    const columns = (content: Uint8Array): Uint8Array => {
      const reader = new VarintReader(content);
      const at = reader.read() + reader.at;
      const writer = new VarintWriter();
      for (const number of [1, 4, 65, ...Array(65).fill(0)]) writer.write(number);
      return Buffer.concat([content.subarray(0, at), writer.bytes(), Buffer.from('a\nb\n')]);
    };
    expect(() => readSegment(changed(two, columns))).toThrow(/unpacked: .*columns/);
  });
  test.each<[string, Uint8Array]>([
    ['a codec that there is not', Uint8Array.of(0, 9, 1, 2, 3)],
    ['nothing', new Uint8Array()],
    ['more than was ever packed, by gzip', Buffer.concat([Buffer.of(0), packGzip(Buffer.alloc(65 * 1024 * 1024))])],
    ['more than was ever packed, by zstd', Buffer.concat([Buffer.of(0), packZstd(Buffer.alloc(65 * 1024 * 1024))])],
  ])('%s', (_, data) => {
    expect(() => readSegment({ ...writeSegment(two), data })).toThrow(DamagedSegment);
  });
});
