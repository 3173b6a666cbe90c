/** Lists databases, retention policies, measurements, tags, and fields, in the server's formats. */

import { type ByteText, jsonString, textOf } from './byte-text.ts';
import { pageOf } from './query-select.ts';
import type { NameFilter, Show, ShowColumns } from './query-show.ts';
import { durationText } from './query-time.ts';
import { columnsOf, matchingRows } from './select.ts';
import type { Database, Databases, Measurement } from './storage.ts';

/** A list as a series of a result. */
export interface ListedSeries {
  /** Undefined for a series without a name. */
  readonly name: ByteText | undefined;
  readonly columns: readonly ByteText[];
  /** Values as JSON text. */
  readonly values: ReadonlyArray<readonly string[]>;
}

const isListed = (filter: NameFilter | undefined, name: ByteText): boolean => {
  if (filter === undefined) return true;
  return 'names' in filter ? filter.names.includes(name) : filter.pattern.test(textOf(name)) !== filter.isNegated;
};

/** Returns the measurements of the source, or of all policies, by their names. */
const measurementsOf = (database: Database, source: ShowColumns['source']): [ByteText, Measurement[]][] => {
  const policies = [...database.policies]
    .filter(([name]) => source === undefined || name === (source.policy ?? database.defaultPolicy))
    .flatMap(([, { measurements }]) => [...measurements]);
  const wanted = policies.filter(([name]) => source === undefined || name === source.measurement);
  return [...Map.groupBy(wanted, ([name]) => name)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, members]) => [name, members.map(([, measurement]) => measurement)]);
};

const TAG_KEYS = ['tagKey'];
const TAG_VALUES = ['key', 'value'];
const FIELD_KEYS = ['fieldKey', 'fieldType'];
const POLICY = ['name', 'duration', 'shardGroupDuration', 'hot duration', 'warm duration', 'index duration'];

/** Returns the rows of a list for one measurement, with duplicates. */
const columnRows = (measurement: Measurement, show: ShowColumns): string[][] => {
  if (show.kind === 'show-field-keys')
    return columnsOf(measurement, 'fields').map((key) => [
      jsonString(key),
      `"${measurement.schema.known.get(key)?.type}"`,
    ]);
  if (show.kind === 'show-tag-keys' && show.condition === undefined)
    return columnsOf(measurement, 'tags').map((key) => [jsonString(key)]);
  const tags = matchingRows(measurement, show.condition).flatMap((row) => row.tags);
  if (show.kind === 'show-tag-keys') return tags.map(([key]) => [jsonString(key)]);
  return tags.filter(([key]) => isListed(show.filter, key)).map(([key, value]) => [jsonString(key), jsonString(value)]);
};

const distinct = (rows: readonly string[][]): string[][] =>
  [...new Map(rows.map((row) => [row.join('\n'), row]))].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);

const listColumns = (database: Database, show: ShowColumns): ListedSeries[] => {
  const columns = show.kind === 'show-tag-keys' ? TAG_KEYS : show.kind === 'show-tag-values' ? TAG_VALUES : FIELD_KEYS;
  return measurementsOf(database, show.source).flatMap(([name, measurements]) => {
    const rows = distinct(measurements.flatMap((measurement) => columnRows(measurement, show)));
    const values = pageOf(rows, show.page);
    return values.length === 0 ? [] : [{ name, columns, values }];
  });
};

const listPolicies = ({ policies, defaultPolicy }: Database): ListedSeries[] => [
  {
    name: undefined,
    columns: [...POLICY, 'replicaN', 'default'],
    values: [...policies]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { durationNs, shardGroupNs }]) => {
        const [duration, shardGroup] = [durationText(durationNs), durationText(shardGroupNs)];
        const durations = [duration, shardGroup, '0s', '0s', shardGroup].map(jsonString);
        return [jsonString(name), ...durations, '1', String(name === defaultPolicy)];
      }),
  },
];

const listNames = (name: ByteText, names: readonly ByteText[]): ListedSeries[] =>
  names.length === 0 ? [] : [{ name, columns: ['name'], values: names.map((each) => [jsonString(each)]) }];

/** Lists the databases. Without any, the server returns a series without values. */
export const showDatabases = (databases: Databases): ListedSeries[] =>
  databases.size === 0
    ? [{ name: 'databases', columns: ['name'], values: [] }]
    : listNames('databases', [...databases.keys()].sort());

/** Runs a statement that lists parts of a database. */
export const show = (database: Database, statement: Exclude<Show, { kind: 'show-databases' }>): ListedSeries[] => {
  if (statement.kind === 'show-policies') return listPolicies(database);
  if (statement.kind !== 'show-measurements') return listColumns(database, statement);
  const names = measurementsOf(database, undefined).map(([name]) => name);
  return listNames(
    'measurements',
    pageOf(
      names.filter((name) => isListed(statement.filter, name)),
      statement.page,
    ),
  );
};
