/**
 * Finds where values stand in JSON text that has been parsed before, so that a dead letter can carry the source text of
 * one element, numbers as they were written. Only letters need it: it is written for certainty, not for speed.
 */

export interface Span {
  readonly start: number;
  readonly end: number;
}

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
};

/** Index behind the string that begins at `from`. */
const stringEnd = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
};

/** Index behind the value that begins at `from`. Counts brackets, so depth costs no stack. */
const valueEnd = (text: string, from: number): number => {
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

const scalarEnd = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && !isSpace(text[at]) && !',]}'.includes(text[at] as string)) at += 1;
  return at;
};

/** The whole value of a text, without the space around it. */
export const wholeSpan = (text: string): Span => {
  const start = skipSpace(text, 0);
  return { start, end: valueEnd(text, start) };
};

/** Spans of the elements of the array at `array`. */
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

/** Span of an object's member; of the last one of that name, as `JSON.parse` takes it. */
const memberSpan = (text: string, object: Span, name: string): Span | undefined => {
  let found: Span | undefined;
  let at = skipSpace(text, object.start + 1);
  while (at < object.end && text[at] === '"') {
    const keyEnd = stringEnd(text, at);
    const start = skipSpace(text, skipSpace(text, keyEnd) + 1);
    const end = valueEnd(text, start);
    if (JSON.parse(text.slice(at, keyEnd)) === name) found = { start, end };
    at = skipSpace(text, end);
    if (text[at] === ',') at = skipSpace(text, at + 1);
  }
  return found;
};

/** Span of the value that segments (member names and array indexes) lead to, from the value at `from`. */
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

export const spanText = (text: string, span: Span): string => text.slice(span.start, span.end);

export const replaceSpan = (text: string, span: Span, replacement: string): string =>
  text.slice(0, span.start) + replacement + text.slice(span.end);
