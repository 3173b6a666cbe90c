/**
 * Parses JSON without losing digits (docs/decisions/0003). `JSON.parse` turns every number into a double, which is
 * right for floats and wrong for 64-bit ids, times in nanoseconds, and tags. Parsing with the source text of each
 * number costs about seven times as much. A body is therefore parsed without source texts first. If a converter needs a
 * number whose double may have lost digits, the message is parsed again with source texts.
 */

import { hasEscapedKey, parseWithExactKeys } from './escaped-keys.ts';
import { isOnlyPlainInteger } from './only-member.ts';

/**
 * A number whose source text differs from `String(value)`. All other numbers stay JavaScript numbers, even when a body
 * is parsed with source texts.
 */
export class SourceNumber {
  // Private, so that no path of a mapping can reach them.
  readonly #value: number;
  readonly #source: string;

  constructor(value: number, source: string) {
    this.#value = value;
    this.#source = source;
  }

  /** Returns the double. */
  static valueOf(number: SourceNumber): number {
    return number.#value;
  }

  /** Returns the number as it was written. */
  static sourceOf(number: SourceNumber): string {
    return number.#source;
  }
}

/** A parsed JSON value. */
export type Json = string | number | boolean | null | SourceNumber | JsonObject | readonly Json[];

/** A parsed JSON object. */
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Type of a JSON value, as conditions and refusals name it. */
export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

/** Returns the type of a JSON value. */
export const kindOf = (value: Json): JsonKind => {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value as JsonKind;
  if (Array.isArray(value)) return 'array';
  return value instanceof SourceNumber ? 'number' : 'object';
};

/** Whether a value is neither an array nor an object: text, a number with or without a source text, a boolean, null. */
export const isScalar = (value: Json): boolean =>
  typeof value !== 'object' || value === null || value instanceof SourceNumber;

/** Whether a value is a JSON object: no array, no null, no number with a source text. */
export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourceNumber);

/** Returns an own member that is not null; otherwise `undefined`. */
export const memberOf = (object: JsonObject, name: string): Json | undefined => {
  const value = Object.hasOwn(object, name) ? object[name] : undefined;
  return value === null ? undefined : value;
};

/**
 * Returns a number as it was written. For a JavaScript number this is `String(value)`; the caller has checked with
 * `SourceText` that this is exact.
 */
export const sourceOf = (value: number | SourceNumber): string =>
  typeof value === 'number' ? String(value) : SourceNumber.sourceOf(value);

/** Returns the double of a number. It is infinite for a number beyond all doubles. */
export const numberOf = (value: number | SourceNumber): number =>
  typeof value === 'number' ? value : SourceNumber.valueOf(value);

type SourceReviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepSource: SourceReviver = (_key, value, { source }) =>
  typeof value === 'number' && source !== undefined ? withSource(value, source) : value;

const withSource = (value: number, source: string): number | SourceNumber =>
  source === String(value) && Number.isFinite(value) ? value : new SourceNumber(value, source);

/**
 * Parses a JSON text.
 *
 * @param withSources - Whether to keep the source text of numbers that `String(value)` prints differently.
 * @throws SyntaxError if the text is not JSON.
 * @throws RangeError if the text is nested thousands of levels deep, with `withSources` or an escape in a key.
 */
export const parseJson = (text: string, withSources: boolean): Json => {
  const json = withSources
    ? JSON.parse(text, keepSource as (key: string, value: unknown) => unknown)
    : JSON.parse(text);
  if (!hasEscapedKey(text)) return json as Json;
  return parseWithExactKeys(text, (source) =>
    withSources ? withSource(Number(source), source) : Number(source),
  ) as Json;
};

/**
 * Parses a JSON text with the source text of numbers.
 *
 * @param sourceOfNumber - Returns the text that a number was written as, if the JSON text was changed before.
 * @throws SyntaxError if the text is not JSON.
 * @throws RangeError if the text is nested thousands of levels deep.
 */
