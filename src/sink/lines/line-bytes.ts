/**
 * The pieces of a line, written straight into bytes: no string is built and no intermediate object made. Every function
 * takes the buffer and a position and returns the next position. Room is the caller's business for everything of fixed
 * size; text is checked against `limit`.
 */

import { floatText } from './float-text.ts';

/** Most bytes that `writeFloat`, `writeInteger` or a boolean take: sign, 17 digits, point, exponent of five. */
export const NUMBER_BYTES_MAX = 26;
/** Space, 19 digits, line end. */
export const TIME_BYTES_MAX = 24;

/** Instead of a position: the text might not fit below `limit`. */
export const NO_ROOM = -1;
/** Instead of a position: the text holds something that cannot stand in a line as it is. */
export const NEEDS_JUDGEMENT = -2;
const NOT_LOOPED = -3;

const ZERO = 48;
const MINUS = 45;
const DOT = 46;
const QUOTE = 34;
const BACKSLASH = 92;

// Below this length a loop over the characters is quicker than a call into native code (measured: 8 characters 19 ns
// against 38, 32 characters 64 against 33).
const SHORT = 16;
/** Up to here the loop is quicker for text that needs escapes: `replace` costs some 150 ns before its first character. */
const LOOPED = 256;

// Per character: 0 stands for itself, 1 takes a backslash, 2 needs judgement.
const classes = (escaped: string, converted: (code: number) => boolean): Uint8Array => {
  const table = new Uint8Array(128);
  for (let code = 0; code < 128; code++)
    table[code] = converted(code) ? 2 : escaped.includes(String.fromCharCode(code)) ? 1 : 0;
  return table;
};
const IN_NAMES = classes('\\ ,=', (code) => code < 32 || code === 127);
const IN_STRINGS = classes('\\"', (code) => code === 10);

const NAME_SPECIAL = /[\\ ,=\x00-\x1f\x7f\ud800-\udfff]/;
const STRING_SPECIAL = /["\\\n\ud800-\udfff]/;
const NAME_JUDGED = /[\x00-\x1f\x7f]/;
const NAME_ESCAPED = /[\\ ,=]/g;
const STRING_ESCAPED = /[\\"]/g;

/** A tag value with its escapes. */
export const writeName = (bytes: Buffer, start: number, text: string, limit: number): number => {
  const length = text.length;
  if (length >= SHORT) return writeLongName(bytes, start, text, limit);
  if (start + 2 * length > limit) return writeLongName(bytes, start, text, limit);
  let at = start;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return writeLongName(bytes, start, text, limit);
    const kind = IN_NAMES[code] as number;
    if (kind !== 0) {
      if (kind === 2) return NEEDS_JUDGEMENT;
      bytes[at++] = BACKSLASH;
    }
    bytes[at++] = code;
  }
  return at;
};

const writeLongName = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (!NAME_SPECIAL.test(text)) return writeUtf8(bytes, start, text, limit);
  if (NAME_JUDGED.test(text) || !text.isWellFormed()) return NEEDS_JUDGEMENT;
  return writeUtf8(bytes, start, text.replace(NAME_ESCAPED, '\\$&'), limit);
};

/** A string field value with its escapes, in quotes. */
export const writeString = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (text.length >= SHORT) return writeLongString(bytes, start, text, limit);
  const end = writeEscaped(bytes, start, text, limit);
  return end === NOT_LOOPED ? writeLongString(bytes, start, text, limit) : end;
};

/** Character by character; NOT_LOOPED at the first that is not ASCII. */
const writeEscaped = (bytes: Buffer, start: number, text: string, limit: number): number => {
  const length = text.length;
  if (start + 2 * length + 2 > limit) return NOT_LOOPED;
  let at = start;
  bytes[at++] = QUOTE;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return NOT_LOOPED;
    const kind = IN_STRINGS[code] as number;
    if (kind !== 0) {
      if (kind === 2) return NEEDS_JUDGEMENT;
      bytes[at++] = BACKSLASH;
    }
    bytes[at++] = code;
  }
  bytes[at++] = QUOTE;
  return at;
};

