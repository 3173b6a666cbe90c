/** Stored segments in every format, and the detection of damage. Covers `src/checkpoint/format/`. */

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
  // A line with more runs of digits than there are columns.
  fc.array(fc.nat(1_000), { minLength: 60, maxLength: 100 }).map((numbers) => `m v="${numbers.join(',')}" 1`),
  fc.constantFrom('m a="no digits"', 'm v="\x01" 1', 'é,t=😀 v="\u0001\u0000" 12'),
  bytesOfLine,
);

// Milliseconds as SQS writes them, with at most 15 digits.
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
    // The order after conversion: the events of a message are consecutive.
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

test.each([
  ['no list', { length: 1 }],
  ['no object', [null]],
  ['without an id', [{ sentAtMs: 1, firstSeenMs: 1 }]],
  ['with a number as id', [{ messageId: 1, sentAtMs: 1, firstSeenMs: 1 }]],
  ['without the time at which it was sent', [{ messageId: 'a', firstSeenMs: 1 }]],
  ['with text as time', [{ messageId: 'a', sentAtMs: '1', firstSeenMs: 1 }]],
  ['with a time before 1970', [{ messageId: 'a', sentAtMs: -1, firstSeenMs: 1 }]],
  ['with a time of 16 digits', [{ messageId: 'a', sentAtMs: 1, firstSeenMs: 1e15 }]],
  ['with a fraction as time', [{ messageId: 'a', sentAtMs: 1, firstSeenMs: 1.5 }]],
])('detects a message %s in a segment of format 1, whose owners are JSON', (_, of) => {
  const stored = (traces: unknown): StoredSegment => {
    const one = segment(['m v=1 1']);
    const content = `${JSON.stringify({ traces, owners: [[0, 0]] })}\nm v=1 1\n`;
    return { ...writeInFormat(one, 1), data: packGzip(Buffer.from(content)) };
  };
  expect(readSegment(stored([{ messageId: 'a', sentAtMs: 1, firstSeenMs: 1 }])).traces).toHaveLength(1);
  expect(() => readSegment(stored(of))).toThrow(DamagedSegment);
});

