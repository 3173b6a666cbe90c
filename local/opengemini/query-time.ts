/** Times and durations of the query language, in nanoseconds. */

import type { Cursor } from './query-tokens.ts';

const UNIT_NS = new Map([
  ['ns', 1n],
  ['u', 1_000n],
  ['µ', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n],
]);

const DURATION = /^(?:\d+(?:ns|ms|[uµsmhdw]))+$/u;

/** Parses a duration like `1h30m`. */
export const parseDuration = (cursor: Cursor): bigint | undefined => {
  const parts = cursor.match(DURATION)?.matchAll(/(\d+)(\D+)/gu);
  return parts?.reduce((sum, [, count = '0', unit = '']) => sum + BigInt(count) * (UNIT_NS.get(unit) ?? 0n), 0n);
};

const RFC3339 = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?)?(Z|[+-]\d\d:\d\d)?$/;

/** Returns a time in the form of RFC 3339, whose time of the day and zone may be missing. Undefined for other texts. */
const timeOf = (text: string): bigint | undefined => {
  const [, day, clock = '00:00:00', fraction = '', zone = 'Z'] = RFC3339.exec(text) ?? [];
  const ms = Date.parse(`${day}T${clock}${zone}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
};

const parseBase = (cursor: Cursor, nowNs: bigint): bigint | undefined => {
  if (cursor.words('NOW', '(', ')')) return nowNs;
  const text = cursor.text();
  if (text !== undefined) return timeOf(text);
  const isNegative = cursor.words('-');
  const digits = cursor.match(/^\d+$/);
  const ns = digits === undefined ? parseDuration(cursor) : BigInt(digits);
  return ns !== undefined && isNegative ? -ns : ns;
};

/** Parses a time: `now()`, a text, or a number with or without a unit, each with durations added or subtracted. */
export const parseTime = (cursor: Cursor, nowNs: bigint): bigint | undefined => {
  let time = parseBase(cursor, nowNs);
  while (time !== undefined) {
    const sign = cursor.match(/^[+-]$/);
    if (sign === undefined) return time;
    const duration = parseDuration(cursor);
    time = duration === undefined ? undefined : sign === '+' ? time + duration : time - duration;
  }
  return undefined;
};

/** Returns a duration in the form of Go, as the server prints it: `168h0m0s`. */
export const durationText = (ns: bigint): string => {
  const seconds = ns / 1_000_000_000n;
  if (seconds === 0n) return '0s';
  const [hours, minutes] = [seconds / 3_600n, (seconds / 60n) % 60n];
  return `${hours > 0n ? `${hours}h` : ''}${hours > 0n || minutes > 0n ? `${minutes}m` : ''}${seconds % 60n}s`;
};
