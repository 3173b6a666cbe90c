/** Lines of any content, packed into a segment and read again. */

import type { Segment } from '../../../src/checkpoint/format/segment.ts';
import { readSegment, writeSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import { writeFormat1 } from '../../checkpoint/format/format-1-writer.ts';
import { batchOf, contentOf, linesFor, trace } from '../../checkpoint/make.ts';
import { inputOf, mustEqual, type Target } from '../target.ts';

const NEWLINE = 10;
const TARGET = { database: 'db', retentionPolicy: 'week' };
const UUID = '00000000-0000-4000-8000-00000000000';

/** Splits bytes at line breaks. */
const linesIn = (bytes: Uint8Array): Uint8Array[] => {
  const lines: Uint8Array[] = [];
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    lines.push(bytes.subarray(start, end));
    start = end + 1;
  }
  return [...lines, bytes.subarray(start)];
};

/** Returns a segment of the lines. The three selectors decide to which messages and events they belong. */
const segmentOf = ([ids = 0, messages = 0, events = 0]: Uint8Array, lines: readonly Uint8Array[]): Segment => {
  const count = 1 + (messages % 7);
  const traces = Array.from({ length: count }, (_, index) =>
    trace(ids % 2 === 0 ? `${UUID}${index}` : `id ${index} \u00e9`, {
      firstSeenMs: 1_780_000_000_000 + ids * index,
      sentAtMs: index * messages,
    }),
  );
  const owners = lines.map((_, line): [number, number] => [(line * messages) % count, events * (line % (1 + events))]);
  return { lines: batchOf(lines, { to: TARGET, owners }), traces };
};

export const target: Target = {
  meaning: 'lines of any content that are stored and read again',
  selectors: 3,
  seeds: () => [
    inputOf([0, 0, 0], linesFor('a', 20).join('\n')),
    inputOf([1, 3, 2], 'm v=1 1780000000000000000\nm v="1234567890123456789012345678901234567890" 1780000000000000001'),
    inputOf([1, 3, 2], Array.from({ length: 80 }, (_, index) => `m v=${index},w=${index}${index} ${index}`).join('\n')),
    inputOf([0, 6, 1], Uint8Array.of(0, 1, 2, 10, 255, 48, 49, 10, 10, 57)),
  ],
  run: (input) => {
    const one = segmentOf(input, linesIn(input.subarray(3)));
    mustEqual(contentOf(readSegment(writeSegment(one))), contentOf(one), 'a segment of format 2 is read differently');
    mustEqual(contentOf(readSegment(writeFormat1(one))), contentOf(one), 'a segment of format 1 is read differently');
  },
};
