/** Writes the line of a scanned event: copies values from the text of the body into the line. */

import type { DecodeOptions } from '../decode/decode-options.ts';
import { isTiny, numberAt, withoutZeros } from '../lines/decimal-bytes.ts';
import { type Header, type HeaderTable, header, headerTable, putHeader, putHeaderOf } from '../lines/header.ts';
import { LINE_BYTES_MAX, type LineBuffer, SERIES_BYTES_MAX } from '../lines/line-buffer.ts';
import { NOT_PLAIN, NUMBER_BYTES_MAX, writeBoolean, writeFloat, writeName, writeTime } from '../lines/line-bytes.ts';
import { isShortestDecimal } from '../lines/shortest-decimal.ts';
import type { FieldRule, FieldType, Mapping, TagRule } from '../mapping/mapping.ts';
import { checkName, escapeName } from '../mapping/name-rules.ts';
import type { Message } from '../message.ts';
import { isRefusal } from '../refusal.ts';
import { isImplausible, messageTime, NANO_DIGITS, SECONDS_MAX } from '../time/timestamp.ts';
import { JsonScanner, Kind, SCAN_CHARACTERS_MAX } from './json-scanner.ts';
import type { CollectedKeys } from './key-tree.ts';
import { type ScanPlan, scanPlan } from './scan-plan.ts';

const SPACE = 32;
const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;
const BACKSLASH = 92;
const DELETE = 127;
const LETTER_I = 105;
const NEWLINE = 10;

/** Digits of a decimal, at most, that is the shortest one of its double. Doubles distinguish all of them. */
const EXACT_DIGITS = 15;
/** Messages in a row that may not be accepted until scanning pauses, and messages of a pause. */
const MISSES_MAX = 32;
const PAUSE = 512;

/** Event of a scanned message, and the counters of its conversion. */
export interface ScannedEvent {
  readonly messageId: string;
  /** When the message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  readonly eventIndex: number;
  altered: number;
  implausibleTimes: number;
}

const columnText = ({ name }: { readonly name: string }): string => `,${escapeName(name)}=`;

/** Creates the encoder of a mapping, or returns `undefined` if its events must be decoded. */
export const createScanEncoder = (mapping: Mapping, options: DecodeOptions): ScanEncoder | undefined => {
  const { input, decoder, forCode, exactNumbers, messageBytesMax } = options;
  const needsObjects = decoder !== undefined || forCode === true || exactNumbers === true;
  const plan = needsObjects || (input !== 'auto' && input !== 'json') ? undefined : scanPlan(mapping);
  return plan && new ScanEncoder(plan, messageBytesMax);
};

/** Scans messages and writes their lines. */
export class ScanEncoder {
  readonly #scanner: JsonScanner;
  readonly #plan: ScanPlan;
  readonly #measurement: Header;
  readonly #tags: HeaderTable;
  readonly #fields: HeaderTable;
  /** Headers of collected members, and the names that they were made of. */
  readonly #members: { readonly name: string; readonly head: Header | undefined }[] = [];
  readonly #columns: ReadonlySet<string>;
  readonly #fixedBytes: number;
  readonly #charactersMax: number;
  #scanned: string | undefined;
  /** Messages since the last accepted one; negative while scanning pauses. */
  #misses = 0;
  // The line that is being written, and the offset that its text may not exceed.
  #bytes: Buffer = Buffer.alloc(0);
  #view = new DataView(this.#bytes.buffer);
  #limit = 0;

  /** @param messageBytesMax - Bytes of a body, at most. */
  constructor(plan: ScanPlan, messageBytesMax: number) {
    const { rule } = plan;
    this.#plan = plan;
    this.#scanner = new JsonScanner(plan);
    this.#measurement = header(escapeName('constant' in rule.measurement ? rule.measurement.constant : ''));
    this.#tags = headerTable(rule.tags.map(columnText));
    this.#fields = headerTable(rule.fields.map(columnText));
    this.#columns = new Set([...rule.tags, ...rule.fields].map(({ name }) => name));
    const words = this.#measurement.words.length + this.#tags.words.length + this.#fields.words.length;
    this.#fixedBytes = 4 * words + (rule.tags.length + rule.fields.length) * (4 + NUMBER_BYTES_MAX);
    // A UTF-16 code unit takes at most 3 bytes.
    this.#charactersMax = Math.min(SCAN_CHARACTERS_MAX, Math.floor(messageBytesMax / 3));
  }

