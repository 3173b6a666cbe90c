/**
 * Writes the parts of a line directly into bytes, without building strings or intermediate objects. Every function
 * takes the buffer and a position and returns the next position. The caller reserves space for parts of fixed size
 * (`LineBuffer.reserve`). Text is compared with `limit`, the last position that it may reach.
 *
 * This is the fast path. It handles plain values only and returns `NOT_PLAIN` for text that does not fit or that needs
 * validation. The point converter then converts the event and reports what is wrong.
 */

import { floatText } from './float-text.ts';

/** Bytes that `writeFloat`, `writeInteger` and `writeBoolean` write, at most: sign, 17 digits, point, exponent of 5. */
export const NUMBER_BYTES_MAX = 26;
/** Bytes of the end of a line, at most: space, 19 digits, line break. */
export const TIME_BYTES_MAX = 24;

/**
 * Returned instead of a position: the value is not plain. Its text does not fit below `limit`, or contains a character
 * that needs validation. The bytes after the given position are then undefined.
 */
export const NOT_PLAIN = -1;
/** Returned by `writeEscaped` instead of a position: the loop does not handle this text. */
const NOT_LOOPED = -3;

const ZERO = 48;
const MINUS = 45;
const DOT = 46;
const QUOTE = 34;
const BACKSLASH = 92;

/**
 * Length in characters from which native code is faster than a loop over the characters. Measured: 19 ns for the loop
 * and 38 ns for native code with 8 characters, 64 ns and 33 ns with 32 characters.
 */
const SHORT = 24;
/**
 * Length in characters up to which the loop is faster if text needs escapes, because a call of `replace` costs about
 * 150 ns.
 */
const LOOPED = 256;

/** Returns the class of each ASCII character: 0 is written as it is, 1 needs a backslash, 2 needs validation. */
const classes = (escaped: string, needsValidation: (code: number) => boolean): Uint8Array => {
  const table = new Uint8Array(128);
  for (let code = 0; code < 128; code++)
    table[code] = needsValidation(code) ? 2 : escaped.includes(String.fromCharCode(code)) ? 1 : 0;
  return table;
};
const IN_NAMES = classes('\\ ,=', (code) => code < 32 || code === 127);
const IN_STRINGS = classes('\\"', (code) => code === 10);

const NAME_SPECIAL = /[\\ ,=\x00-\x1f\x7f\ud800-\udfff]/;
const STRING_SPECIAL = /["\\\n\ud800-\udfff]/;
const NAME_INVALID = /[\x00-\x1f\x7f]/;
const NAME_ESCAPED = /[\\ ,=]/g;
const STRING_ESCAPED = /[\\"]/g;

/**
 * Writes a tag value, escaped. Returns `NOT_PLAIN` for control characters, lone surrogates, and text that does not fit.
 */
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
      if (kind === 2) return NOT_PLAIN;
      bytes[at++] = BACKSLASH;
    }
    bytes[at++] = code;
  }
  return at;
};

const writeLongName = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (!NAME_SPECIAL.test(text)) return writeUtf8(bytes, start, text, limit);
  if (NAME_INVALID.test(text) || !text.isWellFormed()) return NOT_PLAIN;
  return writeUtf8(bytes, start, text.replace(NAME_ESCAPED, '\\$&'), limit);
};

/**
 * Writes a string field value, escaped and quoted. Returns `NOT_PLAIN` for line breaks, lone surrogates, and text that
 * does not fit.
 */
export const writeString = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (text.length >= SHORT) return writeLongString(bytes, start, text, limit);
  const end = writeEscaped(bytes, start, text, limit);
  return end === NOT_LOOPED ? writeLongString(bytes, start, text, limit) : end;
};

/** Writes a string character by character. Returns `NOT_LOOPED` at the first character that is not ASCII. */
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
      if (kind === 2) return NOT_PLAIN;
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
    if (text.includes('\n') || !text.isWellFormed()) return NOT_PLAIN;
    escaped = text.replace(STRING_ESCAPED, '\\$&');
  }
  const end = writeUtf8(bytes, start + 1, escaped, limit - 1);
  if (end < 0) return end;
  bytes[start] = QUOTE;
  bytes[end] = QUOTE;
  return end + 1;
};

/**
 * Writes text unchanged. A UTF-16 code unit takes at most 3 bytes, so the text is measured only if three times its
 * length does not fit.
 */
export const writeUtf8 = (bytes: Buffer, start: number, text: string, limit: number): number => {
  if (start + 3 * text.length > limit && start + Buffer.byteLength(text) > limit) return NOT_PLAIN;
  return start + (bytes as NativeBuffer).utf8Write(text, start);
};

/**
 * The function that `Buffer.write` calls after it has checked its arguments. Calling it directly takes half the time
 * for short text.
 */
export interface NativeBuffer extends Buffer {
  utf8Write(text: string, start: number): number;
}

/** Writes ASCII text of fixed size. */
const writeAscii = (bytes: Buffer, start: number, text: string): number => {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
};

/** Writes the digits of an integer from 0 to 2^53-1. */
const writeDigits = (bytes: Buffer, start: number, value: number): number => {
  if (value < 1e9) return writeSmallDigits(bytes, start, value);
  const high = Math.floor(value / 1e8);
  const at = high < 1e9 ? writeSmallDigits(bytes, start, high) : writeDigits(bytes, start, high);
  return writePadded(bytes, at, value - high * 1e8, 8);
};