const writeLongString = (bytes: Buffer, start: number, text: string, limit: number): number => {
  let escaped = text;
  if (STRING_SPECIAL.test(text)) {
    const end = text.length <= LOOPED ? writeEscaped(bytes, start, text, limit) : NOT_LOOPED;
    if (end !== NOT_LOOPED) return end;
    if (text.includes('\n') || !text.isWellFormed()) return NEEDS_JUDGEMENT;
    escaped = text.replace(STRING_ESCAPED, '\\$&');
  }
  const end = writeUtf8(bytes, start + 1, escaped, limit - 1);
  if (end < 0) return end;
  bytes[start] = QUOTE;
  bytes[end] = QUOTE;
  return end + 1;
};

/** Text as it is. A UTF-16 unit takes at most three bytes; only where that bound does not fit is the text measured. */
export const writeUtf8 = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (start + 3 * text.length > limit && start + Buffer.byteLength(text) > limit) return NO_ROOM;
  return start + (bytes as NativeBuffer).utf8Write(text, start);
};

/** What `Buffer.write` calls when it is done with looking at its arguments: half of its price for short text. */
interface NativeBuffer extends Buffer {
  utf8Write(text: string, start: number): number;
}

/** ASCII of known small size. */
const writeAscii = (bytes: Buffer, start: number, text: string): number => {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
};

/** Digits of an integer from 0 to 2^53-1. */
const writeDigits = (bytes: Buffer, start: number, value: number): number => {
  if (value < 1e9) return writeSmallDigits(bytes, start, value);
  const high = Math.floor(value / 1e8);
  const at = high < 1e9 ? writeSmallDigits(bytes, start, high) : writeDigits(bytes, start, high);
  return writePadded(bytes, at, value - high * 1e8, 8);
};

const writeSmallDigits = (bytes: Buffer, start: number, value: number): number => {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return writePadded(bytes, start, value, count);
};

/** Exactly `count` digits of an integer below 10^9, with leading zeros. */
const writePadded = (bytes: Buffer, start: number, value: number, count: number): number => {
  let rest = value | 0;
  for (let at = start + count - 1; at >= start; at--) {
    const quotient = (rest / 10) | 0;
    bytes[at] = ZERO + rest - quotient * 10;
    rest = quotient;
  }
  return start + count;
};

/** A safe integer, without the `i` behind it. */
export const writeInteger = (bytes: Buffer, start: number, value: number): number => {
  if (value >= 0) return writeDigits(bytes, start, value);
  bytes[start] = MINUS;
  return writeDigits(bytes, start + 1, -value);
};

// Decimals of at most 15 digits are told apart by doubles, so within this bound the digits found by multiplication are
// the very ones that JavaScript prints.
const EXACT_MAX = 1e15;

/**
 * A finite double, to the byte what `floatText` prints. Most telemetry has few decimals: rounding `value * 10^4` (then
 * 10^9) and dividing back tells exactly whether that many are enough, for less than half the price of printing.
 */
export const writeFloat = (bytes: Buffer, start: number, value: number): number => {
  const size = value < 0 ? -value : value;
  if (size >= 1e-6 && size < EXACT_MAX) {
    let at = start;
    if (value < 0) bytes[at++] = MINUS;
    const four = Math.round(size * 1e4);
    if (four / 1e4 === size && four < EXACT_MAX) return writeDecimal(bytes, at, four, 1e4, 4);
    const nine = Math.round(size * 1e9);
    if (nine / 1e9 === size && nine < EXACT_MAX) return writeDecimal(bytes, at, nine, 1e9, 9);
  }
  return writeAscii(bytes, start, floatText(value));
};

const writeDecimal = (bytes: Buffer, start: number, scaled: number, scale: number, places: number): number => {
  const whole = Math.floor(scaled / scale);
  let fraction = scaled - whole * scale;
  let at = writeDigits(bytes, start, whole);
  if (fraction === 0) return at;
  let count = places;
  while (fraction % 10 === 0) {
    fraction /= 10;
    count -= 1;
  }
  bytes[at++] = DOT;
  return writePadded(bytes, at, fraction, count);
};

export const writeBoolean = (bytes: Buffer, start: number, value: boolean): number => {
  return writeAscii(bytes, start, value ? 'true' : 'false');
};

/** A time, as nanoseconds since 1970. */
export const writeTime = (bytes: Buffer, start: number, seconds: number, nanos: number): number => {
  if (seconds === 0) return writeSmallDigits(bytes, start, nanos);
  return writePadded(bytes, writeDigits(bytes, start, seconds), nanos, 9);
};
