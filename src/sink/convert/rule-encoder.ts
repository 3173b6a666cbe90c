/**
 * The quick way from event to line: a rule is compiled once into a table of operations, and each event is written
 * straight into the line buffer. Typical values (text, doubles, safe integers, booleans, whole milliseconds) never
 * leave the two loops below; everything else goes to the same judges that the readable converter asks, so both write
 * the same bytes.
 *
 * Headers (`,name=`) are stored four bytes at a time and may overrun by three, which the value behind them covers. The
 * first field's comma is overwritten with the space before the fields: no branch for "first".
 */

import type { Json } from '../json/json.ts';
import { LINE_BYTES_MAX, type LineBuffer } from '../lines/line-buffer.ts';
import {
  NEEDS_JUDGEMENT,
  NO_ROOM,
  NUMBER_BYTES_MAX,
  writeBoolean,
  writeFloat,
  writeInteger,
  writeName,
  writeString,
  writeTime,
  writeUtf8,
} from '../lines/line-bytes.ts';
import type { FieldValue } from '../lines/point.ts';
import type { FieldRule, MappingRule, TagRule } from '../mapping/mapping.ts';
import { escapeName } from '../mapping/name-rules.ts';
import { followPlain, type PlainPath, plainPath, resolveFirst } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { createPointEncoder, type LineEncoder } from './encoder.ts';
import { type EventInput, hasOpenColumns, measurementOf, pathsText, timeOf } from './event-context.ts';
import { toTagValue } from './field-value.ts';
import { fieldOf, lineTooLong, noFields, SERIES_BYTES_MAX, seriesTooLong } from './point-converter.ts';
import { isImplausible, SECONDS_MAX } from './timestamp.ts';
import { createWildcardEncoder } from './wildcard-encoder.ts';

const SPACE = 32;
const NEWLINE = 10;
const LETTER_I = 105;

/** Bytes that are stored four at a time. */
interface Header {
  readonly words: Int32Array;
  readonly length: number;
}

interface TagOp {
  readonly rule: TagRule;
  readonly plain: PlainPath | undefined;
  readonly header: Header;
  readonly where: string;
}

const FLOAT = 0;
const INTEGER = 1;
const BOOLEAN = 2;
const STRING = 3;
const BY_VALUE = 4;
const KINDS = { float: FLOAT, integer: INTEGER, boolean: BOOLEAN, string: STRING, value: BY_VALUE } as const;

interface FieldOp {
  readonly rule: FieldRule;
  readonly plain: PlainPath | undefined;
  readonly kind: number;
  readonly header: Header;
}

