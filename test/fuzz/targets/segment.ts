/** Stored segments in both formats. */

import { gzipSync } from 'node:zlib';
import { marked, packZstd } from '../../../src/checkpoint/format/codec.ts';
import { readFormat1 } from '../../../src/checkpoint/format/format-1.ts';
import { readFormat2 } from '../../../src/checkpoint/format/format-2.ts';
import type { Segment } from '../../../src/checkpoint/format/segment.ts';
import {
  DamagedSegment,
  hashOf,
  readSegment,
  type StoredSegment,
  writeSegment,
} from '../../../src/checkpoint/format/stored-segment.ts';
import { lineText } from '../../../src/sink/lines/batch.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import { writeFormat1 } from '../../checkpoint/format/format-1-writer.ts';
import { batchOf, contentOf, linesFor, segment, trace } from '../../checkpoint/make.ts';
import { inputOf, must, mustEqual, selected, type Target } from '../target.ts';

const TARGET = { database: 'db', retentionPolicy: undefined };
const CODEC_GZIP = 1;

/** Ways to make stored bytes of an input: as they are, or with a content that is packed correctly. */
const FORMS: readonly ((bytes: Uint8Array) => readonly [format: number, data: Uint8Array])[] = [
  (bytes) => [1, bytes],
  (bytes) => [2, bytes],
  (bytes) => [1, marked(CODEC_GZIP, gzipSync(bytes, { level: 1 }))],
  (bytes) => {
    const ids = (bytes[0] ?? 0) % 128;
    return [2, Buffer.concat([Uint8Array.of(ids), bytes.subarray(1, 1 + ids), packZstd(bytes.subarray(1 + ids))])];
  },
];

const read = (format: number, data: Uint8Array): Segment | undefined => {
  try {
    return format === 1 ? readFormat1(data, TARGET) : readFormat2(data, TARGET);
  } catch {
    return undefined;
  }
};

/** Reads stored bytes whose hash and number of lines match. Returns `undefined` if they are reported as damaged. */
const readOrDamaged = (format: number, data: Uint8Array): Segment | undefined => {
  const found = read(format, data);
  const stored: StoredSegment = {
    format,
    target: TARGET,
    lines: found?.lines.lines ?? 1,
    hash: found === undefined ? new Uint8Array(32) : hashOf(found.lines),
    data,
  };
  try {
    return readSegment(stored);
  } catch (error) {
    if (!(error instanceof DamagedSegment)) throw error;
    must(error.message.length < 500, 'the report of a damage is too long', error.message);
    return undefined;
  }
};

const checkSegment = ({ lines, traces }: Segment): void => {
  must(Array.isArray(traces), 'the messages are no list', traces);
  for (const one of traces) {
    must(typeof one.messageId === 'string', 'a message has no id', one);
    must(Number.isSafeInteger(one.sentAtMs) && Number.isSafeInteger(one.firstSeenMs), 'a message has no times', one);
  }
  let end = 0;
  for (let line = 0; line < lines.lines; line++) {
    must((lines.lineEnds[line] as number) > end, 'a line ends before it begins');
    end = lines.lineEnds[line] as number;
    must((lines.messageOf[line] as number) < traces.length, 'a line has no owner');
    parseOwnLine(lineText(lines, line));
  }
  must(end === lines.body.length, 'the last line does not end with the bytes');
};

const unpackedContent = (one: Segment): Uint8Array =>
  Buffer.from(
    `${JSON.stringify({ traces: one.traces, owners: Array.from(one.lines.messageOf, (of, line) => [of, one.lines.eventOf[line]]) })}\n${Buffer.from(one.lines.body)}`,
  );

const SAMPLES: readonly Segment[] = [
  segment(['m v=1 1780000000000000000']),
  segment(linesFor('a', 3)),
  {
    lines: batchOf(linesFor('b', 4), {
      to: TARGET,
      owners: [
        [0, 0],
        [0, 1],
        [1, 0],
        [0, 7],
      ],
    }),
    traces: [trace('00000000-0000-4000-8000-000000000001'), trace('00000000-0000-4000-8000-000000000002')],
  },
];

export const target: Target = {
  meaning: 'stored segments of both formats',
  selectors: 1,
  seeds: () =>
    SAMPLES.flatMap((one) => [
      inputOf([0], writeFormat1(one).data),
      inputOf([1], writeSegment(one).data),
      inputOf([2], unpackedContent(one)),
    ]).concat([inputOf([3], Uint8Array.of(2, 1, 97, 8, 1, 1, 0, 2, 2, 1, 0, 0, 0, ...Buffer.from('m v=1 1\n')))]),
  run: (input) => {
    const [format, data] = selected(FORMS, input[0])(input.subarray(1));
    const found = readOrDamaged(format, data);
    if (found === undefined) return;
    checkSegment(found);
    // JSON has a time of -0, which is the same time as 0, and ids with half of a surrogate pair, which SQS never has.
    const traces = found.traces.map(({ messageId, sentAtMs, firstSeenMs }) => ({
      messageId: messageId.toWellFormed(),
      sentAtMs: sentAtMs + 0,
      firstSeenMs: firstSeenMs + 0,
    }));
    const exact = { ...found, traces };
    mustEqual(
      contentOf(readSegment(writeSegment(exact))),
      contentOf(exact),
      'a segment changes when it is stored again',
    );
  },
};
