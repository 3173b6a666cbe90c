/** Converts times, exact to the nanosecond and without BigInt: seconds and nanoseconds are two safe integers. */

import { endOfDigits, parseDecimal } from '../decimal.ts';
import type { Time } from '../lines/point.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { stableHash } from './stable-hash.ts';
import { secondsInZone } from './zone.ts';

/** Units of a timestamp that is a number or its digits. */
export const NUMERIC_PRECISIONS = ['s', 'ms', 'us', 'ns'] as const;
/** Unit of a timestamp that is a number or its digits. */
export type NumericPrecision = (typeof NUMERIC_PRECISIONS)[number];

/** Decimal places between a unit and the nanosecond. */
export const NANO_DIGITS: Readonly<Record<NumericPrecision, number>> = { s: 9, ms: 6, us: 3, ns: 0 };

/**
 * Whole seconds of the last time that openGemini accepts, 9223372036.854775806 s (MaxInt64 itself is outside its range:
 * corpus `ts-max`).
 */
export const SECONDS_MAX = 9_223_372_036;
const NANOS_MAX_AT_END = 854_775_806;

const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * Returns the refusal of a time that openGemini does not accept.
 *
 * @param hint - Probable cause, after a semicolon.
 */
export const rangeRefusal = (where: string, hint = ''): Refusal =>
  refuse(
    'timestamp-range',
    `${where}: openGemini accepts times from 1970-01-01 to 2262-04-11, this one is outside that range${hint}`,
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
    const remedy = ISO8601.test(text) ? '; "precision": "iso8601" in a mapping reads it' : '';
    return refuse(
      'timestamp-format',
      `${where}: expected a number of ${precision}, found text that is not a decimal number${remedy}`,
    );
  }
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match;
  const digits = whole + fraction;
  if (/^0*$/.test(digits)) return { seconds: 0, nanos: 0 };
  if (sign === '-') return rangeRefusal(where);
  const time = timeFromDigits(digits, whole.length + Number(exponent) + NANO_DIGITS[precision], where);
  return isRefusal(time) && time.code === 'timestamp-range' ? (otherUnit(text, precision, where) ?? time) : time;
};