describe.each(FORMATS)('format %i', (format) => {
  test(`returns any stored segment of format ${format} unchanged`, () => {
    fc.assert(
      fc.property(someSegment, (one) => {
        const stored = writeInFormat(one, format);
        expect(stored).toMatchObject({ format, target: one.lines.target, lines: one.lines.lines });
        expect(contentOf(readSegment(stored))).toEqual(contentOf(one));
      }),
      { numRuns: 300 },
    );
  });
  test(`returns 50,000 lines of 5,000 messages stored in format ${format}`, { tags: 'slow' }, () => {
    const owners = Array.from({ length: 50_000 }, (_, i): [number, number] => [(i * 7) % 5_000, i % 10]);
    const one: Segment = {
      lines: batchOf(linesFor('a', 50_000), { to: target('db', 'a week'), owners }),
      traces: Array.from({ length: 5_000 }, (_, i) => trace(`00000000-0000-4000-8000-${String(i).padStart(12, '0')}`)),
    };
    expect(contentOf(readSegment(writeInFormat(one, format)))).toEqual(contentOf(one));
  });
  test(`detects a flipped byte of format ${format} unless it changes no line`, { tags: 'slow' }, () => {
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
  test.each([-1, 1])(`detects a number of lines that is off by %i in format ${format}`, (by) => {
    const stored = writeInFormat(segment(linesFor('a', 5)), format);
    expect(() => readSegment({ ...stored, lines: stored.lines + by })).toThrow(DamagedSegment);
    expect(readSegment(stored).lines.lines).toBe(5);
  });
  test(`detects lines of another segment by the hash in format ${format}`, () => {
    const stored = writeInFormat(segment(linesFor('a', 5)), format);
    const { data } = writeInFormat(segment(linesFor('b', 5)), format);
    expect(() => readSegment({ ...stored, data })).toThrow('not those that were stored');
  });
  test(`detects a line without an owner and an owner without a line in format ${format}`, () => {
    const one = segment(linesFor('a', 5));
    const short = one.lines.body.subarray(0, one.lines.lineEnds[3]);
    for (const body of [short, Buffer.concat([one.lines.body, Buffer.from('m v=1 1\n')])])
      expect(() => readSegment(writeInFormat({ ...one, lines: { ...one.lines, body } }, format))).toThrow(
        /(?:fewer|more) lines than owners/,
      );
  });
  test(`detects a line with an unknown owner, which could not be settled, in format ${format}`, () => {
    const one = segment(linesFor('a', 5));
    const messageOf = Uint32Array.of(0, 0, 1, 0, 0);
    expect(() => readSegment(writeInFormat({ ...one, lines: { ...one.lines, messageOf } }, format))).toThrow(
      DamagedSegment,
    );
  });
});

describe('formats', () => {
  test('writes the newest format', () => {
    expect(writeSegment(segment(['m v=1 1'])).format).toBe(SEGMENT_FORMAT);
    expect(SEGMENT_FORMAT).toBe(Math.max(...FORMATS));
  });
  test('reads all formats from 1 to the newest, and no others', () => {
    expect([0, 1, 2, 3, 4, Number.NaN].map(isReadable)).toEqual([false, true, true, false, false, false]);
  });
  test('stores a segment in the newest format in the fewest bytes', () => {
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

describe('damage inside a segment', () => {
  /** Returns a segment in format 2 whose packed content was changed and packed again. */
  const changed = (one: Segment, change: (content: Uint8Array) => Uint8Array): StoredSegment => {
    const stored = writeInFormat(one, 2);
    const head = new VarintReader(stored.data);
    const start = head.read() + head.at;
    const packed = packZstd(change(Buffer.from(unpack(stored.data.subarray(start)))));
    return { ...stored, data: Buffer.concat([stored.data.subarray(0, start), packed]) };
  };

  test('detects a byte flipped before packing unless it changes no line, and leaves an owner for each line', () => {
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

  /** Replaces all owners with numbers. */
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

  test('reads owners that are written by hand', () => {
    expect(readSegment(changed(two, owners(1, 2, 1, 20, 4, 2, 0, 0)))).toMatchObject({
      traces: [{ firstSeenMs: 10, sentAtMs: 8 }],
    });
  });
  // Each fault is detected while reading. Otherwise the segment would take a minute or a gigabyte before the hash is
  // compared.
  test.each<[string, readonly number[], RegExp]>([
    ['more messages than ids', [2 ** 26, 2, 1, 20, 4, 2, 0, 0], /number of ids is wrong/],
    ['more messages than ids as text', [2 ** 26, 2, 0, 20, 4, 2, 0, 0], /more messages than ids/],
    ['fewer messages than ids', [0, 2, 1, 2, 0, 0], /number of ids is wrong/],
    ['more lines than bytes', [1, 2 ** 32, 1, 20, 4, 2, 0, 0], /more lines than bytes/],
    ['a run that is longer than all lines', [1, 2, 1, 20, 4, 2 ** 52, 0, 0], /exceeds the last line/],
    ['an owner before the first', [1, 2, 1, 20, 4, 2, 1, 0], /no owner/],
    ['an owner after the last', [1, 2, 1, 20, 4, 2, 2, 0], /no owner/],
    ['bytes after the owners', [1, 2, 1, 20, 4, 2, 0, 0, 0], /./],
  ])('detects a segment with %s', (_, numbers, found) => {
    const damaged = changed(two, owners(...numbers));
    expect(() => readSegment(damaged)).toThrow(DamagedSegment);
    expect(() => readSegment(damaged)).toThrow(found);
  });
  test('detects a segment with more columns of digits than the maximum', () => {
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
    ['an unknown codec', Uint8Array.of(0, 9, 1, 2, 3)],
    ['no bytes', new Uint8Array()],
    ['more bytes than the limit in gzip', Buffer.concat([Buffer.of(0), packGzip(Buffer.alloc(65 * 1024 * 1024))])],
    ['more bytes than the limit in zstd', Buffer.concat([Buffer.of(0), packZstd(Buffer.alloc(65 * 1024 * 1024))])],
  ])('detects packed data with %s', (_, data) => {
    expect(() => readSegment({ ...writeSegment(two), data })).toThrow(DamagedSegment);
  });
});
