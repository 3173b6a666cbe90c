/**
 * Finds the positions of values in a JSON text that has been parsed before. A dead letter can therefore contain the
 * source text of one element, with its numbers as they were written. Only dead letters use it, so it is simple rather
 * than fast.
 */

import { scalarEnd, skipSpace, stringEnd } from './tokens.ts';

/** Part of a text, in UTF-16 code units. */
export interface Span {
  readonly start: number;
  /** Index after the last character. */
  readonly end: number;
}

/**
 * Returns the index after the value that begins at `from`, or the length of the text if it does not end. Counts brackets
 * instead of calling itself, so nesting cannot exhaust the stack.
 */
export const valueEnd = (text: string, from: number): number => {
  let depth = 0;
  let at = from;
  while (at < text.length) {
    const char = text[at] as string;
    if (char === '"') at = stringEnd(text, at) - 1;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else if (depth === 0) return scalarEnd(text, at);
    at += 1;
    if (depth === 0) return at;
  }
  return at;
};

/** Returns the span of the value of a text, without the space around it. */
export const wholeSpan = (text: string): Span => {
  const start = skipSpace(text, 0);
  return { start, end: valueEnd(text, start) };
};

/** Returns the spans of the elements of the array at `array`. */
export const elementSpans = (text: string, array: Span): Span[] => {
  const spans: Span[] = [];
  let at = skipSpace(text, array.start + 1);
  while (at < array.end && text[at] !== ']') {
    const end = valueEnd(text, at);
    spans.push({ start: at, end });
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return spans;
};

/** Position of a member. */
export interface MemberSpan {
  /** The name, with its quotes. */
  readonly name: Span;
  readonly value: Span;
}

/**
 * Returns the position of a member; of the last one if the name repeats, as `JSON.parse` does. `undefined` if there is
 * none.
 */
export const memberAt = (text: string, object: Span, name: string): MemberSpan | undefined => {
  let found: MemberSpan | undefined;
  let at = skipSpace(text, object.start + 1);
  while (at < object.end && text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    if (JSON.parse(text.slice(at, keyEnd)) === name)
      found = { name: { start: at, end: keyEnd }, value: { start, end } };
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
};

const memberSpan = (text: string, object: Span, name: string): Span | undefined => memberAt(text, object, name)?.value;

/**
 * Returns the span of the value at a path, or `undefined` if there is none.
 *
 * @param from - Span of the value where the path begins.
 * @param segments - Member names and array indexes.
 */
export const spanAt = (text: string, from: Span, segments: readonly string[]): Span | undefined => {
  let span: Span | undefined = from;
  for (const segment of segments) {
    if (span === undefined) return undefined;
    const opening = text[span.start];
    if (opening === '{') span = memberSpan(text, span, segment);
    else span = opening === '[' ? elementSpans(text, span)[Number(segment)] : undefined;
  }
  return span;
};

/** Returns the text of a span. */
export const spanText = (text: string, span: Span): string => text.slice(span.start, span.end);

/** Returns the text with a span replaced. */
export const replaceSpan = (text: string, span: Span, replacement: string): string =>
  text.slice(0, span.start) + replacement + text.slice(span.end);
