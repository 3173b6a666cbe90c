/**
 * `npm run bench:checkpoint`: capacity and cost of a segment, compared with the same lines packed by gzip and zstd, and with
 * `JSON.parse` of their bodies. `--json` prints the figures for 20 events per message as one object in the last line.
 */

import { randomUUID } from 'node:crypto';
import { constants, gzipSync, zstdCompressSync } from 'node:zlib';
import type { Segment, Trace } from '../src/checkpoint/format/segment.ts';
import { readSegment, type StoredSegment, writeSegment } from '../src/checkpoint/format/stored-segment.ts';
import { createConverter } from '../src/sink/convert/converter.ts';
import { sliceLines, UNLIMITED } from '../src/sink/lines/batch.ts';
import { parseMapping } from '../src/sink/mapping/parse-mapping.ts';
import type { Message } from '../src/sink/message.ts';
import { DATA, mappingFrom } from './data.ts';
import { oneBuffer } from './one-buffer.ts';
import { readings } from './readings.ts';
import { type Candidate, ratioOf, type Spread, spreadOf, type Timing, timeInRounds } from './rounds.ts';

const POINTS = 60_000;
const ROUNDS = 15;
/** DynamoDB's limit for an item, 400 KB. */
const ITEM_BYTES = 400_000;
const UNIT_BYTES = 1_024;
const TARGET = { database: 'db', retentionPolicy: undefined };
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };
const FIRST_MS = 1_780_000_000_000;

/** A segment, and the bodies of its messages. */
interface Stored {
  readonly segment: Segment;
  readonly bodies: readonly string[];
}

const segmentOf = (eventsPerMessage: number): Stored => {
  const convert = createConverter({
    mapping: mappingFrom(DATA.typical.declaration, parseMapping),
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: 1e9 },
    target: TARGET,
  });
  const { buffer, buffers, observer } = oneBuffer(TARGET);
  const events = readings(POINTS).map((reading) => JSON.stringify(reading));
  const bodies: string[] = [];
  const traces = Array.from({ length: POINTS / eventsPerMessage }, (_, message): Trace => {
    const sentAtMs = FIRST_MS + Math.floor(message / 10) * 7;
    const body = `[${events.slice(message * eventsPerMessage, (message + 1) * eventsPerMessage).join(',')}]`;
    bodies.push(body);
    const trace = { messageId: randomUUID(), sentAtMs, firstSeenMs: sentAtMs + (message % 5) };
    const source: Message = {
      id: trace.messageId,
      body,
      sentAtMs,
      firstReceivedAtMs: trace.firstSeenMs,
      receiveCount: 1,
      groupId: undefined,
      attributes: {},
      origin: undefined,
    };
    Array.from(convert.convert(convert.decode(source, message), buffers, observer));
    return trace;
  });
  return { segment: { lines: buffer.flush(UNLIMITED), traces }, bodies };
};

const firstLines = ({ lines, traces }: Segment, count: number): Segment => {
  const some = sliceLines(lines, 0, count);
  return { lines: some, traces: traces.slice(0, (some.messageOf.at(-1) as number) + 1) };
};

/** Returns the number of points that fit into one item, by bisection, because the packed size is not predictable. */
const fitting = (segment: Segment, bytesOf: (segment: Segment) => number): number => {
  let [fits, tooMany] = [1, segment.lines.lines];
  while (tooMany - fits > 20) {
    const middle = (fits + tooMany) >> 1;
    if (bytesOf(firstLines(segment, middle)) <= ITEM_BYTES) fits = middle;
    else tooMany = middle;
  }
  return fits;
};

/** Returns the simple alternative: the lines, followed by their messages and events as JSON. */
const plain = ({ lines, traces }: Segment): Uint8Array =>
  Buffer.concat([lines.body, Buffer.from(JSON.stringify([lines.messageOf, lines.eventOf, traces]))]);

const PACKERS: Readonly<Record<string, (segment: Segment) => number>> = {
  'a segment': (segment) => writeSegment(segment).data.length,
  'lines and JSON, gzip': (segment) => gzipSync(plain(segment)).length,
  'lines and JSON, zstd level 1': (segment) => zstdCompressSync(plain(segment), ZSTD_OPTIONS).length,
};