/** Returns the refusal that names the unit in which a decimal would be a time; `undefined` if there is none. */
const otherUnit = (text: string, precision: NumericPrecision, where: string): Refusal | undefined => {
  const probable = unitByMagnitude(text);
  if (probable === undefined || probable === precision || isRefusal(timeFromDecimal(text, probable, where)))
    return undefined;
  return rangeRefusal(where, `; it is read as a number of ${precision}, and looks like one of ${probable}`);
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

/** Digits of a decimal without leading and trailing zeros. They depend on its value, and not on how it is written. */
interface Digits {
  /** Digits before the decimal point, after the exponent is applied; not above 0 for a number below 1. */
  readonly whole: number;
  /** Digits after it. */
  readonly fraction: number;
}

const digitsOf = (text: string): Digits | undefined => {
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, , whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return { whole: 0, fraction: 0 };
  const shift = Number(exponent) - fraction.length;
  return { whole: digits.length + shift, fraction: Math.max(0, endOfDigits(digits) - digits.length - shift) };
};

/** Digits before the decimal point, at most, for each unit: s below 10^11, ms below 10^14, us below 10^17. */
const AUTO_DIGITS: readonly (readonly [NumericPrecision, number])[] = [
  ['s', 11],
  ['ms', 14],
  ['us', 17],
  ['ns', Number.POSITIVE_INFINITY],
];

/** Returns the unit of a decimal by its magnitude; `undefined` if the text is not a decimal. */
export const unitByMagnitude = (text: string): NumericPrecision | undefined => {
  const digits = digitsOf(text);
  return digits === undefined ? undefined : AUTO_DIGITS.find(([, most]) => digits.whole <= most)?.[0];
};

/** Returns the nanoseconds that the last digit of a number stands for, without zeros at its end; at least 1. */
export const resolutionOfDecimal = (text: string, precision: NumericPrecision): number =>
  10 ** Math.max(0, NANO_DIGITS[precision] - (digitsOf(text)?.fraction ?? 0));

/** Returns the nanoseconds that the last written digit of a decimal text stands for, at least 1. */
export const resolutionOfDigits = (text: string, precision: NumericPrecision): number => {
  const [, , , fraction = '', exponent = '0'] = DECIMAL.exec(text) ?? [];
  return 10 ** Math.max(0, NANO_DIGITS[precision] - Math.max(0, fraction.length - Number(exponent)));
};

const ISO8601 =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(?:([Zz]| UTC| GMT)| ?([+-])(\d\d)(?::?(\d\d))?)?$/;

/** Returns the nanoseconds that the last written digit of a text according to ISO 8601 stands for, at least 1. */
export const resolutionOfIso8601 = (text: string): number => {
  const match = ISO8601.exec(text);
  if (match?.[6] === undefined) return 60e9;
  return 10 ** Math.max(0, 9 - (match[7]?.length ?? 0));
};

/**
 * Converts text according to ISO 8601 to a time, or returns a refusal: RFC 3339, and the forms that AWS, Git, Go, Java,
 * Postgres, Python and Ruby write. Digits beyond the ninth of a fraction must be zeros.
 *
 * @param zone - Zone of a text without one. If `undefined`, such a text is refused.
 */
export const timeFromIso8601 = (text: string, where: string, zone?: string): Time | Refusal => {
  const match = ISO8601.exec(text);
  if (match === null) return formatRefusal(where);
  const fraction = match[7] ?? '';
  const hasZone = match[8] !== undefined || match[9] !== undefined;
  const local = localSeconds(match);
  if (Number.isNaN(local)) return formatRefusal(where);
  if (!hasZone && zone === undefined)
    return refuse('timestamp-format', `${where}: the time has no zone; "zone" in the mapping would set it`);
  if (/[1-9]/.test(fraction.slice(9)))
    return refuse('timestamp-format', `${where}: the time is finer than a nanosecond and would be truncated`);
  const seconds = hasZone ? local - offsetOf(match) : secondsInZone(local, zone as string);
  const nanos = Number(fraction.slice(0, 9).padEnd(9, '0'));
  return seconds >= 0 && inRange(seconds, nanos) ? { seconds, nanos } : rangeRefusal(where);
};

const formatRefusal = (where: string): Refusal =>
  refuse(
    'timestamp-format',
    `${where}: expected a time like 2026-08-15T00:00:00.000000001Z (ISO 8601 with date, time and zone)`,
  );

const offsetOf = (match: RegExpExecArray): number =>
  (Number(match[10] ?? 0) * 3600 + Number(match[11] ?? 0) * 60) * (match[9] === '-' ? -1 : 1);

/** Returns the seconds of the written time since 1970, as if it were UTC, or NaN if a part of it does not exist. */
const localSeconds = (match: RegExpExecArray): number => {
  const field = (index: number): number => Number(match[index] ?? 0);
  const [year, month, day, hour, minute, second] = [1, 2, 3, 4, 5, 6].map(field) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  // Date.UTC reads years below 100 as 19xx, so the date is set. A day that does not exist leads to another month.
  const utc = new Date(0);
  utc.setUTCFullYear(year, month - 1, day);
  const dayExists = utc.getUTCMonth() === month - 1;
  if (!dayExists || hour > 23 || minute > 59 || second > 59 || field(10) > 23 || field(11) > 59) return Number.NaN;
  return utc.getTime() / 1000 + hour * 3600 + minute * 60 + second;
};

/**
 * Adds a decimal number to a time, or returns a refusal.
 *
 * @param text - The number, which may be negative.
 * @param precision - Its unit.
 */
export const addToTime = (time: Time, text: string, precision: NumericPrecision, where: string): Time | Refusal => {
  const decimal = parseDecimal(text);
  if (decimal === undefined) return refuse('timestamp-format', `${where}: expected a number of ${precision} to add`);
  const places = decimal.exponent + NANO_DIGITS[precision];
  if (places < 0)
    return refuse('timestamp-format', `${where}: the time is finer than a nanosecond and would be truncated`);
  const added = decimal.digits * 10n ** BigInt(places);
  const nanos = BigInt(time.seconds) * NANOS_PER_SECOND + BigInt(time.nanos) + added;
  if (nanos < 0n || nanos > NANOS_MAX) return rangeRefusal(where);
  return { seconds: Number(nanos / NANOS_PER_SECOND), nanos: Number(nanos % NANOS_PER_SECOND) };
};

const NANOS_PER_SECOND = 1_000_000_000n;
const NANOS_MAX = BigInt(SECONDS_MAX) * NANOS_PER_SECOND + BigInt(NANOS_MAX_AT_END);

/**
 * Adds a fixed number of nanoseconds to a time, below the resolution with which it was written. Events of one time get
 * different times, and a redelivery gets the same times.
 *
 * @param resolution - Nanoseconds that the last written digit of the time stands for.
 * @param eventIndex - Index of the event in its first message.
 */
export const spreadTime = (
  { seconds, nanos }: Time,
  resolution: number,
  messageId: string,
  eventIndex: number,
): Time | Refusal => {
  const sum = nanos + ((stableHash(messageId) + eventIndex) % resolution);
  const time = { seconds: seconds + Math.floor(sum / 1e9), nanos: sum % 1e9 };
  return inRange(time.seconds, time.nanos) ? time : rangeRefusal('timestamp');
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
