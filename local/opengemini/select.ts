/** Runs selections over the points of one measurement. */

import { type AggregateRow, aggregateAll, aggregateWindows, type Call } from './aggregate.ts';
import { type ByteText, jsonString } from './byte-text.ts';
import { type Condition, type ConditionRow, fulfills, type TimeRange, timeRange } from './query-condition.ts';
import { type FunctionName, type Page, pageOf, type Select, type Selected } from './query-select.ts';
import type { FieldType, FieldValue, Tag } from './row.ts';
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

/** Returns the names of all tags or fields, in the order of their bytes. */
export const columnsOf = (measurement: Measurement, wanted: 'tags' | 'fields'): ByteText[] =>
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

/** Returns the value of a tag, or undefined. */
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

/** Returns the points that fulfill a condition. */
export const matchingRows = (measurement: Measurement, condition: Condition | undefined): StoredRow[] => {
  const rows = rowsOf(measurement);
  if (condition === undefined) return rows;
  const fields = new Set(columnsOf(measurement, 'fields'));
  const readable = (row: StoredRow): ConditionRow => ({
    timeNs: row.timeNs,
    field: (key) => row.fields.get(key),
    tag: (key) => tagOf(row, key) ?? '',
    isField: (key) => fields.has(key),
  });
  return rows.filter((row) => fulfills(condition, readable(row)));
};

/** Types of fields that a function accepts. */
const isAccepted = (call: FunctionName, type: FieldType | 'tag' | undefined): boolean =>
  type === 'integer' || type === 'float' || call === 'count' || call === 'first' || call === 'last';

const callsOf = (measurement: Measurement, selected: readonly Selected[]): Call[] | SelectFault => {
  const typeOf = (field: ByteText) => measurement.schema.known.get(field)?.type;
  const calls: Call[] = [];
  for (const { call, percentage, name, alias } of selected) {
    if (call === undefined) continue;
    if (name !== undefined && typeOf(name) !== undefined && typeOf(name) !== 'tag' && !isAccepted(call, typeOf(name)))
      return { error: `${call}() needs a number, and the field "${name}" is of type ${typeOf(name)}` };
    const fields = columnsOf(measurement, 'fields').filter((field) => isAccepted(call, typeOf(field)));
    for (const field of name === undefined ? fields : [name])
      calls.push({ call, percentage, field, column: alias ?? (name === undefined ? `${call}_${field}` : call) });
  }
  return calls.map((call, at) => {
    const before = calls.slice(0, at).filter(({ column }) => column === call.column).length;
    return before === 0 ? call : { ...call, column: `${call.column}_${before}` };
  });
};

/** What a selection needs besides its statement. */
export interface SelectContext {
  /** Returns a time as JSON. */
  readonly time: (ns: bigint) => string;
  readonly nowNs: bigint;
}

/** A selection that the server refuses when it runs it. */
interface SelectFault {
  readonly error: ByteText;
}

/** A column of a list, with the name that the result has. */
interface ListedColumn {
  readonly name: ByteText;
  readonly shown: ByteText;
}

const listGroup = (
  group: Group,
  columns: readonly ListedColumn[],
  fields: readonly ByteText[],
  statement: Select,
  { time }: SelectContext,
): ResultSeries[] => {
  const ascending = group.rows.filter((row) => fields.some((field) => row.fields.has(field)));
  const rows = statement.isDescending ? ascending.toReversed() : ascending;
  const values = rows.map((row) => [
    time(row.timeNs),
    ...columns.map(({ name }) => valueText(row.fields.get(name) ?? tagOf(row, name))),
  ]);
  return [{ tags: group.tags, columns: ['time', ...columns.map(({ shown }) => shown)], values }];
};

const list = (
  measurement: Measurement,
  groups: readonly Group[],
  dimensions: readonly ByteText[],
  statement: Select,
  context: SelectContext,
): ResultSeries[] => {
  const [tags, fields] = [columnsOf(measurement, 'tags'), columnsOf(measurement, 'fields')];
  const all = [...fields, ...tags.filter((tag) => !dimensions.includes(tag))].sort(byBytes);
  const columns =
    statement.columns === 'all'
      ? all.map((name) => ({ name, shown: name }))
      : statement.columns.map(({ name = '', alias }) => ({ name, shown: alias ?? name }));
  const shown = fields.filter((field) => columns.some(({ name }) => name === field));
  return groups.flatMap((group) => listGroup(group, columns, shown, statement, context));
};

const aggregate = (
  groups: readonly Group[],
  calls: readonly Call[],
  range: TimeRange,
  { windows, isDescending }: Select,
  { time }: SelectContext,
): ResultSeries[] | SelectFault => {
  const results: ResultSeries[] = [];
  for (const { tags, rows } of groups) {
    const found: AggregateRow[] | SelectFault =
      windows === undefined ? aggregateAll(rows, calls, range) : aggregateWindows(rows, calls, range, windows);
    if ('error' in found) return found;
    const shown = isDescending ? found.toReversed() : found;
    const values = shown.map((row) => [time(row.timeNs), ...row.values.map(valueText)]);
    results.push({ tags, columns: ['time', ...calls.map(({ column }) => column)], values });
  }
  return results;
};

/** Runs a selection over one measurement. It returns rows that have at least one of the selected fields. */
export const select = (
  measurement: Measurement,
  statement: Select,
  context: SelectContext,
): ResultSeries[] | SelectFault => {
  const { columns, groupBy, windows } = statement;
  const dimensions = groupBy === 'all' ? columnsOf(measurement, 'tags') : groupBy;
  const isAggregate = columns !== 'all' && columns.some(({ call }) => call !== undefined);
  if (!isAggregate && windows !== undefined) return { error: 'GROUP BY requires at least one aggregate function' };
  const range = timeRange(statement.condition);
  // Without an end, intervals of time end now.
  const max = range.max ?? (windows === undefined ? undefined : context.nowNs);
  const rows = matchingRows(measurement, statement.condition).filter((row) => max === undefined || row.timeNs <= max);
  const groups = groupRows(rows, dimensions);
  const ordered = statement.isDescending ? groups.toReversed() : groups;
  if (!isAggregate) return pageOfSeries(list(measurement, ordered, dimensions, statement, context), statement.page);
  const calls = callsOf(measurement, columns);
  if ('error' in calls) return calls;
  const series = aggregate(ordered, calls, { ...range, max }, statement, context);
  return 'error' in series ? series : pageOfSeries(series, statement.page);
};

/** `LIMIT` and `OFFSET` count the rows of all series together, in openGemini, and not those of each series. */
const pageOfSeries = (series: readonly ResultSeries[], page: Page): ResultSeries[] => {
  const rows = series.flatMap((one) => one.values.map((row) => ({ one, row })));
  const shown = Map.groupBy(pageOf(rows, page), ({ one }) => one);
  return [...shown].map(([one, members]) => ({ ...one, values: members.map(({ row }) => row) }));
};