export const parseWithSources = (text: string, sourceOfNumber: (source: string) => string): Json => {
  const numberFrom = (written: string): number | SourceNumber => {
    const source = sourceOfNumber(written);
    return withSource(source === written ? Number(source) : valueOfName(source), source);
  };
  const reviver: SourceReviver = (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined ? numberFrom(source) : value;
  const json = JSON.parse(text, reviver as (key: string, value: unknown) => unknown);
  return (hasEscapedKey(text) ? parseWithExactKeys(text, numberFrom) : json) as Json;
};

/** Returns the double of a name such as `NaN` or `-inf`. */
const valueOfName = (name: string): number => {
  if (/nan$/i.test(name)) return Number.NaN;
  return name.startsWith('-') ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
};

/** JSON values of one body, at most: the limit of 100,000 events per message, with 20 members each. */
export const JSON_VALUES_MAX = 2_000_000;

/**
 * Characters of a text, at most, whose values need not be counted, because it cannot contain more than
 * `JSON_VALUES_MAX`.
 */
const UNCOUNTED_LENGTH_MAX = 1024 * 1024;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPENING_BRACKET = 91;
const OPENING_BRACE = 123;

/**
 * Whether a text contains more than `JSON_VALUES_MAX` values. Parsing it could exhaust the memory, because small values
 * take 30 times the size of their text.
 *
 * Counts commas and opening brackets, because each value but the first follows one. Only a decompressed body can be
 * that long: texts of up to 1 Mi characters are not scanned.
 */
export const hasTooManyValues = (text: string): boolean => {
  if (text.length <= UNCOUNTED_LENGTH_MAX) return false;
  let values = 1;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) quoted = !quoted;
    else if (code === BACKSLASH) at += 1;
    else if (!quoted && (code === COMMA || code === OPENING_BRACKET || code === OPENING_BRACE)) values += 1;
  }
  return values > JSON_VALUES_MAX;
};

/**
 * The text that a JSON value was parsed from. Its methods return whether the doubles of the value have kept the digits
 * of the text. Each method scans the text at its first call only, because most messages need none of them. All methods
 * return `true` if the value was parsed with source texts.
 */
export class SourceText {
  readonly text: string;
  /** Whether the value was parsed with source texts. */
  readonly withSources: boolean;
  /** Whether code of the user returns the values. Every double is then taken as it is, except `hasLostDigits`. */
  readonly isComputed: boolean;
  #long: LongNumbers | undefined;
  #integersPlain: boolean | undefined;
  #numbersPlain: boolean | undefined;
  #hasEscapedKey: boolean | undefined;

  constructor(text: string, withSources: boolean, isComputed = false) {
    this.text = text;
    this.withSources = withSources;
    this.isComputed = isComputed;
  }

  /** Whether every double is the exact value of its number: no number has more than 15 digits. */
  valuesExact(): boolean {
    this.#long ??= longNumbersIn(this.text);
    return this.withSources || this.#long === 'none';
  }

  /** Whether every double that is an integer is the exact value of its number. */
  integersExact(): boolean {
    this.#long ??= longNumbersIn(this.text);
    return this.withSources || this.#long !== 'integers';
  }

  /** Whether an integer has more than 15 digits, so that it may be beyond 2^53-1. */
  hasLongIntegers(): boolean {
    this.#long ??= longNumbersIn(this.text);
    return this.#long === 'integers' || this.#long === 'exact integers';
  }

  /**
   * Whether an integer is exact and written with digits only.
   *
   * @param pattern - The name of the member that contains it (`memberPattern`); `undefined` if that is not known.
   */
  isPlainInteger(pattern: string | undefined): boolean {
    const isKnown = this.withSources || this.#integersPlain !== undefined;
    if (isKnown || pattern === undefined) return this.integersPlain();
    this.#hasEscapedKey ??= hasEscapedKey(this.text);
    return (!this.#hasEscapedKey && isOnlyPlainInteger(this.text, pattern)) || this.integersPlain();
  }

  /** Whether integers are exact, and none is written with a fraction (`3.0`) or an exponent (`3e0`). */
  integersPlain(): boolean {
    this.#integersPlain ??= this.withSources || (this.integersExact() && !hasOddInteger(this.text));
    return this.#integersPlain;
  }

  /** Whether `String(value)` prints every number as it was written. */
  numbersPlain(): boolean {
    this.#numbersPlain ??=
      this.withSources || (this.integersPlain() && this.valuesExact() && !hasOddFraction(this.text));
    return this.#numbersPlain;
  }
}

/**
 * Whether a number of JavaScript may have lost digits: it is an integer beyond 2^53-1. Code of the user gets such
 * integers of a body as `bigint`, and can only create them by calculating.
 */
export const hasLostDigits = (value: number): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);

/**
 * Kinds of numbers with more than 15 digits in a text.
 *
 * - `integers`: the double of at least one of them is an integer that prints differently, or it has an exponent.
 * - `exact integers`: at least one of them is an integer, and all such integers print as they were written.
 * - `fractions`: all of them have a fraction, as doubles of full precision do. None is an integer.
 */
