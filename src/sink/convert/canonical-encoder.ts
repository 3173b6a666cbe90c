/**
 * Fast path for canonical events: writes plain events directly into bytes. The point converter converts all others.
 * Both write the same bytes.
 */

import { isObject, type Json, type JsonObject } from '../json/json.ts';
import { LINE_BYTES_MAX, type LineBuffer } from '../lines/line-buffer.ts';
import { NOT_PLAIN, writeTime } from '../lines/line-bytes.ts';
import { isRefusal } from '../refusal.ts';
import { isImplausible, messageTime, SECONDS_MAX } from '../time/timestamp.ts';
import { canonicalPoint } from './canonical-point.ts';
import { columnNames } from './column-headers.ts';
import { fastEncoder, type LineEncoder } from './encoder.ts';
import type { EventInput } from './event-input.ts';
import { SERIES_BYTES_MAX } from './point-converter.ts';
import { writeFieldMember, writeMeasurement, writeTagMember } from './wildcard-bytes.ts';

const SPACE = 32;
const NEWLINE = 10;

const MEMBERS = new Set(['measurement', 'tags', 'fields', 'integers', 'timestamp']);
const NO_MEMBERS: JsonObject = {};

/** Creates the encoder of canonical events. */
export const createCanonicalEncoder = (): LineEncoder => {
  const measurements = columnNames('measurement');
  const tagNames = columnNames('tag');
  const fieldNames = columnNames('field');

  const writeTags = (bytes: Buffer, start: number, tags: JsonObject, limit: number): number => {
    const names = Object.keys(tags);
    if (names.length > 1) names.sort();
    let at = start;
    for (let i = 0; i < names.length && at >= 0; i++) {
      const name = names[i] as string;
      at = writeTagMember(bytes, at, tagNames, name, tags[name] as Json, limit);
    }
    return at;
  };

  const writeFields = (bytes: Buffer, start: number, event: JsonObject, tags: JsonObject, limit: number): number => {
    const fields = event.fields;
    if (!isObject(fields)) return NOT_PLAIN;
    const integers = event.integers;
    if (integers !== undefined && !isNames(integers)) return NOT_PLAIN;
    const names = Object.keys(fields);
    let at = start;
    for (let i = 0; i < names.length && at >= 0; i++) {
      const name = names[i] as string;
      if (Object.hasOwn(tags, name)) return NOT_PLAIN;
      const integer = integers?.includes(name) === true;
      at = writeFieldMember(bytes, at, fieldNames, name, fields[name] as Json, integer, limit);
    }
    if (at <= start) return NOT_PLAIN;
    bytes[start] = SPACE;
    return at;
  };

  const write = (input: EventInput, out: LineBuffer): number => {
    // Only objects are canonical events.
    const event = input.event as JsonObject;
    out.reserve(0);
    const { bytes, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    const tags = event.tags ?? NO_MEMBERS;
    if (!hasPlainMembers(event) || !isObject(tags)) return NOT_PLAIN;
    if (event.integers !== undefined && !input.source.integersPlain()) return NOT_PLAIN;
    let at = writeMeasurement(bytes, start, measurements, event.measurement as string, limit);
    if (at >= 0) at = writeTags(bytes, at, tags, limit);
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    out.seriesEnd = at;
    at = writeFields(bytes, at, event, tags, limit);
    return at < 0 ? NOT_PLAIN : writeEventTime(input, event.timestamp, bytes, at, limit);
  };

  return fastEncoder({ write }, canonicalPoint);
};

/** Whether the measurement is text and all members are known. */
const hasPlainMembers = (event: JsonObject): boolean => {
  for (const name of Object.keys(event)) if (!MEMBERS.has(name)) return false;
  return typeof event.measurement === 'string';
};

const isNames = (value: Json): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

const DIGITS = /^\d{10,19}$/;

/** Writes the time and the line break. A time is plain if it is text of whole nanoseconds, or absent. */
const writeEventTime = (
  input: EventInput,
  value: Json | undefined,
  bytes: Buffer,
  start: number,
  limit: number,
): number => {
  let seconds: number;
  let nanos: number;
  if (value === undefined) {
    const time = messageTime(input.messageId, input.sentAtMs, input.eventIndex);
    if (isRefusal(time)) return NOT_PLAIN;
    ({ seconds, nanos } = time);
  } else if (typeof value === 'string' && DIGITS.test(value)) {
    seconds = Number(value.slice(0, -9));
    nanos = Number(value.slice(-9));
    if (seconds >= SECONDS_MAX) return NOT_PLAIN;
    if (isImplausible(seconds, input.sentAtMs)) input.implausibleTimes += 1;
  } else return NOT_PLAIN;
  bytes[start] = SPACE;
  const end = writeTime(bytes, start + 1, seconds, nanos);
  bytes[end] = NEWLINE;
  return end + 1 > limit ? NOT_PLAIN : end + 1;
};
