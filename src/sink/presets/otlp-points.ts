/** Fields of each kind of OTLP data point. All are floats, so that no column has two types. */

import { decimalText, parseDecimal } from '../decimal.ts';
import { isObject, type Json, type JsonObject, memberOf } from '../json/json.ts';
import { objectOf, type ValueReader } from './otlp-values.ts';

/** Reads the fields of a data point. Faults are recorded in the reader. */
export type FieldReader = (point: JsonObject, reader: ValueReader) => Map<string, number>;

/** Returns a reader of gauges and sums, which have one field. */
export const numberFields =
  (name: string): FieldReader =>
  (point, reader) => {
    const value = memberOf(point, 'asDouble') === undefined ? undefined : reader.double(point, 'asDouble');
    if (value !== undefined) return new Map([[name, value]]);
    return memberOf(point, 'asInt') === undefined
      ? new Map()
      : new Map([[name, Number(reader.integer(point, 'asInt'))]]);
  };

/** Reads a histogram: `count`, `sum`, `min`, `max`, and the cumulated count up to each bound. */
export const histogramFields: FieldReader = (point, reader) => {
  const fields = totalsOf(point, reader);
  const counts = reader.counts(point, 'bucketCounts');
  const bounds = reader.array(point, 'explicitBounds').map((bound) => reader.doubleFrom(bound, 'explicitBounds'));
  // The last bucket, up to infinity, has no bound. Some producers leave it out.
  if (counts.length > 0 && counts.length !== bounds.length + 1 && counts.length !== bounds.length) {
    reader.fault('bucketCounts', `${bounds.length + 1} counts for ${bounds.length} bounds`, counts.map(Number));
  }
  let cumulated = 0n;
  for (const [index, bound] of bounds.entries()) {
    if (Number.isNaN(bound)) reader.fault('explicitBounds', 'bounds that are numbers', bound);
    if (index >= counts.length) break;
    cumulated += counts[index] as bigint;
    setBound(fields, bound, cumulated);
  }
  return fields;
};

/** Reads a summary: `count`, `sum`, and a field per quantile. */
export const summaryFields: FieldReader = (point, reader) => {
  const fields = new Map<string, number>();
  fields.set('count', Number(reader.integer(point, 'count')));
  fields.set('sum', reader.double(point, 'sum') ?? 0);
  for (const entry of reader.array(point, 'quantileValues')) {
    if (!isObject(entry)) reader.fault('quantileValues', 'objects with "quantile" and "value"', entry);
    else fields.set(plainText(reader.double(entry, 'quantile') ?? 0), reader.double(entry, 'value') ?? 0);
  }
  return fields;
};

/**
 * Reads an exponential histogram. Buckets of a positive scale are merged down to scale 0, which is exact. Columns are
 * then powers of two, and do not multiply when a producer changes its scale.
 */
export const exponentialFields: FieldReader = (point, reader) => {
  const fields = totalsOf(point, reader);
  const scale = Number(reader.integer(point, 'scale'));
  const zeroThreshold = reader.double(point, 'zeroThreshold') ?? 0;
  let cumulated = 0n;
  const add = (bound: number, count: bigint): void => {
    cumulated += count;
    setBound(fields, bound, cumulated);
  };
  // In the order of the values: the most negative bucket first, then the zero bucket.
  for (const [index, count] of mergedBuckets(point, 'negative', scale, reader).toReversed()) {
    add(-powerAt(index, scale), count);
  }
  add(zeroThreshold, reader.integer(point, 'zeroCount'));
  for (const [index, count] of mergedBuckets(point, 'positive', scale, reader)) add(powerAt(index + 1, scale), count);
  return fields;
};

/** Returns indexes and counts of buckets at scale 0, or at the scale of the point if that is negative. Ascending. */
const mergedBuckets = (
  point: JsonObject,
  side: 'positive' | 'negative',
  scale: number,
  reader: ValueReader,
): (readonly [number, bigint])[] => {
  const buckets = objectOf(point, side);
  const offset = Number(reader.integer(buckets, 'offset'));
  const divisor = scale > 0 ? 2 ** scale : 1;
  const merged = new Map<number, bigint>();
  for (const [at, count] of reader.counts(buckets, 'bucketCounts').entries()) {
    const index = Math.floor((offset + at) / divisor);
    merged.set(index, (merged.get(index) ?? 0n) + count);
  }
  return [...merged];
};

/** Returns the lower bound of a bucket: 2^(index * 2^-scale), where scale is at most 0. */
const powerAt = (index: number, scale: number): number => 2 ** (index * 2 ** -Math.min(scale, 0));

/** Reads `count`, and `sum`, `min` and `max` if the point contains them. */
const totalsOf = (point: JsonObject, reader: ValueReader): Map<string, number> => {
  const fields = new Map([['count', Number(reader.integer(point, 'count'))]]);
  for (const name of ['sum', 'min', 'max']) {
    const value = reader.double(point, name);
    if (value !== undefined) fields.set(name, value);
  }
  return fields;
};

/** Sets the cumulated count up to a bound. An infinite bound has no field, because `count` is the same number. */
const setBound = (fields: Map<string, number>, bound: number, cumulated: bigint): void => {
  if (Number.isFinite(bound)) fields.set(plainText(bound), Number(cumulated));
};

/** Returns the shortest decimal of a double, without an exponent. */
const plainText = (value: number): string => {
  const decimal = parseDecimal(String(value));
  return decimal === undefined ? String(value) : decimalText(decimal);
};

/** Whether a point has no recorded value: bit 0 of its flags. */
export const hasNoValue = (flags: Json | undefined): boolean =>
  flags !== undefined && (typeof flags === 'number' || typeof flags === 'string') && Number(flags) % 2 === 1;
