/**
 * The fast path from event to line. A rule is compiled once into a table of columns, and each event is written directly
 * into the line buffer. It handles plain values: text, finite numbers, safe integers, booleans, absent values, ignored
 * nulls and defaults. For any other value it writes nothing and restores the counters. The point converter then
 * converts or refuses the event. Both write the same bytes.
 *
 * Headers (`,name=`) are stored four bytes at a time and may write up to three bytes too many, which the value after
 * them overwrites. The comma of the first field is overwritten with the space before the fields, so that no branch for
 * the first field is needed.
 */

import { isHandledPromise } from '../custom/user-code.ts';
import { type Json, type JsonObject, numberOf, SourceNumber } from '../json/json.ts';
import { fixedBytesOf, type Header, header, putHeader } from '../lines/header.ts';
import { LINE_BYTES_MAX, type LineBuffer, SERIES_BYTES_MAX } from '../lines/line-buffer.ts';
import {
  NOT_PLAIN,
  writeBoolean,
  writeFloat,
  writeInteger,
  writeName,
  writeString,
  writeUtf8,
} from '../lines/line-bytes.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { escapeName } from '../mapping/name-rules.ts';
import { followPlain, resolveFirst } from '../mapping/path.ts';
import { isRefusal } from '../refusal.ts';
import { scalarText } from '../values/field-value.ts';
import { fieldOf, tagOf } from './columns.ts';
import { type FastPath, fastEncoder, type LineEncoder } from './encoder.ts';
import { measurementOf, needsOwnValue } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { type MemberWriter, plainMembers } from './member-writer.ts';
import { hasWildcards } from './members.ts';
import { createPointConverter } from './point-converter.ts';
import {
  BY_VALUE,
  type FieldColumn,
  FLOAT,
  fieldColumn,
  type HeadersByType,
  INTEGER,
  STRING,
  type TagColumn,
  tagColumn,
} from './rule-table.ts';
import { TimeWriter } from './time-writer.ts';
import { WildcardEncoder } from './wildcard-encoder.ts';

const SPACE = 32;
const NEWLINE = 10;
const LETTER_I = 105;

/** Creates the encoder of a rule. */
export const createRuleEncoder = (rule: MappingRule): LineEncoder =>
  fastEncoder(createFastPath(rule), createPointConverter(rule));

/**
 * Returns the fast path of a rule. With wildcards (`*`, `otherFields`) events decide the columns. If they are only the
 * scalar members of one object, as most are, the table of the rule serves for the other columns.
 */
export const createFastPath = (rule: MappingRule): FastPath => {
  if (!hasWildcards(rule)) return new RuleEncoder(rule);
  const members = plainMembers(rule);
  return members === undefined ? new WildcardEncoder(rule) : new RuleEncoder(rule, members);
};

/** Creates the encoder of a rule whose values functions of the user return. */
export const createCodeEncoder = (rule: MappingRule): LineEncoder => {
  const fast = new RuleEncoder(rule);
  return fastEncoder({ write: (input, out) => writeOrGiveUp(fast, input, out) }, createPointConverter(rule));
};

/** Gives up if a function throws. The point converter calls it again, and refuses the event with its name. */
const writeOrGiveUp = (fast: FastPath, input: EventInput, out: LineBuffer): number => {
  try {
    return fast.write(input, out);
  } catch {
    return NOT_PLAIN;
  }
};

class RuleEncoder implements FastPath {
  readonly #rule: MappingRule;
  readonly #measurement: Header | undefined;
  readonly #tags: readonly TagColumn[];
  readonly #fields: readonly FieldColumn[];
  readonly #time: TimeWriter;
  readonly #ignoresNulls: boolean;
  readonly #needsOwnValue: boolean;
  readonly #fixedBytes: number;
  readonly #members: MemberWriter | undefined;