  /** Scans the body of a message. Returns whether it is one event for the rule, which `write` can probably write. */
  scan({ body, origin, attributes }: Message): boolean {
    if (this.#misses < 0) {
      this.#misses += 1;
      return false;
    }
    if (origin !== undefined || body.length > this.#charactersMax) return false;
    // SQS extended clients set these, and the body is only a pointer.
    if (attributes.ExtendedPayloadSize !== undefined || attributes.SQSLargePayloadSize !== undefined) return false;
    return this.#scan(body);
  }

  #scan(body: string): boolean {
    const accepted = this.#scanner.scan(body);
    this.#scanned = accepted ? body : undefined;
    if (accepted) this.#misses = 0;
    else if (++this.#misses === MISSES_MAX) this.#misses = -PAUSE;
    return accepted;
  }

  /**
   * Writes the line of an event after the committed lines of `out`, commits nothing, and returns the end of the line.
   * Returns `NOT_PLAIN` if the ordinary path must convert the event.
   */
  write(body: string, input: ScannedEvent, out: LineBuffer): number {
    if (this.#scanned !== body && !this.#scan(body)) return NOT_PLAIN;
    out.reserve(this.#fixedBytes);
    const { bytes, view, length: start } = out;
    this.#bytes = bytes;
    this.#view = view;
    this.#limit = start + LINE_BYTES_MAX;
    let at = this.#putTags(input, putHeader(view, start, this.#measurement));
    if (at < 0 || at - start > SERIES_BYTES_MAX) return NOT_PLAIN;
    const fieldsStart = at;
    out.seriesEnd = at;
    at = this.#putFields(input, at);
    if (at >= 0) at = this.#putCollected(input, at);
    if (at <= fieldsStart) return NOT_PLAIN;
    bytes[fieldsStart] = SPACE;
    bytes[at] = SPACE;
    at = this.#putTime(input, at + 1);
    if (at < 0) return NOT_PLAIN;
    bytes[at++] = NEWLINE;
    return at > this.#limit ? NOT_PLAIN : at;
  }

  #putTags(input: ScannedEvent, from: number): number {
    const { kinds, starts, ends } = this.#scanner;
    const slots = this.#plan.tagSlots;
    let at = from;
    for (let i = 0; i < slots.length && at >= 0; i++) {
      const slot = slots[i] as number;
      const kind = kinds[slot] as number;
      const isEmptyText = kind >= Kind.STRING && starts[slot] === ends[slot];
      if (kind === Kind.ABSENT || kind === Kind.NULL || isEmptyText) {
        at = this.#putEmpty(i, kind, input, at);
        continue;
      }
      const start = putHeaderOf(this.#tags, i, this.#view, at);
      at = kind <= Kind.STRING ? this.#copy(slot, start) : this.#copyEscaped(slot, start);
    }
    return at;
  }

  /** Writes the default of a tag without a value, or nothing. */
  #putEmpty(index: number, kind: number, input: ScannedEvent, at: number): number {
    const { default: fallback, required } = this.#plan.rule.tags[index] as TagRule;
    if (kind === Kind.NULL && !this.#ignoresNull(input)) return NOT_PLAIN;
    if (fallback === undefined) return required ? NOT_PLAIN : at;
    return writeName(this.#bytes, putHeaderOf(this.#tags, index, this.#view, at), fallback, this.#limit);
  }

  #ignoresNull(input: ScannedEvent): boolean {
    if (this.#plan.rule.nulls !== 'ignore') return false;
    input.altered += 1;
    return true;
  }

  /** Copies a value as it is. May write up to three bytes more, which the next part of the line overwrites. */
  #copy(slot: number, at: number): number {
    const { starts, ends, view: source } = this.#scanner;
    const view = this.#view;
    const from = starts[slot] as number;
    const length = (ends[slot] as number) - from;
    if (at + length > this.#limit) return NOT_PLAIN;
    for (let i = 0; i < length; i += 4) view.setInt32(at + i, source.getInt32(from + i, true), true);
    return at + length;
  }

  /** Copies text to a tag value, and replaces the escapes of JSON with those of line protocol. */
  #copyEscaped(slot: number, start: number): number {
    const { starts, ends, bytes: source } = this.#scanner;
    const bytes = this.#bytes;
    const end = ends[slot] as number;
    let from = starts[slot] as number;
    let at = start;
    if (start + 2 * (end - from) > this.#limit) return NOT_PLAIN;
    for (; from < end; from++) {
      let code = source[from] as number;
      if (code === BACKSLASH) code = source[++from] as number;
      if (code === DELETE) return NOT_PLAIN;
      if (code === SPACE || code === 44 || code === 61 || code === BACKSLASH) bytes[at++] = BACKSLASH; // 44 ,  61 =
      bytes[at++] = code;
    }
    return at;
  }

  #putFields(input: ScannedEvent, start: number): number {
    const { kinds } = this.#scanner;
    const slots = this.#plan.fieldSlots;
    const { fields } = this.#plan.rule;
    let at = start;
    for (let i = 0; i < slots.length && at >= 0; i++) {
      const slot = slots[i] as number;
      const kind = kinds[slot] as number;
      if (kind === Kind.ABSENT) continue;
      if (kind !== Kind.NULL)
        at = this.#putField((fields[i] as FieldRule).type, slot, kind, putHeaderOf(this.#fields, i, this.#view, at));
      else if (!this.#ignoresNull(input)) return NOT_PLAIN;
    }
    return at;
  }

  /** Writes the members that a wildcard takes. */
  #putCollected(input: ScannedEvent, start: number): number {
    const { kinds, collected, collectedCount } = this.#scanner;
    let at = start;
    for (let i = 0; i < collectedCount && at >= 0; i++) {
      const slot = collected[i] as number;
      const kind = kinds[slot] as number;
      if (kind === Kind.ON_THE_WAY) continue;
      if (kind !== Kind.NULL) {
        const head = this.#memberHeader(slot);
        if (head === undefined || at + head.length + NUMBER_BYTES_MAX > this.#limit) return NOT_PLAIN;
        at = this.#putField('value', slot, kind, putHeader(this.#view, at, head));
      } else if (!this.#ignoresNull(input)) return NOT_PLAIN;
    }
    return at;
  }

  /** Returns the header of a collected member; `undefined` if its name is not valid, or that of a declared column. */
  #memberHeader(slot: number): Header | undefined {
    const { firstSlot, names } = this.#plan.root.collected as CollectedKeys;
    const name = names[slot - firstSlot] as string;
    const known = this.#members[slot - firstSlot];
    if (known?.name === name) return known.head;
    const isValid = checkName('field', name, '') === undefined && !this.#columns.has(name);
    const head = isValid ? header(columnText({ name })) : undefined;
    this.#members[slot - firstSlot] = { name, head };
    return head;
  }

  #putField(type: FieldType, slot: number, kind: number, at: number): number {
    if (kind >= Kind.STRING) return type === 'string' || type === 'value' ? this.#putText(slot, at) : NOT_PLAIN;
    if (kind === Kind.TRUE || kind === Kind.FALSE)
      return type === 'boolean' || type === 'value' ? writeBoolean(this.#bytes, at, kind === Kind.TRUE) : NOT_PLAIN;
    if (type === 'float' || type === 'value') return this.#putFloat(slot, kind, at);
    return type === 'integer' && kind === Kind.INTEGER ? this.#putInteger(slot, at) : NOT_PLAIN;
  }

  /** Writes text, in which the escapes of JSON are those of line protocol. */
  #putText(slot: number, at: number): number {
    this.#bytes[at] = QUOTE;
    const end = this.#copy(slot, at + 1);
    if (end < 0) return NOT_PLAIN;
    this.#bytes[end] = QUOTE;
    return end + 1;
  }

  #putInteger(slot: number, at: number): number {
    const { starts, ends, bytes: source } = this.#scanner;
    const from = starts[slot] as number;
    const isMinusZero = source[from] === MINUS && source[from + 1] === ZERO;
    if ((ends[slot] as number) - from > EXACT_DIGITS || isMinusZero) return NOT_PLAIN;
    const end = this.#copy(slot, at);
    if (end < 0) return NOT_PLAIN;
    this.#bytes[end] = LETTER_I;
    return end + 1;
  }

  /** Writes a float. Most decimals are copied, because they are the shortest of their doubles. */
  #putFloat(slot: number, kind: number, at: number): number {
    const { starts, ends, bytes: source } = this.#scanner;
    const from = starts[slot] as number;
    const end = ends[slot] as number;
    if (kind !== Kind.EXPONENT && !isTiny(source, from)) {
      if (kind === Kind.INTEGER && end - from <= EXACT_DIGITS) return this.#copy(slot, at);
      if (kind === Kind.FRACTION && end - from <= EXACT_DIGITS + 1)
        return withoutZeros(this.#bytes, this.#copy(slot, at));
      const digits = source[from] === MINUS ? from + 1 : from;
      if (kind === Kind.FRACTION && isShortestDecimal(source, digits, end)) return this.#copy(slot, at);
    }
    const value = Number(source.toString('latin1', from, end));
    return Number.isFinite(value) ? writeFloat(this.#bytes, at, value) : NOT_PLAIN;
  }

  #putTime(input: ScannedEvent, at: number): number {
    const { timestamp } = this.#plan.rule;
    const slot = this.#plan.timeSlot;
    if (timestamp === undefined || slot === undefined) {
      const time = messageTime(input.messageId, input.sentAtMs, input.eventIndex);
      return isRefusal(time) ? NOT_PLAIN : writeTime(this.#bytes, at, time.seconds, time.nanos);
    }
    if (this.#scanner.kinds[slot] !== Kind.INTEGER) return NOT_PLAIN;
    return this.#putDigits(slot, NANO_DIGITS[timestamp.precision as keyof typeof NANO_DIGITS], input, at);
  }

  /** Writes a time of digits, which are copied with zeros after them. */
  #putDigits(slot: number, nanoDigits: number, input: ScannedEvent, at: number): number {
    const { starts, ends, bytes: source } = this.#scanner;
    const from = starts[slot] as number;
    const end = ends[slot] as number;
    const secondsEnd = end + nanoDigits - 9;
    if (secondsEnd <= from || source[from] === MINUS) return NOT_PLAIN;
    const seconds = numberAt(source, from, secondsEnd);
    if (seconds === 0 || seconds >= SECONDS_MAX) return NOT_PLAIN;
    if (isImplausible(seconds, input.sentAtMs)) input.implausibleTimes += 1;
    const copied = this.#copy(slot, at);
    if (copied < 0) return NOT_PLAIN;
    for (let i = 0; i < nanoDigits; i++) this.#bytes[copied + i] = ZERO;
    return copied + nanoDigits;
  }
}
