import type { ByteText } from './byte-text.ts';
import type { FieldType, Row } from './row.ts';

interface Column {
  readonly type: FieldType | 'tag';
  /** End of the newest shard group in which the column was seen, in steps of 2^32 ns as the server keeps it. */
  readonly end: bigint;
}

type Columns = Map<ByteText, Column>;

export interface Schema {
  /** What rows are compared with, and what queries show. */
  readonly known: Columns;
  /** The registry behind it. A change that fails half-way stays there, unknown to the side that writes. */
  readonly registered: Columns;
}

export const createSchema = (): Schema => ({ known: new Map(), registered: new Map() });

/** What is left of a row after its types were checked; a dropped row has a reason, a kept one may have. */
export type Admission =
  | { readonly kind: 'kept'; readonly row: Row; readonly reason: ByteText | undefined }
  | { readonly kind: 'dropped'; readonly reason: ByteText };

type Wanted = ReadonlyArray<readonly [ByteText, Column]>;

/** Adds columns one by one, until the first contradiction. */
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
 * Checks a row against the measurement's columns and widens them. A field of another type is dropped from the row and
 * named; but when its column must also be extended to a newer shard group the whole row goes, with a shorter text.
 * Tags are compared with fields only in that second case.
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
