/** The databases of the stand-in, in memory. */

import type { ByteText } from './byte-text.ts';
import type { FieldValue, Row, Tag } from './row.ts';
import { createSchema, type Schema } from './schema.ts';

interface Series {
  readonly tags: readonly Tag[];
  readonly points: Map<bigint, Map<ByteText, FieldValue>>;
}

/** A measurement with its columns and series. */
export interface Measurement {
  readonly schema: Schema;
  readonly series: Map<string, Series>;
}

/** A retention policy with its measurements. */
export interface RetentionPolicy {
  /** 0 means that data never expires. */
  readonly durationNs: bigint;
  readonly shardGroupNs: bigint;
  readonly measurements: Map<ByteText, Measurement>;
}

/** A database with its retention policies. */
export interface Database {
  defaultPolicy: ByteText;
  readonly policies: Map<ByteText, RetentionPolicy>;
}

/** All databases by name. */
export type Databases = Map<ByteText, Database>;

/** Nanoseconds of one hour. */
export const HOUR_NS = 3_600_000_000_000n;
const DAY_NS = 24n * HOUR_NS;

/**
 * Returns the length of a shard group, which depends on the duration of its policy. A duration of 0 keeps data forever.
 */
const shardGroupNsFor = (durationNs: bigint): bigint => {
  if (durationNs === 0n || durationNs >= 180n * DAY_NS) return 7n * DAY_NS;
  return durationNs >= 2n * DAY_NS ? DAY_NS : HOUR_NS;
};

/** Creates an empty retention policy. */
export const createPolicy = (durationNs: bigint, shardGroupNs = shardGroupNsFor(durationNs)): RetentionPolicy => ({
  durationNs,
  shardGroupNs,
  measurements: new Map(),
});

/** Creates a database with the policy `autogen`, in which data never expires. */
export const createDatabase = (): Database => ({
  defaultPolicy: 'autogen',
  policies: new Map([['autogen', createPolicy(0n)]]),
});

/** Creates an empty measurement. */
export const createMeasurement = (): Measurement => ({ schema: createSchema(), series: new Map() });

/**
 * Start of the first shard group: the first day of the year 1. It is a Monday, so groups of a week begin on Mondays.
 */
const YEAR_ONE_NS = -62_135_596_800_000_000_000n;
const TIME_NS_MAX = 2n ** 63n - 1n;

/** Returns the end of the shard group that contains the time. */
export const shardGroupEnd = (policy: RetentionPolicy, timeNs: bigint): bigint => {
  const end = timeNs - ((timeNs - YEAR_ONE_NS) % policy.shardGroupNs) + policy.shardGroupNs;
  return end > TIME_NS_MAX ? TIME_NS_MAX : end;
};

const seriesKey = (tags: readonly Tag[]): string => JSON.stringify(tags);

/**
 * Stores a point. If the series already has a point at this time, new fields overwrite old ones and other fields are
 * kept.
 */
export const storePoint = (measurement: Measurement, row: Row, timeNs: bigint): void => {
  const key = seriesKey(row.tags);
  const series = measurement.series.get(key) ?? { tags: row.tags, points: new Map() };
  measurement.series.set(key, series);
  const point = series.points.get(timeNs) ?? new Map<ByteText, FieldValue>();
  series.points.set(timeNs, point);
  for (const field of row.fields) point.set(field.key, field.value);
};
