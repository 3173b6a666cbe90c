/** Runs selections over the points of one measurement. */

import { type ByteText, jsonString } from './byte-text.ts';
import type { Select } from './query-language.ts';
import type { FieldValue, Tag } from './row.ts';
import type { Measurement } from './storage.ts';

/** One point as a query returns it. It contains only those tags that are tags in the schema. */
export interface StoredRow {
  readonly tags: readonly Tag[];
  readonly timeNs: bigint;
  readonly fields: ReadonlyMap<ByteText, FieldValue>;
}

/** One series of a result. */
export interface ResultSeries {
  readonly tags: readonly Tag[];
  readonly columns: readonly ByteText[];
  /** Values as JSON text, because a time has more digits than a JavaScript number. */
  readonly values: ReadonlyArray<readonly string[]>;
}

const byBytes = (a: ByteText, b: ByteText): number => (a < b ? -1 : Number(a > b));

const columnsOf = (measurement: Measurement, wanted: 'tags' | 'fields'): ByteText[] =>
  [...measurement.schema.known]
    .filter(([, { type }]) => (type === 'tag') === (wanted === 'tags'))
    .map(([key]) => key)
    .sort(byBytes);

/**
 * Returns all points in the order of their times. A tag whose key is a field in the schema is stored but never
 * returned.
 */
export const rowsOf = (measurement: Measurement): StoredRow[] => {
  const dimensions = new Set(columnsOf(measurement, 'tags'));
  const rows = [...measurement.series.values()].flatMap(({ tags, points }) => {
    const shown = tags.filter(([key]) => dimensions.has(key));
    return [...points].map(([timeNs, fields]) => ({ tags: shown, timeNs, fields }));
  });
  return rows.sort((a, b) => (a.timeNs < b.timeNs ? -1 : Number(a.timeNs > b.timeNs)));
};

const tagOf = (row: StoredRow, key: ByteText): ByteText | undefined => row.tags.find(([name]) => name === key)?.[1];

/** Placeholder for a NaN or an infinity, which JSON cannot represent. No other value is printed with this character. */
export const NOT_PRINTABLE = '\0';

const valueText = (value: FieldValue | undefined): string => {
  if (value === undefined) return 'null';
  if (typeof value === 'string') return jsonString(value);
  if (typeof value === 'number' && !Number.isFinite(value)) return NOT_PRINTABLE;
  return Object.is(value, -0) ? '-0' : String(value);
};

type Group = { readonly tags: readonly Tag[]; readonly rows: readonly StoredRow[] };

/** Groups rows by tag values, and orders the groups by them. A missing tag counts as empty text. */
const groupRows = (rows: readonly StoredRow[], dimensions: readonly ByteText[]): Group[] => {
  const groups = Map.groupBy(rows, (row) => JSON.stringify(dimensions.map((key) => tagOf(row, key) ?? '')));
  const values = (key: string): string[] => JSON.parse(key) as string[];
  const compare = (a: string[], b: string[]): number =>
    a.map((value, at) => byBytes(value, b[at] ?? '')).find(Boolean) ?? 0;
  return [...groups]
    .sort(([a], [b]) => compare(values(a), values(b)))
    .map(([key, members]) => ({
      tags: values(key).flatMap((value, at): Tag[] => (value === '' ? [] : [[dimensions[at] ?? '', value]])),
      rows: members,
    }));
};

const countGroup = (
  group: Group,
  fields: readonly ByteText[],
  named: boolean,
  time: (ns: bigint) => string,
): ResultSeries[] => {
  const counts = fields.map((field) => group.rows.filter((row) => row.fields.has(field)).length);
  if (counts.every((count) => count === 0)) return [];
  const columns = ['time', ...fields.map((field) => (named ? `count_${field}` : 'count'))];
  return [
    {
      tags: group.tags,
      columns,
      values: [[time(0n), ...counts.map((count) => (count === 0 ? 'null' : String(count)))]],
    },
  ];
};

const listGroup = (
  group: Group,
  columns: readonly ByteText[],
  fields: readonly ByteText[],
  time: (ns: bigint) => string,
): ResultSeries[] => {
  const rows = group.rows.filter((row) => fields.some((field) => row.fields.has(field)));
  if (rows.length === 0) return [];
  const values = rows.map((row) => [
    time(row.timeNs),
    ...columns.map((column) => valueText(row.fields.get(column) ?? tagOf(row, column))),
  ]);
  return [{ tags: group.tags, columns: ['time', ...columns], values }];
};

/** Runs a selection over one measurement. It returns rows that have at least one of the selected fields. */
export const select = (
  measurement: Measurement,
  { columns, groupBy }: Select,
  time: (ns: bigint) => string,
): ResultSeries[] => {
  const [tags, fields] = [columnsOf(measurement, 'tags'), columnsOf(measurement, 'fields')];
  const dimensions = groupBy === 'all' ? tags : groupBy;
  const groups = groupRows(rowsOf(measurement), dimensions);
  if (columns.kind === 'count-all') return groups.flatMap((group) => countGroup(group, fields, true, time));
  if (columns.kind === 'count') return groups.flatMap((group) => countGroup(group, columns.names, false, time));
  const listed =
    columns.kind === 'names'
      ? columns.names
      : [...fields, ...tags.filter((tag) => !dimensions.includes(tag))].sort(byBytes);
  const shown = fields.filter((field) => listed.includes(field));
  return groups.flatMap((group) => listGroup(group, listed, shown, time));
};