  /** @param members - Writes the members that become fields; `undefined` if there are none. */
  constructor(rule: MappingRule, members?: MemberWriter) {
    this.#rule = rule;
    this.#members = members;
    this.#measurement = 'constant' in rule.measurement ? header(escapeName(rule.measurement.constant)) : undefined;
    this.#tags = rule.tags.map((tag) => tagColumn(tag, rule));
    this.#fields = rule.fields.map((field) => fieldColumn(field, rule));
    this.#time = new TimeWriter(rule);
    this.#needsOwnValue = needsOwnValue(rule);
    this.#ignoresNulls = rule.nulls === 'ignore';
    this.#fixedBytes = fixedBytesOf([
      this.#measurement,
      ...this.#tags.map((tag) => tag.header),
      ...this.#fields.flatMap(({ headerByName: names }) => [...names.values()]),
    ]);
  }

  write(input: EventInput, out: LineBuffer): number {
    out.reserve(this.#fixedBytes);
    const { bytes, view, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    let at = this.#putMeasurement(input, bytes, view, start, limit);
    if (at >= 0) at = this.#putTags(input, bytes, view, at, limit);
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    const fieldsStart = at;
    out.seriesEnd = at;
    input.isGiven = !this.#needsOwnValue;
    at = this.#putFields(input, bytes, view, at, limit);
    if (this.#members !== undefined && at >= 0) at = this.#members.write(input, bytes, view, at, limit);
    if (at <= fieldsStart || !input.isGiven) return NOT_PLAIN;
    bytes[fieldsStart] = SPACE;
    bytes[at] = SPACE;
    at = this.#time.write(input, bytes, at + 1);
    if (at < 0) return NOT_PLAIN;
    bytes[at++] = NEWLINE;
    return at > limit ? NOT_PLAIN : at;
  }

  #putMeasurement(input: EventInput, bytes: Buffer, view: DataView, at: number, limit: number): number {
    if (this.#measurement !== undefined) return putHeader(view, at, this.#measurement);
    const name = measurementOf(this.#rule, input);
    return typeof name === 'object' ? NOT_PLAIN : writeUtf8(bytes, at, escapeName(name), limit);
  }

  #putTags(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    const { event, root } = input;
    const tags = this.#tags;
    let at = start;
    for (let i = 0; i < tags.length; i++) {
      const tag = tags[i] as TagColumn;
      if (tag.isComposed) {
        at = this.#putComposedTag(tag, input, bytes, view, at, limit);
        if (at < 0) return NOT_PLAIN;
        continue;
      }
      const value = tag.plain === undefined ? columnValue(tag, input) : followPlain(tag.plain, event, root);
      let text = typeof value === 'string' ? value : this.#tagText(value, input);
      if (text === '') text = tag.rule.default ?? '';
      if (text === undefined || (text === '' && tag.rule.required)) return NOT_PLAIN;
      if (text === '') continue;
      at = writeName(bytes, putHeader(view, at, tag.header), text, limit);
      if (at < 0) return NOT_PLAIN;
    }
    return at;
  }

  #putComposedTag(tag: TagColumn, input: EventInput, bytes: Buffer, view: DataView, at: number, limit: number): number {
    const text = tagOf(tag.rule, this.#rule, input);
    if (text === undefined) return at;
    return typeof text === 'object' ? NOT_PLAIN : writeName(bytes, putHeader(view, at, tag.header), text, limit);
  }

  /** Returns the text of a tag value, empty if there is none, or `undefined` if the value is not plain. */
  #tagText(value: Json | undefined, input: EventInput): string | undefined {
    if (value === undefined) return '';
    if (value !== null) return scalarText(value, input);
    if (!this.#ignoresNulls) return undefined;
    input.altered += 1;
    return '';
  }

  #putFields(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    const { event, root } = input;
    const fields = this.#fields;
    let at = start;
    for (let i = 0; i < fields.length; i++) {
      const field = fields[i] as FieldColumn;
      if (field.isComposed) {
        at = this.#putConverted(field, input, bytes, view, at, limit);
        if (at < 0) return NOT_PLAIN;
        continue;
      }
      const value = field.plain === undefined ? columnValue(field, input) : followPlain(field.plain, event, root);
      if (value === undefined) continue;
      if (value === null) {
        if (!this.#ignoresNulls) return NOT_PLAIN;
        input.altered += 1;
        continue;
      }
      const end =
        field.kind === BY_VALUE
          ? putByValue(value, field.headers, bytes, view, at, limit)
          : putValue(field, value, input, bytes, view, at, limit);
      if (end < 0) {
        // The field may be left out, so only `fieldOf` decides whether the event has a value.
        at = this.#putConverted(field, input, bytes, view, at, limit);
        if (at < 0) return NOT_PLAIN;
        continue;
      }
      at = end;
      input.isGiven = true;
    }
    return at;
  }

  /** Writes a field whose value is converted first, or nothing if the field is left out. */
  #putConverted(
    field: FieldColumn,
    input: EventInput,
    bytes: Buffer,
    view: DataView,
    at: number,
    limit: number,
  ): number {
    const found = fieldOf(field.rule, this.#rule, input);
    if (found === undefined) return at;
    if (isRefusal(found)) return NOT_PLAIN;
    const [name, value] = found;
    const start = putHeader(view, at, field.headerByName.get(name) as Header);
    switch (value.type) {
      case 'float':
        return writeFloat(bytes, start, value.value);
      case 'integer': {
        const end = writeInteger(bytes, start, value.value);
        bytes[end] = LETTER_I;
        return end + 1;
      }
      case 'boolean':
        return writeBoolean(bytes, start, value.value);
      case 'string':
        return writeString(bytes, start, value.value, limit);
    }
  }
}

/**
 * Returns the value of a column without a plain path. A function may return anything; a value that JSON does not have is
 * not plain.
 */
const columnValue = ({ read, rule }: TagColumn | FieldColumn, input: EventInput): Json | undefined => {
  if (read === undefined) return resolveFirst(rule.paths, input);
  const value: unknown = read(input.event as JsonObject);
  // The other converter calls the function again, and refuses the event.
  isHandledPromise(value);
  return value as Json | undefined;
};

/** Writes a column of a declared type. */
const putValue = (
  { kind, pattern, header: head }: FieldColumn,
  value: Json,
  input: EventInput,
  bytes: Buffer,
  view: DataView,
  at: number,
  limit: number,
): number => {
  switch (kind) {
    case FLOAT:
      if (typeof value === 'number' && value - value === 0) return writeFloat(bytes, putHeader(view, at, head), value);
      return value instanceof SourceNumber ? putSourceFloat(value, bytes, view, at, head) : NOT_PLAIN;
    case INTEGER: {
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || !input.source.isPlainInteger(pattern))
        return NOT_PLAIN;
      const end = writeInteger(bytes, putHeader(view, at, head), value);
      bytes[end] = LETTER_I;
      return end + 1;
    }
    case STRING:
      return typeof value === 'string' ? writeString(bytes, putHeader(view, at, head), value, limit) : NOT_PLAIN;
    default:
      return typeof value === 'boolean' ? writeBoolean(bytes, putHeader(view, at, head), value) : NOT_PLAIN;
  }
};

/** Writes the column that the rule has for the type of the value. Numbers become floats. */
const putByValue = (
  value: Json,
  { number, string, boolean }: HeadersByType,
  bytes: Buffer,
  view: DataView,
  at: number,
  limit: number,
): number => {
  if (typeof value === 'number')
    return number === undefined || value - value !== 0
      ? NOT_PLAIN
      : writeFloat(bytes, putHeader(view, at, number), value);
  if (typeof value === 'string')
    return string === undefined ? NOT_PLAIN : writeString(bytes, putHeader(view, at, string), value, limit);
  if (typeof value === 'boolean')
    return boolean === undefined ? NOT_PLAIN : writeBoolean(bytes, putHeader(view, at, boolean), value);
  return number !== undefined && value instanceof SourceNumber
    ? putSourceFloat(value, bytes, view, at, number)
    : NOT_PLAIN;
};

const putSourceFloat = (value: SourceNumber, bytes: Buffer, view: DataView, at: number, head: Header): number => {
  const number = numberOf(value);
  return Number.isFinite(number) ? writeFloat(bytes, putHeader(view, at, head), number) : NOT_PLAIN;
};
