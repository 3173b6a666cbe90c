/** Finds the member of sample events that is their time, and its precision. */

import type { Leaf } from './leaves.ts';

/** A member that is probably the time. */
export interface LikelyTime {
  readonly leaf: Leaf;
  readonly precision: 's' | 'ms' | 'us' | 'ns' | 'iso8601';
}

/** Names of times, best first. */
const NAMES: readonly RegExp[] = [
  /^(?:timestamp|ts|time|datetime|event[_-]?time|@timestamp)$/i,
  /(?:time(?:stamp)?|date|_at|_ts|At)$|^(?:at|t|when|date)$/,
  /time|date|stamp/i,
];

/** RFC 3339, which `iso8601` reads. */
const ISO = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** Seconds of the years 2000 and 2100: a number outside is no time in this precision. */
const SECONDS_MIN = 946_684_800;
const SECONDS_MAX = 4_102_444_800;

/** Returns the most likely time of the members, or undefined. */
export const likelyTime = (leaves: Iterable<Leaf>): LikelyTime | undefined => {
  const found = [...leaves].flatMap((leaf) => {
    const rank = NAMES.findIndex((pattern) => pattern.test(leaf.segments.at(-1) ?? ''));
    const precision = precisionOf(leaf);
    // A number without the name of a time is rather a value.
    if (precision === undefined || (rank < 0 && precision !== 'iso8601')) return [];
    return [{ leaf, precision, rank: rank < 0 ? NAMES.length : rank }];
  });
  return found.sort(
    (a, b) => b.leaf.present - a.leaf.present || a.rank - b.rank || a.leaf.segments.length - b.leaf.segments.length,
  )[0];
};

const precisionOf = ({ kinds, values }: Leaf): LikelyTime['precision'] | undefined => {
  const texts = [...values];
  if (kinds.size !== 1) return undefined;
  if (kinds.has('string') && texts.every((text) => ISO.test(text) && Date.parse(text) >= 0)) return 'iso8601';
  const isNumber = kinds.has('number') || (kinds.has('string') && texts.every((text) => /^\d{9,19}$/.test(text)));
  if (!isNumber) return undefined;
  const seconds = texts.map(Number);
  return (['s', 'ms', 'us', 'ns'] as const).find((_, index) =>
    seconds.every((value) => value / 1_000 ** index >= SECONDS_MIN && value / 1_000 ** index < SECONDS_MAX),
  );
};

/** A date, or a date with a time, also in forms that `iso8601` does not read. */
const DATE = /^\d{4}-?\d{2}-?\d{2}(?:[T ]\d{2}:?\d{2}.*)?$/;

/** Whether a member contains times. Its values are new in every event, also if the samples have only a few. */
export const containsTimes = (leaf: Leaf): boolean => {
  if (!leaf.kinds.has('string')) return false;
  // Eight digits alone are rather a number of a device.
  if ([...leaf.values].some((text) => DATE.test(text) && !/^\d{8}$/.test(text))) return true;
  return NAMES.some((pattern) => pattern.test(leaf.segments.at(-1) ?? '')) && precisionOf(leaf) !== undefined;
};
