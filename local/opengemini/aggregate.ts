/** Functions over the points of a group, for the whole group or for intervals of time. */

import type { ByteText } from './byte-text.ts';
import type { TimeRange } from './query-condition.ts';
import type { FunctionName, Windows } from './query-select.ts';
import type { FieldValue } from './row.ts';

/** A point, as far as a function reads it. */
export interface Sample {
  readonly timeNs: bigint;
  readonly fields: ReadonlyMap<ByteText, FieldValue>;
}

/** A function of a field. */
export interface Call {
  readonly call: FunctionName;
  /** The percentage of `percentile()`. */
  readonly percentage: number | undefined;
  readonly field: ByteText;
  /** Name of the column. */
  readonly column: ByteText;
}

/** A row of the result. An undefined value is printed as null. */
export interface AggregateRow {
  readonly timeNs: bigint;
  readonly values: ReadonlyArray<FieldValue | undefined>;
}

interface Value {
  readonly timeNs: bigint;
  readonly value: FieldValue;
}

const valuesOf = (samples: readonly Sample[], field: ByteText): Value[] =>
  samples.flatMap(({ timeNs, fields }) => {
    const value = fields.get(field);
    return value === undefined ? [] : [{ timeNs, value }];
  });

const sumOf = (values: readonly Value[]): bigint | number =>
  values.every(({ value }) => typeof value === 'bigint')
    ? BigInt.asIntN(
        64,
        values.reduce((sum, { value }) => sum + BigInt(value), 0n),
      )
    : values.reduce((sum, { value }) => sum + Number(value), 0);

/** Returns the earliest of the values that no other one exceeds in the order. */
const extreme = (values: readonly Value[], exceeds: (a: FieldValue, b: FieldValue) => boolean): Value | undefined =>
  values.reduce<Value | undefined>(
    (best, each) => (best === undefined || exceeds(each.value, best.value) ? each : best),
    undefined,
  );

/** Returns the value of the nearest rank, at least the smallest. Values other than numbers are left out. */
const percentileOf = (values: readonly Value[], percentage: number): Value | undefined => {
  const numbers = values.filter(({ value }) => typeof value === 'number' || typeof value === 'bigint');
  const sorted = numbers.toSorted((a, b) => Number(a.value) - Number(b.value));
  return sorted[Math.max(0, Math.floor((sorted.length * percentage) / 100 + 0.5) - 1)];
};

/** Returns the result, with the time of the point that it comes from. Points are in the order of their times. */
const apply = ({ call, percentage = 0 }: Call, values: readonly Value[]): Value | undefined => {
  const [first] = values;
  if (first === undefined) return undefined;
  const at = (value: FieldValue): Value => ({ timeNs: first.timeNs, value });
  switch (call) {
    case 'count':
      return at(BigInt(values.length));
    case 'sum':
      return at(sumOf(values));
    case 'mean':
      return at(Number(sumOf(values)) / values.length);
    case 'min':
      return extreme(values, (a, b) => a < b);
    case 'max':
      return extreme(values, (a, b) => a > b);
    case 'first':
      return first;
    case 'last':
      return values.at(-1);
    case 'percentile':
      return percentileOf(values, percentage);
  }
};

const isSelector = (call: FunctionName): boolean => call !== 'count' && call !== 'sum' && call !== 'mean';

/**
 * Returns the row of a whole group, or none without values. Its time is the start of the range, or 1970. A single function
 * that selects a point has the time of that point.
 */
export const aggregateAll = (samples: readonly Sample[], calls: readonly Call[], range: TimeRange): AggregateRow[] => {
  const results = calls.map((call) => apply(call, valuesOf(samples, call.field)));
  if (results.every((result) => result === undefined)) return [];
  const [only] = calls;
  const isPoint = calls.length === 1 && only !== undefined && isSelector(only.call);
  const timeNs = isPoint ? (results[0]?.timeNs ?? 0n) : (range.min ?? 0n);
  return [{ timeNs, values: results.map((result) => result?.value) }];
};

/** Returns the start of the interval that contains the time. */
const windowStart = (timeNs: bigint, { everyNs, offsetNs }: Windows): bigint => {
  const since = timeNs - offsetNs;
  const into = since % everyNs;
  return timeNs - (into < 0n ? into + everyNs : into);
};

/** Limit for the intervals of a group. The server has none, and the stand-in is not made for large results. */
const WINDOWS_MAX = 100_000n;

/**
 * Returns one row per interval, from the start of the range, or the first point, to its end, or the last point. Intervals
 * without points are filled. Returns an error for more than 100,000 intervals.
 */
export const aggregateWindows = (
  samples: readonly Sample[],
  calls: readonly Call[],
  range: TimeRange,
  windows: Windows,
): AggregateRow[] | { readonly error: string } => {
  const used = samples.filter(({ fields }) => calls.some(({ field }) => fields.has(field)));
  const [first, last] = [used[0], used.at(-1)];
  if (first === undefined || last === undefined) return [];
  const groups = Map.groupBy(used, ({ timeNs }) => windowStart(timeNs, windows));
  const start = windowStart(range.min ?? first.timeNs, windows);
  const end = windowStart(range.max ?? last.timeNs, windows);
  const isSparse = windows.fill === 'none';
  if (!isSparse && (end - start) / windows.everyNs >= WINDOWS_MAX)
    return {
      error: `GROUP BY time() gives more than ${WINDOWS_MAX} intervals. Use a shorter range of the time, or fill(none)`,
    };
  const previous = new Map<Call, FieldValue>();
  const starts = isSparse ? [...groups.keys()] : startsFrom(start, end, windows.everyNs);
  return starts.map((timeNs) => {
    const members = groups.get(timeNs) ?? [];
    const values = calls.map((call) => {
      const value = apply(call, valuesOf(members, call.field))?.value ?? filled(call, windows.fill, previous);
      if (value !== undefined) previous.set(call, value);
      return value;
    });
    return { timeNs, values };
  });
};

const startsFrom = (start: bigint, end: bigint, everyNs: bigint): bigint[] => {
  const starts: bigint[] = [];
  for (let at = start; at <= end; at += everyNs) starts.push(at);
  return starts;
};

/** A count of no points is 0, unless the fill states something else. */
const filled = (call: Call, fill: Windows['fill'], previous: ReadonlyMap<Call, FieldValue>): FieldValue | undefined => {
  if (typeof fill === 'number') return fill;
  if (fill === 'previous') return previous.get(call);
  return fill === 'null' && call.call === 'count' ? 0n : undefined;
};
