/** Writes the rows of a block into the store, with the server's checks and error texts. */

import { type ByteText, isPrintable } from './byte-text.ts';
import { indexError, isShardKeyTooLong } from './index-limits.ts';
import type { Parsed } from './number-token.ts';
import { type Field, NO_FIELDS, type Row } from './row.ts';
import { admit } from './schema.ts';
import { createMeasurement, type Database, type RetentionPolicy, shardGroupEnd, storePoint } from './storage.ts';

/** Outcome of writing one block. The server responds with 500 to a `failed` block, and with 400 to a `partial` one. */
export type BlockOutcome = { readonly stored: number } & (
  | { readonly kind: 'written' }
  | { readonly kind: 'partial' | 'failed'; readonly reason: ByteText }
);

/** A row with its time. */
export interface TimedRow extends Row {
  readonly timeNs: bigint;
}

const TIME_NS_MAX = 2n ** 63n - 2n;

const isMeasurementName = (name: ByteText): boolean =>
  name !== '.' && name !== '..' && !/[,;/\\]/.test(name) && isPrintable(name);

/**
 * Returns the fields sorted by key. Of equal keys the last one wins, unless their types differ. A field `time` is
 * dropped.
 */
const mergeFields = (fields: readonly Field[]): Parsed<Field[]> => {
  const sorted = fields
    .filter(({ key }) => key !== 'time')
    .sort((a, b) => (a.key < b.key ? -1 : Number(a.key > b.key)));
  const clash = sorted.find((field, at) => field.key === sorted[at + 1]?.key && field.type !== sorted[at + 1]?.type);
  if (clash !== undefined) return { error: `conflict field type: ${clash.key}` };
  return { value: sorted.filter((field, at) => field.key !== sorted[at + 1]?.key) };
};

const checkTime = (policy: RetentionPolicy, timeNs: bigint, nowNs: bigint): ByteText | undefined => {
  // An infinite policy keeps data since 1970, so a time that overflowed into the negative is "expired" too.
  const oldest = policy.durationNs === 0n ? 0n : nowNs - (nowNs % 1_000_000_000n) - policy.durationNs;
  if (timeNs < oldest) return 'point time is expired, compared with rp duration';
  if (timeNs > TIME_NS_MAX) return 'time outside range -9223372036854775806 - 9223372036854775806';
  return undefined;
};

const duplicateTag = ({ tags }: Row): ByteText | undefined => tags.find(([key], at) => key === tags[at + 1]?.[0])?.[0];

/** Result of checking a row: it is kept (perhaps with a reason), it is dropped, or the whole block fails. */
type RowCheck =
  | { readonly row: TimedRow; readonly reason: ByteText | undefined }
  | { readonly drop: ByteText }
  | { readonly abort: ByteText };

const checkRow = (policy: RetentionPolicy, row: TimedRow, nowNs: bigint): RowCheck => {
  const late = checkTime(policy, row.timeNs, nowNs);
  if (late !== undefined) return { drop: late };
  const fields = mergeFields(row.fields);
  if ('error' in fields) return { drop: fields.error };

  const measurement = policy.measurements.get(row.measurement) ?? createMeasurement();
  if (!policy.measurements.has(row.measurement)) {
    if (!isMeasurementName(row.measurement)) return { drop: `invalid measurement name: ${row.measurement}` };
    policy.measurements.set(row.measurement, measurement);
  }
  const twice = duplicateTag(row);
  if (twice !== undefined) return { abort: `duplicate tag ${twice}` };
  if (isShardKeyTooLong(row)) return { drop: 'unknown error' }; // The server has no error text for this case.
  const admission = admit(measurement.schema, { ...row, fields: fields.value }, shardGroupEnd(policy, row.timeNs));
  if (admission.kind === 'dropped') return { drop: admission.reason };
  return { row: { ...admission.row, timeNs: row.timeNs }, reason: admission.reason };
};

interface ShardResult {
  readonly stored: number;
  readonly error: ByteText | undefined;
}

/** Writes the rows of a shard group. A row without fields fails all of them. A series that is too long fails alone. */
const writeShard = (policy: RetentionPolicy, rows: readonly TimedRow[]): ShardResult => {
  if (rows.some((row) => row.fields.length === 0)) return { stored: 0, error: NO_FIELDS };
  let error: ByteText | undefined;
  let stored = 0;
  for (const row of rows) {
    const tooLarge = indexError(row);
    error ??= tooLarge;
    const measurement = policy.measurements.get(row.measurement);
    if (tooLarge !== undefined || measurement === undefined) continue;
    storePoint(measurement, row, row.timeNs);
    stored++;
  }
  return { stored, error };
};

const writeShards = (policy: RetentionPolicy, rows: readonly TimedRow[]): ShardResult => {
  const shards = Map.groupBy(rows, (row) => shardGroupEnd(policy, row.timeNs));
  const results = [...shards.values()].map((shard) => writeShard(policy, shard));
  return {
    stored: results.reduce((sum, result) => sum + result.stored, 0),
    error: results.findLast((result) => result.error !== undefined)?.error,
  };
};

/** Writes the rows of one block: adds each row to the schema, then stores the rows by shard group. */
export const writeRows = (
  database: Database,
  policyName: ByteText,
  rows: readonly TimedRow[],
  nowNs: bigint,
): BlockOutcome => {
  const name = policyName === '' ? database.defaultPolicy : policyName;
  const policy = database.policies.get(name);
  if (policy === undefined) return { kind: 'failed', reason: `retention policy not found: ${name}`, stored: 0 };
  const kept: TimedRow[] = [];
  let reason: ByteText | undefined;
  let dropped = 0;
  for (const row of rows) {
    const check = checkRow(policy, row, nowNs);
    if ('abort' in check) return { kind: 'failed', reason: check.abort, stored: 0 };
    if ('drop' in check) {
      reason = check.drop;
      dropped++;
      continue;
    }
    reason = check.reason ?? reason;
    kept.push(check.row);
  }
  const { stored, error } = writeShards(policy, kept);
  if (error !== undefined) return { kind: 'failed', reason: error, stored };
  // `dropped` counts only rows. A dropped field or tag does not increase it.
  return reason === undefined
    ? { kind: 'written', stored }
    : { kind: 'partial', reason: `partial write: ${reason} dropped=${dropped}`, stored };
};
