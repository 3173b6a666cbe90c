/**
 * Fast path for canonical events: writes plain events directly into bytes. The point converter converts all others.
 * Both write the same bytes.
 */

import { isObject, type Json, type JsonObject } from '../json/json.ts';
import { memberPattern } from '../json/only-member.ts';
import type { Header } from '../lines/header.ts';
import { LINE_BYTES_MAX, type LineBuffer, SERIES_BYTES_MAX } from '../lines/line-buffer.ts';
import { NOT_PLAIN, writeTime } from '../lines/line-bytes.ts';
import { areDistinct, type Shape, Shapes } from '../lines/shapes.ts';
import { isRefusal } from '../refusal.ts';
import { isImplausible, messageTime, SECONDS_MAX } from '../time/timestamp.ts';
import { canonicalPoint } from './canonical-point.ts';
import { columnNames } from './column-headers.ts';
import { type FastPath, fastEncoder, type LineEncoder } from './encoder.ts';
import type { EventInput } from './event-input.ts';
import { writeFieldMember, writeIntegerMember, writeMeasurement, writeTagMember } from './wildcard-bytes.ts';

const SPACE = 32;
const NEWLINE = 10;
const ZERO = 48;

const MEMBERS: ReadonlySet<string> = new Set(['measurement', 'tags', 'fields', 'integers', 'timestamp']);
const NO_MEMBERS: JsonObject = {};
const NO_NAMES: readonly string[] = [];

/** Creates the encoder of canonical events. */
export const createCanonicalEncoder = (): LineEncoder => fastEncoder(new CanonicalEncoder(), canonicalPoint);

/** The fast path of canonical events. */
export class CanonicalEncoder implements FastPath {
  readonly #measurements = columnNames('measurement');
  readonly #tags = new Shapes(headersOf('tag'));
  readonly #fields = new Shapes(headersOf('field'));
  /** Shapes of whole events, which have no columns. */
  readonly #events = new Shapes(() => undefined);
  /** The integer fields of the event before, and how `SourceText` searches for them. */
  readonly #names: string[] = [];
  readonly #patterns: (string | undefined)[] = [];
  /** The shape of an event that was seen last and has no unknown members. */
  #known: Shape | undefined;

  write(input: EventInput, out: LineBuffer): number {
    // Only objects are canonical events.
    const event = input.event as JsonObject;
    out.reserve(0);
    const { bytes, view, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    const { measurement, fields, integers = NO_NAMES } = event;
    const tags = event.tags ?? NO_MEMBERS;
    if (typeof measurement !== 'string' || !isObject(tags) || !isObject(fields) || !this.#isKnown(event))
      return NOT_PLAIN;
    if (!isNames(integers) || !this.#arePlain(integers, input)) return NOT_PLAIN;
    const tagShape = this.#tags.of(Object.keys(tags));
    const fieldShape = this.#fields.of(Object.keys(fields));
    if (!areDistinct(fieldShape, tagShape)) return NOT_PLAIN;
    let at = writeMeasurement(view, start, this.#measurements, measurement, limit);
    if (at >= 0) at = writeTags(tags, tagShape, bytes, view, at, limit);
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    out.seriesEnd = at;
    const fieldsStart = at;
    at = writeFields(fields, fieldShape, integers, bytes, view, at, limit);
    if (at <= fieldsStart) return NOT_PLAIN;
    bytes[fieldsStart] = SPACE;
    return writeEventTime(input, event.timestamp, bytes, at, limit);
  }

  /** Whether all integer fields are written with digits only. */
  #arePlain(integers: readonly string[], { source }: EventInput): boolean {
    if (integers.length > LOOKED_UP_MAX) return source.integersPlain();
    const patterns = this.#patterns;
    for (let index = 0; index < integers.length; index++) {
      const name = integers[index] as string;
      if (this.#names[index] !== name) {
        this.#names[index] = name;
        patterns[index] = memberPattern(name);
      }
      if (!source.isPlainInteger(patterns[index])) return false;
    }
    return true;
  }

  /** Whether all members of an event are known. */
  #isKnown(event: JsonObject): boolean {
    const shape = this.#events.of(Object.keys(event));
    if (shape === this.#known) return true;
    if (!shape.names.every((name) => MEMBERS.has(name))) return false;
    this.#known = shape;
    return true;
  }
}

const headersOf = (role: 'tag' | 'field'): ((name: string) => Header | undefined) => {
  const names = columnNames(role);
  return (name) => names.header(name);
};

const writeTags = (
  tags: JsonObject,
  { names, headers, sorted }: Shape,
  bytes: Buffer,
  view: DataView,
  start: number,
  limit: number,
): number => {
  let at = start;
  for (let i = 0; i < sorted.length && at >= 0; i++) {
    const index = sorted[i] as number;
    at = writeTagMember(bytes, view, at, headers[index], tags[names[index] as string], limit);
  }
  return at;
};

const writeFields = (
  fields: JsonObject,
  { names, headers }: Shape,
  integers: readonly string[],
  bytes: Buffer,
  view: DataView,
  start: number,
  limit: number,
): number => {
  let at = start;
  for (let index = 0; index < names.length && at >= 0; index++) {
    const name = names[index] as string;
    const write = integers.includes(name) ? writeIntegerMember : writeFieldMember;
    at = write(bytes, view, at, headers[index], fields[name], limit);
  }
  return at;
};

const isNames = (value: Json): value is readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string');

/** Integers, at most, that are looked up one by one. For more of them it is faster to read the whole text. */
const LOOKED_UP_MAX = 3;

/** Writes the time and the line break. A time is plain if it is text of whole nanoseconds, or absent. */
const writeEventTime = (
  input: EventInput,
  value: Json | undefined,
  bytes: Buffer,
  start: number,
  limit: number,
): number => {
  bytes[start] = SPACE;
  const end =
    value === undefined ? writeMessageTime(input, bytes, start + 1) : writeNanos(value, input, bytes, start + 1);
  if (end < 0) return NOT_PLAIN;
  bytes[end] = NEWLINE;
  return end + 1 > limit ? NOT_PLAIN : end + 1;
};

const writeMessageTime = ({ messageId, sentAtMs, eventIndex }: EventInput, bytes: Buffer, at: number): number => {
  const time = messageTime(messageId, sentAtMs, eventIndex);
  return isRefusal(time) ? NOT_PLAIN : writeTime(bytes, at, time.seconds, time.nanos);
};

/** Copies the digits of a time, 10 to 19, and checks its seconds. */
const writeNanos = (value: Json, input: EventInput, bytes: Buffer, at: number): number => {
  if (typeof value !== 'string' || value.length < 10 || value.length > 19) return NOT_PLAIN;
  const secondsEnd = value.length - 9;
  let seconds = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < ZERO || code > ZERO + 9) return NOT_PLAIN;
    if (i < secondsEnd) seconds = seconds * 10 + code - ZERO;
    bytes[at + i] = code;
  }
  // Leading zeros, and times that few events have, are left to the point converter.
  if (bytes[at] === ZERO || seconds >= SECONDS_MAX) return NOT_PLAIN;
  if (isImplausible(seconds, input.sentAtMs)) input.implausibleTimes += 1;
  return at + value.length;
};