type LongNumbers = 'none' | 'fractions' | 'exact integers' | 'integers';

/**
 * Characters of the shortest run that is checked. Doubles distinguish all decimals of 15 digits; 2^53 has 16 digits.
 */
const LONG_RUN = 16;
const HALF_RUN = LONG_RUN / 2;

/**
 * Whether a character is a digit or a dot. The range from `.` to `9` also contains `/`; most other characters need one
 * comparison.
 */
const isDigitOrDot = (code: number): boolean => (code - 46) >>> 0 <= 11 && code !== 47;

/** Reads only every 16th character, because a run of 16 digits and dots contains one of them. */
const longNumbersIn = (text: string): LongNumbers => {
  let found: LongNumbers = 'none';
  for (let at = LONG_RUN - 1; at < text.length; at += LONG_RUN) {
    if (!isDigitOrDot(text.charCodeAt(at))) continue;
    // A run of 16 characters that contains this one reaches half as far on one side at least.
    if (!isDigitOrDot(text.charCodeAt(at - HALF_RUN)) && !isDigitOrDot(text.charCodeAt(at + HALF_RUN - 1))) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && isDigitOrDot(text.charCodeAt(start - 1))) start -= 1;
    while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end += 1;
    if (end - start < LONG_RUN || isText(text, start, end)) continue;
    if (mayHideInteger(text, start, end)) return 'integers';
    if (!text.slice(start, end).includes('.')) found = 'exact integers';
    else if (found === 'none') found = 'fractions';
    at = Math.max(at, end - 1);
  }
  return found;
};

/** Whether the run is a complete JSON string, such as `"12345678901234567890"`. */
const isText = (text: string, start: number, end: number): boolean =>
  text.charCodeAt(start - 1) === 34 && text.charCodeAt(end) === 34;

/**
 * Whether a run has an integer part below 10^11 and tenths from 1 to 8. Doubles of this size are so close to each other
 * that the double of such a number is never an integer. Most measured values of full precision are of this kind, and
 * need not be parsed a second time.
 */
const isPlainFraction = (text: string, start: number, end: number): boolean => {
  let dot = start;
  while (dot < end && text.charCodeAt(dot) !== 46) dot += 1;
  const tenths = text.charCodeAt(dot + 1);
  return dot - start <= 11 && dot + 1 < end && tenths > 48 && tenths < 57 && (text.charCodeAt(end) | 32) !== 101;
};

/** Whether the double of a run may be an integer although the run is not written as that integer. */
const mayHideInteger = (text: string, start: number, end: number): boolean => {
  if (isPlainFraction(text, start, end)) return false;
  const next = text.charCodeAt(end) | 32; // 101 for e and E
  const run = text.slice(start, end);
  const value = Number(run);
  return next === 101 || (Number.isInteger(value) && String(value) !== run) || Number.isNaN(value);
};

const ZERO = 48;

/**
 * Whether a character ends a number: a comma, a closing bracket, or a space. A quote does not: versions are texts such
 * as "1.0".
 */
const endsNumber = (code: number): boolean => code === COMMA || code === 125 || code === 93 || code <= 32;

/** Whether a number has only zeros after its dot, such as `3.0`. */
const hasZeroFraction = (text: string): boolean => {
  for (let dot = text.indexOf('.0'); dot >= 0; dot = text.indexOf('.0', dot + 2)) {
    let at = dot + 2;
    while (text.charCodeAt(at) === ZERO) at += 1;
    if (endsNumber(text.charCodeAt(at))) return true;
  }
  return false;
};

/**
 * Whether a number has an exponent, such as `3e0`. The first test is fast and also matches hexadecimal ids in strings;
 * the second test matches only where a number may be.
 */
const hasExponent = (text: string): boolean => /\d[eE]/.test(text) && /[:,[]\s*-?\d+(?:\.\d+)?[eE]/.test(text);

/** Whether a number may be an integer that is not written as digits only. */
const hasOddInteger = (text: string): boolean => hasZeroFraction(text) || hasExponent(text);

/**
 * Whether the text contains a fraction that ends in zero, minus zero, or a number so small that JavaScript prints it
 * with an exponent.
 */
const hasOddFraction = (text: string): boolean => /\d\.\d*0[,}\]\s]|-0(?:\.0*)?[,}\]\s]|[:,[\s]-?0\.000000/.test(text);