const header = (text: string): Header => {
  const bytes = Buffer.from(text);
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const words = new Int32Array(padded.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = padded.readInt32LE(4 * i);
  return { words, length: bytes.length };
};

const columnHeader = (name: string): Header => header(`,${escapeName(name)}=`);

const putHeader = (view: DataView, at: number, { words, length }: Header): number => {
  for (let i = 0; i < words.length; i++) view.setInt32(at + 4 * i, words[i] as number, true);
  return at + length;
};

/** A judged field value; NO_ROOM when text does not fit below `limit`. */
const putField = (bytes: Buffer, at: number, field: FieldValue, limit: number): number => {
  switch (field.type) {
    case 'string':
      return writeString(bytes, at, field.value, limit);
    case 'float':
      return writeFloat(bytes, at, field.value);
    case 'boolean':
      return writeBoolean(bytes, at, field.value);
    case 'integer': {
      const end = writeInteger(bytes, at, field.value);
      bytes[end] = LETTER_I;
      return end + 1;
    }
  }
};

/** A rule with `*` or `otherFields` knows its columns only as events come: no table can be made of it. */
export const createRuleEncoder = (rule: MappingRule): LineEncoder =>
  hasOpenColumns(rule) ? createWildcardEncoder(rule) : new RuleEncoder(rule);

const fixedBytesOf = (headers: readonly Header[]): number =>
  headers.reduce((sum, { words }) => sum + 4 * words.length + 4 + NUMBER_BYTES_MAX, 0);

class RuleEncoder implements LineEncoder {
  readonly #rule: MappingRule;
  readonly #measurement: Header | undefined;
  readonly #tags: readonly TagOp[];
  readonly #fields: readonly FieldOp[];
  readonly #timePath: PlainPath | undefined;
  readonly #fixedBytes: number;
  /** Made when it is first needed. */
  #readable: LineEncoder | undefined;
  /** Set by a writing step that returns no position. */
  #refusal: Refusal | undefined;

  constructor(rule: MappingRule) {
    this.#rule = rule;
    this.#measurement = 'constant' in rule.measurement ? header(escapeName(rule.measurement.constant)) : undefined;
    this.#tags = rule.tags.map((tag) => ({
      rule: tag,
      plain: plainPath(tag.paths),
      header: columnHeader(tag.name),
      where: `tag "${tag.name}" (${pathsText(tag.paths)})`,
    }));
    this.#fields = rule.fields.map((field) => ({
      rule: field,
      plain: plainPath(field.paths),
      kind: field.byType === undefined ? KINDS[field.type] : BY_VALUE,
      header: columnHeader(field.name),
    }));
    const ms = rule.timestamp?.precision === 'ms';
    this.#timePath = ms ? plainPath(rule.timestamp?.paths ?? []) : undefined;
    const columns = [...this.#tags, ...this.#fields].map((op) => op.header);
    this.#fixedBytes = fixedBytesOf(this.#measurement === undefined ? columns : [...columns, this.#measurement]);
  }

  encode(input: EventInput, out: LineBuffer, messageIndex: number, eventIndex: number): Refusal | undefined {
    const { altered, implausibleTimes } = input;
    const refusal = this.#write(input, out, messageIndex, eventIndex);
    if (refusal === undefined || (refusal.code !== 'line-too-long' && refusal.code !== 'tag-too-long')) return refusal;
    // Text that does not fit ends the quick way at once, and another fault of the event may come before it.
    input.altered = altered;
    input.implausibleTimes = implausibleTimes;
    this.#readable ??= createPointEncoder(this.#rule);
    return this.#readable.encode(input, out, messageIndex, eventIndex);
  }

  #write(input: EventInput, out: LineBuffer, messageIndex: number, eventIndex: number): Refusal | undefined {
    out.reserve(this.#fixedBytes);
    const { bytes, view, length: start } = out;
    const limit = start + LINE_BYTES_MAX;
    let at = this.#putMeasurement(input, bytes, view, start, limit);
    if (at >= 0) at = this.#putTags(input, bytes, view, at, limit);
    if (at < 0) return this.#refusal;
    if (at - start > SERIES_BYTES_MAX) return seriesTooLong();
    const fieldsStart = at;
    at = this.#putFields(input, bytes, view, at, limit);
    if (at < 0) return this.#refusal;
    if (at === fieldsStart) return noFields();
    bytes[fieldsStart] = SPACE;
    at = this.#putTime(input, bytes, at);
    if (at < 0) return this.#refusal;
    bytes[at++] = NEWLINE;
    if (at > limit) return lineTooLong();
    out.commit(at, messageIndex, eventIndex);
    return undefined;
  }

  #fail(refusal: Refusal): number {
    this.#refusal = refusal;
    return NO_ROOM;
  }

  #putMeasurement(input: EventInput, bytes: Buffer, view: DataView, at: number, limit: number): number {
    if (this.#measurement !== undefined) return putHeader(view, at, this.#measurement);
    const name = measurementOf(this.#rule, input);
    return typeof name === 'object' ? this.#fail(name) : writeUtf8(bytes, at, escapeName(name), limit);
  }

  #putTags(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    const { event, root } = input;
    const tags = this.#tags;
    let at = start;
    for (let i = 0; i < tags.length; i++) {
      const op = tags[i] as TagOp;
      const value = op.plain === undefined ? resolveFirst(op.rule.paths, input) : followPlain(op.plain, event, root);
      if (typeof value === 'string' && value !== '') {
        const end = writeName(bytes, putHeader(view, at, op.header), value, limit);
        if (end >= 0) {
          at = end;
          continue;
        }
        if (end === NO_ROOM) return this.#fail(seriesTooLong());
      }
      at = this.#putJudgedTag(op, value, input, bytes, view, at, limit);
      if (at < 0) return at;
    }
    return at;
  }

  #putJudgedTag(
    op: TagOp,
    value: Json | undefined,
    input: EventInput,
    bytes: Buffer,
    view: DataView,
    at: number,
    limit: number,
  ): number {
    const text = this.#judgeTag(op, value, input);
    if (typeof text === 'object') return this.#fail(text);
    if (text === undefined) return at;
    const end = writeName(bytes, putHeader(view, at, op.header), text, limit);
    return end < 0 ? this.#fail(seriesTooLong()) : end;
  }

  #judgeTag(op: TagOp, value: Json | undefined, input: EventInput): string | Refusal | undefined {
    const text = toTagValue(value, op.where, this.#rule, input) ?? op.rule.default;
    if (text !== undefined || !op.rule.required) return text;
    return refuse('tag-missing', `${op.where}: the event has none, and it is required`);
  }

  #putFields(input: EventInput, bytes: Buffer, view: DataView, start: number, limit: number): number {
    const { event, root } = input;
    const fields = this.#fields;
    let at = start;
    for (let i = 0; i < fields.length; i++) {
      const op = fields[i] as FieldOp;
      const value = op.plain === undefined ? resolveFirst(op.rule.paths, input) : followPlain(op.plain, event, root);
      if (value === undefined) continue;
      const end = this.#putPlainField(op.kind, value, input, bytes, view, at, limit, op.header);
      at =
        end >= 0
          ? end
          : end === NO_ROOM
            ? this.#fail(lineTooLong())
            : this.#putJudgedField(op, input, bytes, at, limit);
      if (at < 0) return at;
    }
    return at;
  }

  /** The values that need no judge: a position, NO_ROOM, or NEEDS_JUDGEMENT for all others. */
  #putPlainField(
    kind: number,
    value: Json,
    input: EventInput,
    bytes: Buffer,
    view: DataView,
    at: number,
    limit: number,
    head: Header,
  ): number {
    switch (kind) {
      case FLOAT:
        if (typeof value !== 'number' || value - value !== 0) return NEEDS_JUDGEMENT;
        return writeFloat(bytes, putHeader(view, at, head), value);
      case INTEGER: {
        if (typeof value !== 'number' || !Number.isSafeInteger(value) || !input.source.integersPlain())
          return NEEDS_JUDGEMENT;
        const end = writeInteger(bytes, putHeader(view, at, head), value);
        bytes[end] = LETTER_I;
        return end + 1;
      }
      case STRING:
        return typeof value === 'string'
          ? writeString(bytes, putHeader(view, at, head), value, limit)
          : NEEDS_JUDGEMENT;
      case BOOLEAN:
        if (typeof value !== 'boolean') return NEEDS_JUDGEMENT;
        return writeBoolean(bytes, putHeader(view, at, head), value);
      default:
        return NEEDS_JUDGEMENT;
    }
  }

  #putJudgedField(op: FieldOp, input: EventInput, bytes: Buffer, at: number, limit: number): number {
    const found = fieldOf(op.rule, this.#rule, input);
    if (found === undefined) return at;
    if (isRefusal(found)) return this.#fail(found);
    return this.#putColumn(found[0], found[1], bytes, at, limit);
  }

  #putColumn(name: string, field: FieldValue, bytes: Buffer, at: number, limit: number): number {
    let end = writeUtf8(bytes, at, `,${escapeName(name)}=`, limit);
    if (end >= 0) end = putField(bytes, end, field, limit);
    return end < 0 ? this.#fail(lineTooLong()) : end;
  }

  #putTime(input: EventInput, bytes: Buffer, start: number): number {
    bytes[start] = SPACE;
    const at = start + 1;
    const value = this.#timePath === undefined ? undefined : followPlain(this.#timePath, input.event, input.root);
    if (
      typeof value === 'number' &&
      value > 0 &&
      value < SECONDS_MAX * 1000 &&
      Number.isInteger(value) &&
      input.source.integersExact()
    ) {
      const seconds = Math.floor(value / 1000);
      if (isImplausible(seconds, input.sentAtMs)) input.implausibleTimes += 1;
      return writeTime(bytes, at, seconds, (value - seconds * 1000) * 1_000_000);
    }
    const time = timeOf(this.#rule, input);
    if (isRefusal(time)) return this.#fail(time);
    return writeTime(bytes, at, time.seconds, time.nanos);
  }
}
