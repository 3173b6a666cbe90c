/**
 * Parses lines that this sink has written. Does not validate them. `decode/influx-lines.ts` parses line protocol from
 * producers.
 */

import type { FieldValue, Point } from './point.ts';

/**
 * Returns the index of the next unescaped character of `stops`, or at least the length of the line if there is none.
 */
const scanTo = (line: string, from: number, stops: string): number => {
  let at = from;
  while (at < line.length && !stops.includes(line[at] as string)) at += line[at] === '\\' ? 2 : 1;
  return at;
};

const unescaped = (text: string): string => text.replace(/\\(.)/gs, '$1');

/** Returns the point of a line. The line has no line break. */
export const parseOwnLine = (line: string): Point => {
  let at = scanTo(line, 0, ', ');
  const measurement = unescaped(line.slice(0, at));
  const tags: [string, string][] = [];
  while (line[at] === ',') {
    const equals = scanTo(line, at + 1, '=');
    const end = scanTo(line, equals + 1, ', ');
    tags.push([unescaped(line.slice(at + 1, equals)), unescaped(line.slice(equals + 1, end))]);
    at = end;
  }
  const fields: [string, FieldValue][] = [];
  do {
    const equals = scanTo(line, at + 1, '=');
    const end = line[equals + 1] === '"' ? scanTo(line, equals + 2, '"') + 1 : scanTo(line, equals + 1, ', ');
    fields.push([unescaped(line.slice(at + 1, equals)), fieldValue(line.slice(equals + 1, end))]);
    at = end;
  } while (line[at] === ',');
  const time = line.slice(at + 1);
  return { measurement, tags, fields, time: { seconds: Number(time.slice(0, -9)), nanos: Number(time.slice(-9)) } };
};

const fieldValue = (text: string): FieldValue => {
  if (text.startsWith('"')) return { type: 'string', value: unescaped(text.slice(1, -1)) };
  if (text === 'true' || text === 'false') return { type: 'boolean', value: text === 'true' };
  if (text.endsWith('i')) return { type: 'integer', value: Number(text.slice(0, -1)) };
  return { type: 'float', value: Number(text) };
};
