/**
 * Parses line protocol strictly, as InfluxDB 1.x and 2.x define it (docs/decisions/0006).
 *
 * openGemini's dialect differs: it halves backslashes in names and tags, ends lines inside quotes, and silently skips
 * lines that it cannot parse (corpus: `esc-tag-double-backslash`, `string-newline-injection-SILENT`,
 * `bad-middle-SILENT`). Lines of producers are therefore parsed into points, and the points are written in openGemini's
 * dialect.
 */

import { LINE_BYTES_MAX } from '../lines/line-buffer.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

/** Returns the refusal of a line that cannot be parsed. */
const broken = (detail: string): Refusal => refuse('undecodable', `line protocol: ${detail}`);

/** Failed attempts to continue a quoted string after a line break, until all quotes of a body count as not closed. */
const READ_ON_MAX = 16;

/**
 * Yields the lines of a body, without comments and blank lines.
 *
 * In InfluxDB a quoted string may contain line breaks. If joining the lines does not give a valid line, the quote was
 * not closed, and only its own line is refused.
 */
export function* splitLines(text: string): Generator<string> {
  let failedJoins = 0;
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    const whole = failedJoins < READ_ON_MAX ? quotedEnd(text, at, end) : end;
    const joined = whole === end ? undefined : trimLine(text.slice(at, whole));
    if (joined !== undefined && isValidLine(joined)) {
      yield joined;
      at = whole + 1;
      continue;
    }
    if (joined !== undefined) failedJoins += 1;
    const line = trimLine(text.slice(at, end));
    if (line !== '' && !line.startsWith('#')) yield line;
    at = end + 1;
  }
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

/** Removes spaces and tabs before a line and a carriage return after it. */
const trimLine = (line: string): string => {
  let start = 0;
  while (line[start] === ' ' || line[start] === '\t') start += 1;
  return line.slice(start, line.endsWith('\r') ? -1 : undefined);
};

/**
 * Returns the end of a line if line breaks in quoted field values belong to it. As in InfluxDB, a quote counts only
 * after the first space, and only where a value may begin: after more equals signs than commas.
 *
 * @param firstEnd - Index of the first line break. Returned if no quote counts, or if a quote is not closed.
 */
const quotedEnd = (text: string, from: number, firstEnd: number): number => {
  if (text.charCodeAt(from) === 35 || !text.slice(from, firstEnd).includes('="')) return firstEnd;
  const farthest = Math.min(text.length, from + LINE_BYTES_MAX);
  let fields = false;
  let quoted = false;
  let values = 0;
  for (let at = from; at < farthest; at++) {
    const char = text[at];
    if (char === '\\') at += 1;
    else if (char === '\n' && !quoted) return at;
    else if (char === ' ') fields = true;
    else if (!fields) continue;
    else if (char === '"' && values > 0) quoted = !quoted;
    else if (!quoted && char === '=') values += 1;
    else if (!quoted && char === ',') values -= 1;
  }
  return quoted ? firstEnd : farthest;
};

const isValidLine = (line: string): boolean => {
  const parsed = parseLine(line);
  return !isRefusal(parsed) && /^-?\d*$/.test(parsed.time);
};

/** A parsed line. Nothing is validated yet. */
interface ParsedLine {
  readonly measurement: string;
  /** Names and values, not escaped. */
  readonly tags: readonly (readonly [string, string])[];
  /** Names, not escaped, and values as they were written. */
  readonly fields: readonly (readonly [string, string])[];
  /** Text after the fields; empty if there is none. */
  readonly time: string;
}

/**
 * Returns the index of the next character of `stops` without a backslash directly before it, or the length of the text.
 */
const scanTo = (text: string, from: number, stops: string): number => {
  let at = from;
  while (at < text.length && (!stops.includes(text[at] as string) || (at > from && text[at - 1] === '\\'))) at += 1;
  return at;
};

const skipSpaces = (text: string, from: number): number => {
  let at = from;
  while (text[at] === ' ') at += 1;
  return at;
};

const trimEnd = (text: string): string => {
  let end = text.length;
  while (text[end - 1] === ' ') end -= 1;
  return text.slice(0, end);
};

/** Parses one line. Returns a refusal with code `undecodable` if it is not line protocol. */
export const parseLine = (text: string): ParsedLine | Refusal => {
  let at = scanTo(text, 0, ', ');
  const measurement = text.slice(0, at).replace(/\\([, ])/g, '$1');
  const tags: [string, string][] = [];
  while (text[at] === ',') {
    const equals = scanTo(text, at + 1, '=, ');
    if (text[equals] !== '=') return broken('a tag has no value');
    const end = scanTo(text, equals + 1, '=, ');
    if (text[end] === '=') return broken('a tag value contains an equals sign without a backslash');
    if (end === equals + 1 || equals === at + 1) return broken('a tag has an empty name or value');
    tags.push([unescapeTag(text.slice(at + 1, equals)), unescapeTag(text.slice(equals + 1, end))]);
    at = end;
  }
  const fields = parseFields(text, skipSpaces(text, at));
  if (isRefusal(fields)) return fields;
  return { measurement, tags, fields: fields.pairs, time: trimEnd(text.slice(skipSpaces(text, fields.end))) };
};

const unescapeTag = (text: string): string => text.replace(/\\([, =])/g, '$1');

const parseFields = (text: string, from: number): { pairs: [string, string][]; end: number } | Refusal => {
  const pairs: [string, string][] = [];
  let at = from;
  for (;;) {
    const equals = scanTo(text, at, '=, ');
    if (text[equals] !== '=' || equals === at)
      return broken(at === from ? 'the line has no fields' : 'a field has no name or no value');
    const end = valueEnd(text, equals + 1);
    if (end === undefined)
      return broken('a quoted field value is not closed, or no separator follows its closing quote');
    if (end === equals + 1) return broken('a field has no value');
    pairs.push([text.slice(at, equals).replace(/\\([, ="])/g, '$1'), text.slice(equals + 1, end)]);
    if (text[end] !== ',') return { pairs, end };
    at = end + 1;
  }
};

/** Returns the end of a field value; `undefined` if a quote is not closed, or if no separator follows it. */
const valueEnd = (text: string, from: number): number | undefined => {
  if (text[from] !== '"') return scanTo(text, from, ', ');
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  const after = text[at + 1];
  return at < text.length && (after === undefined || after === ',' || after === ' ') ? at + 1 : undefined;
};
