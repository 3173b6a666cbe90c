/**
 * JSON with the digits kept. `JSON.parse` turns every number into a double, which is right for floats and wrong for
 * 64-bit ids, nanosecond times and tags. Reading each number's source text costs about seven times as much, so a body
 * is read the quick way first; a converter that meets a number whose double may not tell its text asks for the slow way.
 */

/** A number whose source text is not what `String(value)` prints. Numbers that are so printed stay plain numbers. */
export class SourceNumber {
  // Private, so that no path of a mapping can lead into it.
  readonly #value: number;
  readonly #source: string;

  constructor(value: number, source: string) {
    this.#value = value;
    this.#source = source;
  }

  static valueOf(number: SourceNumber): number {
    return number.#value;
  }

  static sourceOf(number: SourceNumber): string {
    return number.#source;
  }
}

export type Json = string | number | boolean | null | SourceNumber | JsonObject | readonly Json[];
export interface JsonObject {
  readonly [key: string]: Json;
}

export type JsonKind = 'string' | 'number' | 'boolean' | 'null' | 'object' | 'array';

export const kindOf = (value: Json): JsonKind => {
  if (value === null) return 'null';
  if (typeof value !== 'object') return typeof value as JsonKind;
  if (Array.isArray(value)) return 'array';
  return value instanceof SourceNumber ? 'number' : 'object';
};

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof SourceNumber);

/** The digits of a number as they were written. */
export const sourceOf = (value: number | SourceNumber): string =>
  typeof value === 'number' ? String(value) : SourceNumber.sourceOf(value);

export const numberOf = (value: number | SourceNumber): number =>
  typeof value === 'number' ? value : SourceNumber.valueOf(value);

type SourceReviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepSource: SourceReviver = (_key, value, context) =>
  typeof value === 'number' && context.source !== undefined && context.source !== String(value)
    ? new SourceNumber(value, context.source)
    : value;

/** Throws `SyntaxError` on what is not JSON, and `RangeError` with sources when it is nested thousands deep. */
export const parseJson = (text: string, withSources: boolean): Json =>
  withSources ? (JSON.parse(text, keepSource as (key: string, value: unknown) => unknown) as Json) : JSON.parse(text);

/** As many events as a message may hold, with twenty members each. */
export const JSON_VALUES_MAX = 2_000_000;

/** Shorter texts cannot hold that many. */
const FEW_BYTES = 1024 * 1024;

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;
const OPENING_BRACKET = 91;
const OPENING_BRACE = 123;

/**
 * Whether parsing the text would fill the memory: small values take thirty times their text. Each value stands behind a
 * comma or an opening bracket. Only what was unpacked can be so long; texts of the usual size are not looked at.
 */
