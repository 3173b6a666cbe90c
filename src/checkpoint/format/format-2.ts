/**
 * Format 2: owners in columns. If each message contains one point, an unpacked owner is as long as the packed point
 * (docs/decisions/0013).
 *
 *   data   = length of ids (varint) | ids | codec and packed content
 *   ids    = 16 bytes per message if all ids are UUIDs, as those of SQS are; otherwise length (varint) and text of each
 *   packed = length of owners (varint) | owners | lines, unchanged or with their digits in columns
 *   owners = number of messages, number of lines, whether ids are UUIDs
 *          | per message: first seen, as the difference from the message before; sent, as the difference from first seen
 *          | runs: number of lines, step from the trace before, first event; the events of a run are consecutive
 *
 * Ids are not packed. They are random, and would make the other bytes pack worse.
 */

import type { OwnedBatch, Target } from '../../sink/ports.ts';
import { packZstd, unpack } from './codec.ts';
import { COLUMNS_MAX, joinDigits, splitDigits } from './digit-columns.ts';
import { ownedLines } from './owned-lines.ts';
import type { Segment, Trace } from './segment.ts';
import { VarintReader, VarintWriter } from './varints.ts';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;

/** Returns the packed bytes of a segment. */
export const writeFormat2 = ({ lines, traces }: Segment): Uint8Array => {
  const uuids = traces.every(({ messageId }) => UUID.test(messageId));
  const ids = uuids ? uuidBytes(traces) : textBytes(traces);
  const owners = ownersBytes(lines, traces, uuids);
  const packed = packZstd(Buffer.concat([lengthOf(owners), owners, ...linesParts(lines.body)]));
  return Buffer.concat([lengthOf(ids), ids, packed]);
};

/**
 * Marks lines that are stored unchanged. Split lines begin with the length of the text, the number of columns, and
 * their lengths.
 */
const UNCHANGED = 0;
const SPLIT = 1;

const linesParts = (body: Uint8Array): Uint8Array[] => {
  const writer = new VarintWriter();
  const split = splitDigits(body);
  if (split === undefined) {
    writer.write(UNCHANGED);
    return [writer.bytes(), body];
  }
  writer.write(SPLIT);
  writer.write(split.rest.length);
  writer.write(split.columns.length);
  for (const column of split.columns) writer.write(column.length);
  return [writer.bytes(), split.rest, ...split.columns];
};

const readLines = (content: Uint8Array, start: number): Uint8Array => {
  const reader = new VarintReader(content, start);
  if (reader.read() === UNCHANGED) return content.subarray(reader.at);
  const restLength = reader.read();
  const columns = reader.read();
  if (columns > COLUMNS_MAX) throw new Error('it has more columns than it can have');
  const lengths = Array.from({ length: columns }, () => reader.read());
  let at = reader.at;
  const take = (length: number): Uint8Array => {
    at += length;
    return content.subarray(at - length, at);
  };
  return joinDigits({ rest: take(restLength), columns: lengths.map(take) });
};

const lengthOf = (bytes: Uint8Array): Uint8Array => {
  const writer = new VarintWriter();
  writer.write(bytes.length);
  return writer.bytes();
};

const uuidBytes = (traces: readonly Trace[]): Uint8Array =>
  Buffer.from(traces.map(({ messageId }) => messageId.replaceAll('-', '')).join(''), 'hex');

const textBytes = (traces: readonly Trace[]): Uint8Array =>
  Buffer.concat(
    traces.flatMap(({ messageId }) => {
      const text = Buffer.from(messageId);
      return [lengthOf(text), text];
    }),
  );

const ownersBytes = (
  { lines, messageOf, eventOf }: OwnedBatch,
  traces: readonly Trace[],
  uuids: boolean,
): Uint8Array => {
  const writer = new VarintWriter();
  writer.write(traces.length);
  writer.write(lines);
  writer.write(uuids ? 1 : 0);
  let seen = 0;
  for (const { firstSeenMs } of traces) {
    writer.writeSigned(firstSeenMs - seen);
    seen = firstSeenMs;
  }
  for (const { firstSeenMs, sentAtMs } of traces) writer.writeSigned(firstSeenMs - sentAtMs);
  let trace = 0;
  for (let line = 0; line < lines; ) {
    const first = line;
    do line++;
    while (line < lines && messageOf[line] === messageOf[first] && eventOf[line] === (eventOf[line - 1] as number) + 1);
    writer.write(line - first);
    writer.writeSigned((messageOf[first] as number) - trace);
    writer.write(eventOf[first] as number);
    trace = messageOf[first] as number;
  }
  return writer.bytes();
};

/**
 * Reads a segment. Every number is compared with the available bytes before it is used, because a damaged number must
 * not cost a minute or a gigabyte.
 *
 * @throws If the bytes are damaged.
 */
export const readFormat2 = (data: Uint8Array, target: Target): Segment => {
  const head = new VarintReader(data);
  const idsBytes = head.read();
  const ids = data.subarray(head.at, head.at + idsBytes);
  const content = unpack(data.subarray(head.at + idsBytes));
  const inside = new VarintReader(content);
  const ownersEnd = inside.read() + inside.at;
  const count = inside.read();
  const lineCount = inside.read();
  if (lineCount > content.length) throw new Error('it has more lines than bytes');
  const messageIds = inside.read() === 1 ? readUuids(ids, count) : readTexts(ids, count);
  let seen = 0;
  const firstSeen = messageIds.map(() => {
    seen += inside.readSigned();
    return seen;
  });
  const traces = messageIds.map((messageId, index): Trace => {
    const firstSeenMs = firstSeen[index] as number;
    return { messageId, firstSeenMs, sentAtMs: firstSeenMs - inside.readSigned() };
  });
  const messageOf = new Uint32Array(lineCount);
  const eventOf = new Uint32Array(lineCount);
  let trace = 0;
  for (let line = 0; line < lineCount; ) {
    const run = inside.read();
    if (run > lineCount - line) throw new Error('a run exceeds the last line');
    trace += inside.readSigned();
    const first = inside.read();
    messageOf.fill(trace, line, line + run);
    for (let at = 0; at < run; at++) eventOf[line + at] = first + at;
    line += run;
  }
  if (inside.at !== ownersEnd) throw new Error('its owners do not end where they should');
  return { lines: ownedLines(target, readLines(content, ownersEnd), messageOf, eventOf), traces };
};

const readUuids = (ids: Uint8Array, count: number): string[] => {
  if (ids.length !== count * UUID_BYTES) throw new Error('its number of ids is wrong');
  const hex = Buffer.from(ids).toString('hex');
  return Array.from({ length: count }, (_, index) => {
    const one = hex.slice(index * 2 * UUID_BYTES, (index + 1) * 2 * UUID_BYTES);
    return `${one.slice(0, 8)}-${one.slice(8, 12)}-${one.slice(12, 16)}-${one.slice(16, 20)}-${one.slice(20)}`;
  });
};

const readTexts = (ids: Uint8Array, count: number): string[] => {
  if (count > ids.length) throw new Error('it has more messages than ids');
  const reader = new VarintReader(ids);
  const texts = Array.from({ length: count }, () => {
    const length = reader.read();
    reader.at += length;
    return Buffer.from(ids.subarray(reader.at - length, reader.at)).toString('utf8');
  });
  if (reader.at !== ids.length) throw new Error('its ids do not end where they should');
  return texts;
};