/** Writes the digits of an integer from 0 to 10^9-1. */
const writeSmallDigits = (bytes: Buffer, start: number, value: number): number => {
  if (value < 10) {
    bytes[start] = ZERO + value;
    return start + 1;
  }
  let count = 2;
  for (let bound = 100; value >= bound; bound *= 10) count += 1;
  return writePadded(bytes, start, value, count);
};

/** The digits of all integers below 100, two for each. */
const PAIRS = Buffer.from(Array.from({ length: 100 }, (_, value) => String(value).padStart(2, '0')).join(''));

/** Writes exactly `count` digits of an integer below 10^9, with leading zeros, two at a time. */
const writePadded = (bytes: Buffer, start: number, value: number, count: number): number => {
  let rest = value | 0;
  let at = start + count - 2;
  for (; at >= start; at -= 2) {
    const quotient = (rest / 100) | 0;
    const pair = 2 * (rest - quotient * 100);
    bytes[at] = PAIRS[pair] as number;
    bytes[at + 1] = PAIRS[pair + 1] as number;
    rest = quotient;
  }
  if (at === start - 1) bytes[start] = ZERO + rest;
  return start + count;
};

/** Writes a safe integer without the `i` after it. */
export const writeInteger = (bytes: Buffer, start: number, value: number): number => {
  if (value >= 0) return writeDigits(bytes, start, value);
  bytes[start] = MINUS;
  return writeDigits(bytes, start + 1, -value);
};

/**
 * Doubles distinguish all decimals of at most 15 digits. Below this limit the digits that multiplication finds are
 * therefore exactly those that JavaScript prints.
 */
const EXACT_MAX = 1e15;
/** Below this limit, arithmetic with 32 bits is possible, which is several times as fast. */
const INT_MAX = 2 ** 31;

/**
 * Writes a finite double, with the same bytes as `floatText`.
 *
 * Most telemetry has few decimal places. Rounding `value * 10^4`, then `value * 10^9`, and dividing again shows exactly
 * whether 4 or 9 places are enough. This takes less than half the time of printing the double.
 */
export const writeFloat = (bytes: Buffer, start: number, value: number): number => {
  const size = value < 0 ? -value : value;
  if (size >= 1e-6 && size < EXACT_MAX) {
    let at = start;
    if (value < 0) bytes[at++] = MINUS;
    const four = Math.round(size * 1e4);
    if (four / 1e4 === size && four < EXACT_MAX)
      return four < INT_MAX ? writeFourPlaces(bytes, at, four | 0) : writeDecimal(bytes, at, four, 1e4, 4);
    const nine = Math.round(size * 1e9);
    if (nine / 1e9 === size && nine < EXACT_MAX) return writeDecimal(bytes, at, nine, 1e9, 9);
  }
  return writeAscii(bytes, start, floatText(value));
};

/** Writes `scaled / 10^4` without trailing zeros. */
const writeFourPlaces = (bytes: Buffer, start: number, scaled: number): number => {
  const whole = (scaled / 10_000) | 0;
  const fraction = scaled - whole * 10_000;
  const at = writeSmallDigits(bytes, start, whole);
  if (fraction === 0) return at;
  const high = (fraction / 100) | 0;
  const low = fraction - high * 100;
  bytes[at] = DOT;
  bytes[at + 1] = PAIRS[2 * high] as number;
  bytes[at + 2] = PAIRS[2 * high + 1] as number;
  if (low === 0) return high % 10 === 0 ? at + 2 : at + 3;
  bytes[at + 3] = PAIRS[2 * low] as number;
  bytes[at + 4] = PAIRS[2 * low + 1] as number;
  return low % 10 === 0 ? at + 4 : at + 5;
};

/**
 * Writes `scaled / scale` without trailing zeros.
 *
 * @param places - Decimal places of `scale`: `scale` is `10^places`.
 */
const writeDecimal = (bytes: Buffer, start: number, scaled: number, scale: number, places: number): number => {
  const whole = Math.floor(scaled / scale);
  let fraction = (scaled - whole * scale) | 0;
  let at = writeDigits(bytes, start, whole);
  if (fraction === 0) return at;
  let count = places;
  while (fraction % 10 === 0) {
    fraction = (fraction / 10) | 0;
    count -= 1;
  }
  bytes[at++] = DOT;
  return writePadded(bytes, at, fraction, count);
};

/** Writes `true` or `false`. */
export const writeBoolean = (bytes: Buffer, start: number, value: boolean): number => {
  bytes[start] = value ? 116 : 102; // t, f
  bytes[start + 1] = value ? 114 : 97; // r, a
  bytes[start + 2] = value ? 117 : 108; // u, l
  bytes[start + 3] = value ? 101 : 115; // e, s
  if (value) return start + 4;
  bytes[start + 4] = 101; // e
  return start + 5;
};

/** Writes a time as nanoseconds since 1970. */
export const writeTime = (bytes: Buffer, start: number, seconds: number, nanos: number): number => {
  if (seconds === 0) return writeSmallDigits(bytes, start, nanos);
  const at = writeDigits(bytes, start, seconds);
  const micros = (nanos / 1_000) | 0;
  writePadded(bytes, at, micros, 6);
  const rest = nanos - micros * 1_000;
  if (rest !== 0) return writePadded(bytes, at + 6, rest, 3);
  bytes[at + 6] = ZERO;
  bytes[at + 7] = ZERO;
  bytes[at + 8] = ZERO;
  return at + 9;
};