export const holdsTooMuch = (text: string): boolean => {
  if (text.length <= FEW_BYTES) return false;
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

/** The text that a tree was parsed from, and what its numbers' doubles tell of their digits. Looked at only when asked. */
export class SourceText {
  readonly text: string;
  readonly withSources: boolean;
  #long: LongNumbers | undefined;
  #integersPlain: boolean | undefined;
  #numbersPlain: boolean | undefined;

  constructor(text: string, withSources: boolean) {
    this.text = text;
    this.withSources = withSources;
  }

  /** Every double tells the exact value of its number: none has more than 15 digits. */
  valuesExact(): boolean {
    this.#long ??= longNumbersIn(this.text);
    return this.withSources || this.#long === 'none';
  }

  /** Every double that is an integer tells the exact value of its number. */
  integersExact(): boolean {
    this.#long ??= longNumbersIn(this.text);
    return this.withSources || this.#long !== 'integers';
  }

  /** Exact, and no number that is an integer by value is written with a fraction or an exponent. */
  integersPlain(): boolean {
    this.#integersPlain ??= this.withSources || (this.integersExact() && !hasOddInteger(this.text));
    return this.#integersPlain;
  }

  /** Exact, and every number is written as JavaScript prints it. */
  numbersPlain(): boolean {
    this.#numbersPlain ??=
      this.withSources || (this.integersPlain() && this.valuesExact() && !hasOddFraction(this.text));
    return this.#numbersPlain;
  }
}

/**
 * `integers`: some number of more than 15 digits is an integer by value, though not by its digits (or has an exponent).
 * `fractions`: numbers of more than 15 digits have fractions, as full doubles do; no integer is among them.
 */
type LongNumbers = 'none' | 'fractions' | 'integers';

/** Doubles tell all decimals of 15 digits apart; 2^53 has sixteen. */
const LONG_RUN = 16;

/** The characters from dot to nine, without the slash among them: one comparison for most others. */
const isDigitOrDot = (code: number): boolean => (code - 46) >>> 0 <= 11 && code !== 47;

/** Looks at every sixteenth character only: a run of sixteen digits and dots must cover one of them. */
const longNumbersIn = (text: string): LongNumbers => {
  let found: LongNumbers = 'none';
  for (let at = LONG_RUN - 1; at < text.length; at += LONG_RUN) {
    if (!isDigitOrDot(text.charCodeAt(at))) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && isDigitOrDot(text.charCodeAt(start - 1))) start -= 1;
    while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end += 1;
    if (end - start < LONG_RUN || isText(text, start, end)) continue;
    if (mayHideInteger(text, start, end)) return 'integers';
    found = 'fractions';
    at = Math.max(at, end - 1);
  }
  return found;
};

/** Digits that are a whole JSON string: `"12345678901234567890"`. */
const isText = (text: string, start: number, end: number): boolean =>
  text.charCodeAt(start - 1) === 34 && text.charCodeAt(end) === 34;

/**
 * A whole part below 10^11 and tenths from 1 to 8: doubles lie so close there that none of them is an integer. Most full
 * doubles of measurements are of this kind, and need not be parsed a second time.
 */
const isPlainFraction = (text: string, start: number, end: number): boolean => {
  let dot = start;
  while (dot < end && text.charCodeAt(dot) !== 46) dot += 1;
  const tenths = text.charCodeAt(dot + 1);
  return dot - start <= 11 && dot + 1 < end && tenths > 48 && tenths < 57 && (text.charCodeAt(end) | 32) !== 101;
};

const mayHideInteger = (text: string, start: number, end: number): boolean => {
  if (isPlainFraction(text, start, end)) return false;
  const next = text.charCodeAt(end) | 32; // 101 for e and E
  const run = text.slice(start, end);
  const value = Number(run);
  return next === 101 || (Number.isInteger(value) && String(value) !== run) || Number.isNaN(value);
};

const ZERO = 48;

/** Comma, closing brackets and space. A quote is none: versions are texts like "1.0". */
const endsNumber = (code: number): boolean => code === COMMA || code === 125 || code === 93 || code <= 32;

/** `3.0`: zeros only between the dot and the end of the number. */
const hasZeroFraction = (text: string): boolean => {
  for (let dot = text.indexOf('.0'); dot >= 0; dot = text.indexOf('.0', dot + 2)) {
    let at = dot + 2;
    while (text.charCodeAt(at) === ZERO) at += 1;
    if (endsNumber(text.charCodeAt(at))) return true;
  }
  return false;
};

/** `3e0`. The first test is quick and may be wrong (hex ids in strings); the second looks where a number may stand. */
const hasExponent = (text: string): boolean => /\d[eE]/.test(text) && /[:,[]\s*-?\d+(?:\.\d+)?[eE]/.test(text);

const hasOddInteger = (text: string): boolean => hasZeroFraction(text) || hasExponent(text);

/** A fraction that ends in zero, minus zero, and numbers so small that JavaScript prints them with an exponent. */
const hasOddFraction = (text: string): boolean => /\d\.\d*0[,}\]\s]|-0(?:\.0*)?[,}\]\s]|[:,[\s]-?0\.000000/.test(text);
