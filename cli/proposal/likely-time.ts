/** Finds the member of sample events that is their time, and its form, with the readers of the sink. */

import { isRefusal } from '../../src/sink/refusal.ts';
import {
  NUMERIC_PRECISIONS,
  type NumericPrecision,
  timeFromDecimal,
  timeFromIso8601,
  unitByMagnitude,
} from '../../src/sink/time/timestamp.ts';
import type { Leaf } from './leaves.ts';

/** Form in which the sink reads the values of a member as times. */
export interface TimeForm {
  readonly precision: NumericPrecision | 'iso8601' | 'auto';
  /** Zone of texts without one. Undefined if all values have a zone. */
  readonly zone: string | undefined;
}

/** A member that is probably the time. */
export interface LikelyTime extends TimeForm {
  readonly leaf: Leaf;
}

/** Names of times, best first. */
const NAMES: readonly RegExp[] = [
  /^(?:timestamp|ts|time|datetime|event[_-]?time|@timestamp)$/i,
  /^(?:clock|dt|epoch|uts|tst|utc|(?:ts|time|epoch)_?(?:[mun]s|millis))$/i,
  /(?:time(?:stamp)?|date|_at|_ts|At)$|^(?:at|t|when|date)$/,
  /time|date|stamp/i,
];

/** Index of an element. */
const INDEX = /^\d+$/;

/** Seconds of the years 2000 and 2100: a number outside is no time in this precision. */
const SECONDS_MIN = 946_684_800;
const SECONDS_MAX = 4_102_444_800;

/** Zone that is proposed for texts without one. Many devices without a zone send UTC, and its author can see it. */
const UNKNOWN_ZONE = 'UTC';

/** Returns the most likely time of the members, or undefined. */
export const likelyTime = (leaves: Iterable<Leaf>): LikelyTime | undefined => {
  const found = [...leaves].flatMap((leaf) => {
    const rank = rankOf(leaf);
    const form = formOf(leaf);
    if (form === undefined) return [];
    // A number without the name of a time is rather a value. Elements of an array have no names.
    if (rank === NAMES.length && form.precision !== 'iso8601' && !INDEX.test(leaf.segments.at(-1) ?? '')) return [];
    return [{ leaf, ...form, rank: form.zone === undefined ? rank : rank + NAMES.length + 1 }];
  });
  return found.sort(
    (a, b) => b.leaf.present - a.leaf.present || a.rank - b.rank || a.leaf.segments.length - b.leaf.segments.length,
  )[0];
};

/** Returns the place of the name of a member in `NAMES`, or their number if it is none of them. */
const rankOf = ({ segments }: Leaf): number => {
  const rank = NAMES.findIndex((pattern) => pattern.test(segments.at(-1) ?? ''));
  return rank < 0 ? NAMES.length : rank;
};

/** Whether the name of a member means the time of its event, and not any other time. */
export const isTimeOfEvent = (leaf: Leaf): boolean => rankOf(leaf) < 2;

/** Returns the form in which the sink reads all values of a member as times, or undefined. */
const formOf = ({ kinds, values }: Leaf): TimeForm | undefined => {
  if (kinds.has('boolean')) return undefined;
  const texts = [...values];
  if (!kinds.has('number')) {
    for (const zone of [undefined, UNKNOWN_ZONE])
      if (texts.every((text) => !isRefusal(timeFromIso8601(text, '', zone)))) return { precision: 'iso8601', zone };
  }
  const precision = NUMERIC_PRECISIONS.find((unit) => texts.every((text) => isRecent(text, unit)));
  if (precision !== undefined) return { precision, zone: undefined };
  return texts.every(isRecentInAnyForm) ? { precision: 'auto', zone: undefined } : undefined;
};

const isRecentInAnyForm = (text: string): boolean => {
  const unit = unitByMagnitude(text);
  return unit === undefined ? !isRefusal(timeFromIso8601(text, '')) : isRecent(text, unit);
};

const isRecent = (text: string, precision: NumericPrecision): boolean => {
  const time = timeFromDecimal(text, precision, '');
  return !isRefusal(time) && time.seconds >= SECONDS_MIN && time.seconds < SECONDS_MAX;
};

const MONTH =
  '(?:Jan|January|Feb|February|Mar|March|Apr|April|May|June?|July?|Aug|August|Sept?|September|Oct|October|Nov|November|Dec|December)';

/** Dates, and times of a day, also in forms that the sink does not read. */
const DATES: readonly RegExp[] = [
  /^\d{4}([-/])\d{1,2}\1\d{1,2}(?:[T ,].*)?$/,
  /^\d{1,2}([-/.])\d{1,2}\1\d{4}(?:[T ,].*)?$/,
  // Eight digits alone are rather a number of a device.
  /^\d{8}[T ]\d{2}:?\d{2}.*$/,
  /^\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[AP]M)?$/i,
  new RegExp(`\\b(?:\\d{1,2}[ /-]${MONTH}|${MONTH} {1,2}\\d{1,2})\\b`, 'i'),
];

/** Whether a text is a date or a time of a day, in a form that the sink may not read. */
export const looksLikeDate = (text: string): boolean => DATES.some((pattern) => pattern.test(text));

/** Whether a member contains times. Its values are new in every event, also if the samples have only a few. */
export const containsTimes = (leaf: Leaf): boolean => {
  if (!leaf.kinds.has('string')) return false;
  if ([...leaf.values].some(looksLikeDate)) return true;
  return rankOf(leaf) < NAMES.length && formOf(leaf) !== undefined;
};
