/** The columns of a measurement with their types, and the server's checks for conflicts. */

import type { ByteText } from './byte-text.ts';
import type { FieldType, Row } from './row.ts';

interface Column {
  readonly type: FieldType | 'tag';
  /** End of the newest shard group that contains the column, in steps of 2^32 ns as the server stores it. */
  readonly end: bigint;
}

type Columns = Map<ByteText, Column>;

/** The columns of a measurement. */
export interface Schema {
  /** Columns that rows are compared with, and that queries return. */
  readonly known: Columns;
  /** The underlying registry. A change that fails halfway remains here, and is not in `known`. */
  readonly registered: Columns;
}

/** Creates a schema without columns. */
export const createSchema = (): Schema => ({ known: new Map(), registered: new Map() });

/**
 * Result of checking a row's types: the remaining row, or that it is dropped. A dropped row has a reason, a kept one
 * may have one.
 */
export type Admission =
  | { readonly kind: 'kept'; readonly row: Row; readonly reason: ByteText | undefined }
  | { readonly kind: 'dropped'; readonly reason: ByteText };

type Wanted = ReadonlyArray<readonly [ByteText, Column]>;

/** Adds columns one by one, and stops at the first conflict. Returns whether all were added. */
const extend = (columns: Columns, wanted: Wanted): boolean => {
  for (const [key, column] of wanted) {
    const known = columns.get(key);
    if (known !== undefined && known.type !== column.type) return false;
    if (known === undefined || known.end < column.end) columns.set(key, column);
  }
  return true;
};

const register = (schema: Schema, wanted: Wanted): boolean =>
  extend(schema.registered, wanted) && extend(schema.known, wanted);

/**
 * Checks a row against the measurement's columns, and adds its new columns. A field of another type is dropped from the
 * row, and the reason names it. If its column must also be extended to a newer shard group, the whole row is dropped
 * with a shorter text. Tags are compared with fields only in that second case.
 */
export const admit = (schema: Schema, row: Row, shardGroupEnd: bigint): Admission => {
  const end = shardGroupEnd >> 32n;
  const wanted: Array<readonly [ByteText, Column]> = [];
  let reason: ByteText | undefined;
  const isOld = (column: Column | undefined): boolean => column === undefined || column.end < end;

  const tags = row.tags.filter(([key]) => key !== 'time');
  if (tags.length < row.tags.length) reason = `tag key can't be time, measurement is '${row.measurement}'`;
  for (const [key] of tags) if (isOld(schema.known.get(key))) wanted.push([key, { type: 'tag', end }]);

  const fields = row.fields.filter(({ key, type }) => {
    const column = schema.known.get(key);
    if (isOld(column)) wanted.push([key, { type, end }]);
    if (column === undefined || column.type === type) return true;
    reason = `field type conflict: input field "${key}" on measurement "${row.measurement}" is type ${type}, already exists as type ${column.type}`;
    return false;
  });
  if (fields.length === 0 && row.fields.length > 0) return { kind: 'dropped', reason: reason ?? '' };
  if (!register(schema, wanted)) return { kind: 'dropped', reason: 'field type conflict' };
  return { kind: 'kept', row: { ...row, tags, fields }, reason };
};
