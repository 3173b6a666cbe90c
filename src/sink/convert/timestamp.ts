/** Times of points, exact to the nanosecond and without BigInt: seconds and nanoseconds are two safe integers. */

import type { Time } from '../lines/point.ts';
import type { NumericPrecision } from '../mapping/mapping.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { stableHash } from './stable-hash.ts';

/** Decimal places between one unit and the nanosecond. */
export const NANO_DIGITS: Readonly<Record<NumericPrecision, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

// The last nanosecond the server takes is 9223372036.854775806 s (MaxInt64 itself is out of its range).
export const SECONDS_MAX = 9_223_372_036;
const NANOS_MAX_AT_END = 854_775_806;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;

export const rangeRefusal = (where: string): Refusal =>
  refuse('timestamp-range', `${where}: openGemini takes times from 1970-01-01 to 2262-04-11, this one lies outside`);

const inRange = (seconds: number, nanos: number): boolean =>
  seconds < SECONDS_MAX || (seconds === SECONDS_MAX && nanos <= NANOS_MAX_AT_END);

/** Decimal digits (a JSON number's source or a string) in units of `precision` -> time; a fraction is kept exactly. */
export const timeFromDecimal = (text: string, precision: NumericPrecision, where: string): Time | Refusal => {
  const match = DECIMAL.exec(text);
  if (match === null) {
    return refuse(
      'timestamp-format',
      `${where}: expected a number of ${precision}, found text that is not a decimal number`,
    );
  }
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  if (/^0*$/.test(digits)) return { seconds: 0, nanos: 0 };
  if (sign === '-') return rangeRefusal(where);
  return timeFromDigits(digits, whole.length + Number(exponent) + NANO_DIGITS[precision], where);
};

/** `digits` with the decimal point after the first `nanoDigits` of them is a count of nanoseconds. */
const timeFromDigits = (digits: string, nanoDigits: number, where: string): Time | Refusal => {
  const surplus = nanoDigits <= 0 ? digits : digits.slice(nanoDigits);
  if (/[1-9]/.test(surplus)) {
    return refuse('timestamp-format', `${where}: the time is finer than a nanosecond and would be cut`);
  }
  const nanoText = digits.slice(0, Math.max(0, nanoDigits)).replace(/^0+/, '');
  const zeros = Math.max(0, nanoDigits - digits.length);
  if (nanoText.length + zeros > 19) return rangeRefusal(where);
  return timeFromNanoText(nanoText + '0'.repeat(zeros), where);
};

/** At most 19 digits of nanoseconds. */
const timeFromNanoText = (text: string, where: string): Time | Refusal => {
  const seconds = Number(text.slice(0, -9));
  const nanos = Number(text.slice(-9));
  return inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal(where);
};

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** RFC 3339 with a zone and up to nine fraction digits -> time. */
export const timeFromIso8601 = (text: string, where: string): Time | Refusal => {
  const match = RFC3339.exec(text);
  const seconds = match === null ? Number.NaN : secondsFrom(match);
  if (match === null || Number.isNaN(seconds)) {
    return refuse(
      'timestamp-format',
      `${where}: expected a time like 2026-08-15T00:00:00.000000001Z (RFC 3339 with a zone, at most nine fraction digits)`,
    );
  }
  const nanos = Number((match[7] ?? '').padEnd(9, '0'));
  return seconds >= 0 && inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal(where);
};

const secondsFrom = (match: RegExpExecArray): number => {
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(field) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [zoneHour, zoneMinute] = [field(9), field(10)];
  // Date.UTC rolls 31 February over into March and takes years below 100 for 19xx: a calendar must be asked again.
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  const dayExists = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  if (!dayExists || hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return Number.NaN;
  const offset = (zoneHour * 3600 + zoneMinute * 60) * (match[8] === '-' ? -1 : 1);
  return utc.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
};

/**
 * The time of an event that has none of its own: when its message was sent, plus a fixed number of nanoseconds below a
 * millisecond made from message id and event index. It never changes in a redelivery, and events of one millisecond
 * get different times (two such events of one series meet about once in a million pairs). Refused where the server
 * takes no such time: whoever hands in messages by a program of their own may say anything.
 */
export const messageTime = (messageId: string, sentAtMs: number, eventIndex: number): Time | Refusal => {
  const seconds = Math.floor(sentAtMs / 1000);
  const nanos = (sentAtMs - seconds * 1000) * 1_000_000 + ((stableHash(messageId) + eventIndex) % 1_000_000);
  return seconds >= 0 && inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal('time of the message');
};

/** Nanoseconds since 1970 as decimal digits. */
export const timeText = (time: Time): string =>
  time.seconds === 0 ? String(time.nanos) : String(time.seconds) + String(time.nanos).padStart(9, '0');

const YEAR_SECONDS = 31_556_952;

/** More than ten years before or one year after the message was sent: most likely the wrong precision. */
export const isImplausible = (seconds: number, sentAtMs: number): boolean => {
  const sent = sentAtMs / 1000;
  return seconds < sent - 10 * YEAR_SECONDS || seconds > sent + YEAR_SECONDS;
};