const shown = (timing: Timing): string => {
  const { median, min, max } = spreadOf(timing.rounds);
  return `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)}) ns per point`;
};

/** Times of one candidate, divided by those of another one, round by round. */
const showRatio = (name: string, { median, min, max }: Spread): void =>
  console.log(`  ${name.padEnd(40)}${median.toFixed(2)} (${min.toFixed(2)} to ${max.toFixed(2)})`);

/** Figures of a segment of the largest size, for `--json`. */
interface Figures {
  /** Bytes of the lines, divided by those of the packed segment. */
  readonly timesSmaller: number;
  readonly microsecondsPerPoint: number;
  readonly readMicrosecondsPerPoint: number;
  /** Time of packing, divided by that of `JSON.parse` of the same events. */
  readonly overJsonParse: number;
  /** Time of packing, divided by that of zstd alone, for the same lines without owners and hash. */
  readonly overZstd: number;
}

const measure = (segment: Segment, bodies: readonly string[]): Figures => {
  const stored: StoredSegment = writeSegment(segment);
  const { body, lines } = segment.lines;
  const candidates: Candidate[] = [
    ...Object.entries(PACKERS).map(([name, bytesOf]) => ({ name: `${name}, packed`, run: () => bytesOf(segment) })),
    { name: 'lines alone, zstd level 1', run: () => zstdCompressSync(body, ZSTD_OPTIONS) },
    { name: 'a segment, read and checked', run: () => readSegment(stored) },
    { name: 'JSON.parse of the bodies', run: () => bodies.map((one) => JSON.parse(one)) },
  ];
  const timings = timeInRounds(candidates, lines, ROUNDS);
  for (const timing of timings) console.log(`  ${timing.name.padEnd(38)}${shown(timing)}`);
  const [own, gzip, , zstd, read, parse] = timings as [Timing, Timing, Timing, Timing, Timing, Timing];
  const [overParse, overZstd] = [ratioOf(own, parse), ratioOf(own, zstd)];
  const timesSmaller = body.length / stored.data.length;
  console.log(`  ${'lines / a segment, bytes'.padEnd(40)}${timesSmaller.toFixed(1)}`);
  showRatio('gzip / a segment', ratioOf(gzip, own));
  showRatio('a segment / zstd of the lines', overZstd);
  showRatio('a segment / JSON.parse', overParse);
  showRatio('reading / JSON.parse', ratioOf(read, parse));
  const rounded = (value: number): number => Number(value.toFixed(2));
  return {
    timesSmaller: rounded(timesSmaller),
    microsecondsPerPoint: rounded(spreadOf(own.rounds).median / 1_000),
    readMicrosecondsPerPoint: rounded(spreadOf(read.rounds).median / 1_000),
    overJsonParse: rounded(overParse.median),
    overZstd: rounded(overZstd.median),
  };
};

console.log(`Node ${process.version}, ${ROUNDS} rounds; median (lowest to highest)`);
const measured = new Map<number, Figures>();
for (const eventsPerMessage of [20, 1]) {
  const { segment: all, bodies } = segmentOf(eventsPerMessage);
  console.log(
    `\n${eventsPerMessage} event(s) per message, ${(all.lines.body.length / POINTS).toFixed(0)} bytes per line`,
  );
  const points = Object.entries(PACKERS).map(([name, bytesOf]) => [name, fitting(all, bytesOf)] as const);
  for (const [name, count] of points)
    console.log(
      `  ${name.padEnd(30)}${String(count).padStart(7)} points in ${ITEM_BYTES} bytes, ${((1e6 / count) * (ITEM_BYTES / UNIT_BYTES)).toFixed(0)} write units per million points`,
    );
  const segment = firstLines(all, Math.min(...points.map(([, count]) => count)));
  measured.set(eventsPerMessage, measure(segment, bodies.slice(0, segment.traces.length)));
}
if (process.argv.includes('--json')) console.log(JSON.stringify({ checkpoint: measured.get(20) }));
