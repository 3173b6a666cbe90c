/**
 * JSON with the digits kept. `JSON.parse` turns every number into a double, which is right for floats and wrong for
 * 64-bit ids, nanosecond times and tags. Reading each number's source text costs about seven times as much, so a body
 * is read the quick way first; a converter that meets a number whose double may not tell its text asks for the slow way.
 */

/** A number whose source text is not what `String(value)` prints. Numbers that are so printed stay plain numbers. */
export class SourceNumber {
  readonly value: number;
  readonly source: string;
  constructor(value: number, source: string) {
    this.value = value;
    this.source = source;
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
  typeof value === 'number' ? String(value) : value.source;

type SourceReviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown;

const keepSource: SourceReviver = (_key, value, context) =>
  typeof value === 'number' && context.source !== undefined && context.source !== String(value)
    ? new SourceNumber(value, context.source)
    : value;

/** Throws `SyntaxError` on what is not JSON, and `RangeError` with sources when it is nested thousands deep. */
export const parseJson = (text: string, withSources: boolean): Json =>
  withSources ? (JSON.parse(text, keepSource as (key: string, value: unknown) => unknown) as Json) : JSON.parse(text);

/** The text that a tree was parsed from, and what is known of the numbers in it. */
export class SourceText {
  readonly text: string;
  readonly withSources: boolean;
  #long: boolean | undefined;
  #integersPlain: boolean | undefined;
  #numbersPlain: boolean | undefined;

  constructor(text: string, withSources: boolean) {
    this.text = text;
    this.withSources = withSources;
  }

  /**
   * Every number of the text has at most 15 digits, so its double tells its value exactly. (Sixteen are too many:
   * 2^53 has sixteen.)
   */
  valuesExact(): boolean {
    if (this.withSources) return true;
    this.#long ??= hasLongNumber(this.text);
    return !this.#long;
  }

  /** Exact, and no number that is an integer by value is written with a fraction or an exponent. */
  integersPlain(): boolean {
    if (!this.valuesExact()) return false;
    if (this.withSources) return true;
    this.#integersPlain ??= !(this.text.includes('.0') && /\d\.0+[,}\]\s]/.test(this.text)) && !hasExponent(this.text);
    return this.#integersPlain;
  }

  /** Exact, and every number is written as JavaScript prints it. */
  numbersPlain(): boolean {
    if (!this.integersPlain()) return false;
    if (this.withSources) return true;
    this.#numbersPlain ??= !/\d\.\d*0[,}\]\s]|-0(?:\.0*)?[,}\]\s]|[:,[\s]-?0\.000000/.test(this.text);
    return this.#numbersPlain;
  }
}

const LONG_RUN = 16;

const isDigitOrDot = (code: number): boolean => (code >= 48 && code <= 57) || code === 46;

/** Looks at every sixteenth character only: a run of sixteen digits and dots must cover one of them. */
const hasLongNumber = (text: string): boolean => {
  for (let at = LONG_RUN - 1; at < text.length; at += LONG_RUN) {
    if (!isDigitOrDot(text.charCodeAt(at))) continue;
    let start = at;
    let end = at + 1;
    while (start > 0 && isDigitOrDot(text.charCodeAt(start - 1))) start -= 1;
    while (end < text.length && isDigitOrDot(text.charCodeAt(end))) end += 1;
    if (end - start >= LONG_RUN) return true;
  }
  return false;
};

/** The first test is quick and may be wrong (hex ids in strings); the second looks only where a number may stand. */
const hasExponent = (text: string): boolean => /\d[eE][-+\d]/.test(text) && /[:,[]\s*-?\d+(?:\.\d+)?[eE]/.test(text);
