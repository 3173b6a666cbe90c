/** Converts times, exact to the nanosecond and without BigInt: seconds and nanoseconds are two safe integers. */

import type { Time } from '../lines/point.ts';
import type { NumericPrecision } from '../mapping/mapping.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { stableHash } from './stable-hash.ts';

/** Decimal places between a unit and the nanosecond. */
export const NANO_DIGITS: Readonly<Record<NumericPrecision, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

/**
 * Whole seconds of the last time that openGemini accepts, 9223372036.854775806 s (MaxInt64 itself is outside its range:
 * corpus `ts-max`).
 */
export const SECONDS_MAX = 9_223_372_036;
const NANOS_MAX_AT_END = 854_775_806;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,9}))?$/;

/** Returns the refusal of a time that openGemini does not accept. */
export const rangeRefusal = (where: string): Refusal =>
  refuse(
    'timestamp-range',
    `${where}: openGemini accepts times from 1970-01-01 to 2262-04-11, this one is outside that range`,
  );

const inRange = (seconds: number, nanos: number): boolean =>
  seconds < SECONDS_MAX || (seconds === SECONDS_MAX && nanos <= NANOS_MAX_AT_END);

/**
 * Converts a decimal to a time, or returns a refusal. Fractions and exponents are converted exactly.
 *
 * @param text - Source text of a JSON number, or a string.
 * @param precision - Unit of the decimal.
 * @param where - Place in the event, for the refusal.
 */
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

/** Converts digits to a time. The decimal point after the first `nanoDigits` of them gives nanoseconds. */
const timeFromDigits = (digits: string, nanoDigits: number, where: string): Time | Refusal => {
  const surplus = nanoDigits <= 0 ? digits : digits.slice(nanoDigits);
  if (/[1-9]/.test(surplus)) {
    return refuse('timestamp-format', `${where}: the time is finer than a nanosecond and would be truncated`);
  }
  const nanoText = digits.slice(0, Math.max(0, nanoDigits)).replace(/^0+/, '');
  const zeros = Math.max(0, nanoDigits - digits.length);
  if (nanoText.length + zeros > 19) return rangeRefusal(where);
  return timeFromNanoText(nanoText + '0'.repeat(zeros), where);
};

/** Converts at most 19 digits of nanoseconds to a time. */
const timeFromNanoText = (text: string, where: string): Time | Refusal => {
  const seconds = Number(text.slice(0, -9));
  const nanos = Number(text.slice(-9));
  return inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal(where);
};

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/**
 * Converts text according to RFC 3339, with a zone and at most nine fraction digits, to a time, or returns a refusal.
 */
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

/** Returns seconds since 1970, or NaN if a part of the date or time does not exist. */
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
  // Date.UTC turns 31 February into a day of March and reads years below 100 as 19xx, so the date is set and read back.
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  const dayExists = utc.getUTCMonth() === month - 1 && utc.getUTCDate() === day;
  if (!dayExists || hour > 23 || minute > 59 || second > 59 || zoneHour > 23 || zoneMinute > 59) return Number.NaN;
  const offset = (zoneHour * 3600 + zoneMinute * 60) * (match[8] === '-' ? -1 : 1);
  return utc.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset;
};

/**
 * Returns the time of an event that has none (docs/decisions/0005). It is the time when the message was sent, plus less
 * than one millisecond in nanoseconds, computed from message id and event index.
 *
 * It is the same in every redelivery. Events of the same millisecond get different times: two such events of one series
 * collide about once in a million pairs. The time is refused if openGemini does not accept it, because a program that
 * calls the library can pass any `sentAtMs`.
 */
export const messageTime = (messageId: string, sentAtMs: number, eventIndex: number): Time | Refusal => {
  const seconds = Math.floor(sentAtMs / 1000);
  const nanos = (sentAtMs - seconds * 1000) * 1_000_000 + ((stableHash(messageId) + eventIndex) % 1_000_000);
  return seconds >= 0 && inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal('time of the message');
};

/** Returns a time as digits: nanoseconds since 1970. */
export const timeText = (time: Time): string =>
  time.seconds === 0 ? String(time.nanos) : String(time.seconds) + String(time.nanos).padStart(9, '0');

const YEAR_SECONDS = 31_556_952;

/**
 * Whether a time is more than ten years before or more than one year after its message was sent. Then its precision is
 * most likely wrong. Such times are counted, not refused.
 */
export const isImplausible = (seconds: number, sentAtMs: number): boolean => {
  const sent = sentAtMs / 1000;
  return seconds < sent - 10 * YEAR_SECONDS || seconds > sent + YEAR_SECONDS;
};
