/**
 * Reads line protocol as InfluxDB defines it (1.x and 2.x), strictly. openGemini's dialect differs: it halves
 * backslashes in names and tags, ends lines inside quotes, and skips what it cannot read without a word. So what comes
 * in is read here into points, and written anew.
 */

import { LINE_BYTES_MAX } from '../lines/line-buffer.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';

const broken = (detail: string): Refusal => refuse('undecodable', `line protocol: ${detail}`);

/** Attempts to read on behind a line break before all quotes of a body are taken for unclosed. */
const READ_ON_MAX = 16;

/**
 * The lines of a body, comments and blank lines left out. InfluxDB lets a quoted string run over line breaks; where
 * that gives no readable line, the quote was simply not closed and costs its own line only.
 */
export function* splitLines(text: string): Generator<string> {
  let inVain = 0;
  for (let at = 0; at < text.length; ) {
    const end = endOfLine(text, at);
    const whole = inVain < READ_ON_MAX ? quotedEnd(text, at, end) : end;
    const joined = whole === end ? undefined : trimLine(text.slice(at, whole));
    if (joined !== undefined && isReadable(joined)) {
      yield joined;
      at = whole + 1;
      continue;
    }
    if (joined !== undefined) inVain += 1;
    const line = trimLine(text.slice(at, end));
    if (line !== '' && !line.startsWith('#')) yield line;
    at = end + 1;
  }
}

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
};

const trimLine = (line: string): string => {
  let start = 0;
  while (line[start] === ' ' || line[start] === '\t') start += 1;
  return line.slice(start, line.endsWith('\r') ? -1 : undefined);
};

/**
 * Where the line ends when line breaks inside quoted field values are part of it. As in InfluxDB a quote counts only
 * behind the first space, and only where a value may stand: behind more equals signs than commas.
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

const isReadable = (line: string): boolean => {
  const parsed = parseLine(line);
  return !isRefusal(parsed) && /^-?\d*$/.test(parsed.time);
};

/** What a line says, names and values unescaped, not yet judged. */
interface ParsedLine {
  readonly measurement: string;
  readonly tags: readonly (readonly [string, string])[];
  readonly fields: readonly (readonly [string, string])[];
  readonly time: string;
}

/** Index of the next of `stops` that has no backslash right before it; the end of the text if there is none. */
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

export const parseLine = (text: string): ParsedLine | Refusal => {
  let at = scanTo(text, 0, ', ');
  const measurement = text.slice(0, at).replace(/\\([, ])/g, '$1');
  const tags: [string, string][] = [];
  while (text[at] === ',') {
    const equals = scanTo(text, at + 1, '=, ');
    if (text[equals] !== '=') return broken('a tag has no value');
    const end = scanTo(text, equals + 1, '=, ');
    if (text[end] === '=') return broken('a tag value holds an equals sign without a backslash');
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
    if (end === undefined) return broken('a quoted field value is not closed, or something follows its quote');
    if (end === equals + 1) return broken('a field has no value');
    pairs.push([text.slice(at, equals).replace(/\\([, ="])/g, '$1'), text.slice(equals + 1, end)]);
    if (text[end] !== ',') return { pairs, end };
    at = end + 1;
  }
};

/** End of a field value; undefined for a quote that is not closed or has something other than a separator behind it. */
const valueEnd = (text: string, from: number): number | undefined => {
  if (text[from] !== '"') return scanTo(text, from, ', ');
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  const after = text[at + 1];
  return at < text.length && (after === undefined || after === ',' || after === ' ') ? at + 1 : undefined;
};
