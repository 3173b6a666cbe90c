/** `npm run bench:checkpoint`: capacity and cost of a segment, compared with the same lines packed by gzip and zstd. */

import { randomUUID } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Segment, Trace } from '../src/checkpoint/format/segment.ts';
import { readSegment, type StoredSegment, writeSegment } from '../src/checkpoint/format/stored-segment.ts';
import { createConverter } from '../src/sink/convert/converter.ts';
import { sliceLines, UNLIMITED } from '../src/sink/lines/batch.ts';
import type { Message } from '../src/sink/message.ts';
import { bodyOf, mappingFor, readings } from './data.ts';
import { oneBuffer } from './one-buffer.ts';
import { type Candidate, ratioOf, spreadOf, type Timing, timeInRounds } from './rounds.ts';

const POINTS = 60_000;
const ROUNDS = 15;
/** DynamoDB's limit for an item, 400 KB. */
const ITEM_BYTES = 400_000;
const UNIT_BYTES = 1_024;
const TARGET = { database: 'db', retentionPolicy: undefined };
const FIRST_MS = 1_780_000_000_000;

const segmentOf = (eventsPerMessage: number): Segment => {
  const convert = createConverter({
    mapping: mappingFor('typical'),
    converter: 'line',
    decode: { input: 'auto', messageBytesMax: 1e9 },
    target: TARGET,
  });
  const { buffer, buffers, observer } = oneBuffer(TARGET);
  const bodies = readings(POINTS, false).map((reading) => bodyOf(reading, 'typical'));
  const traces = Array.from({ length: POINTS / eventsPerMessage }, (_, message): Trace => {
    const sentAtMs = FIRST_MS + Math.floor(message / 10) * 7;
    const body = `[${bodies.slice(message * eventsPerMessage, (message + 1) * eventsPerMessage).join(',')}]`;
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
  return { lines: buffer.flush(UNLIMITED), traces };
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
  'lines and JSON, zstd level 1': (segment) => zstdCompressSync(plain(segment)).length,
};

const shown = (timing: Timing): string => {
  const { median, min, max } = spreadOf(timing.rounds);
  return `${median.toFixed(0)} (${min.toFixed(0)} to ${max.toFixed(0)}) ns per point`;
};

console.log(`Node ${process.version}, ${ROUNDS} rounds; median (lowest to highest)`);
for (const eventsPerMessage of [20, 1]) {
  const all = segmentOf(eventsPerMessage);
  console.log(
    `\n${eventsPerMessage} event(s) per message, ${(all.lines.body.length / POINTS).toFixed(0)} bytes per line`,
  );
  const points = Object.entries(PACKERS).map(([name, bytesOf]) => [name, fitting(all, bytesOf)] as const);
  for (const [name, count] of points)
    console.log(
      `  ${name.padEnd(30)}${String(count).padStart(7)} points in ${ITEM_BYTES} bytes, ${((1e6 / count) * (ITEM_BYTES / UNIT_BYTES)).toFixed(0)} write units per million points`,
    );
  const segment = firstLines(all, Math.min(...points.map(([, count]) => count)));
  const stored: StoredSegment = writeSegment(segment);
  const candidates: Candidate[] = [
    ...Object.entries(PACKERS).map(([name, bytesOf]) => ({ name: `${name}, packed`, run: () => bytesOf(segment) })),
    { name: 'a segment, read and checked', run: () => readSegment(stored) },
  ];
  const timings = timeInRounds(candidates, segment.lines.lines, ROUNDS);
  for (const timing of timings) console.log(`  ${timing.name.padEnd(38)}${shown(timing)}`);
  const [own, gzip] = timings as [Timing, Timing];
  const { median, min, max } = ratioOf(gzip, own);
  console.log(`  gzip / a segment${' '.repeat(24)}${median.toFixed(1)} (${min.toFixed(1)} to ${max.toFixed(1)})`);
}
