/** Parses the part of the query language that tests, the demo, and `dev` need. */

import type { ByteText } from './byte-text.ts';
import { type Cursor, createCursor, tokenize } from './query-tokens.ts';

type Columns =
  | { readonly kind: 'all' | 'count-all' }
  | { readonly kind: 'names' | 'count'; readonly names: readonly ByteText[] };

/** Location of a measurement. An undefined database or policy is taken from the request. */
interface Source {
  readonly database: ByteText | undefined;
  readonly policy: ByteText | undefined;
  readonly measurement: ByteText;
}

/** A `SELECT` statement. */
export interface Select {
  readonly kind: 'select';
  readonly columns: Columns;
  readonly source: Source;
  readonly groupBy: 'all' | readonly ByteText[];
}

/** A `CREATE RETENTION POLICY` statement. */
export interface CreatePolicy {
  readonly kind: 'create-policy';
  readonly name: ByteText;
  readonly database: ByteText;
  /** 0 means that data never expires. */
  readonly durationNs: bigint;
  readonly replicas: number;
  /** Length of a shard group. If undefined, it follows from the duration. */
  readonly shardGroupNs: bigint | undefined;
  readonly isDefault: boolean;
}

/** A statement that the stand-in supports. */
export type Statement =
  | Select
  | CreatePolicy
  | { readonly kind: 'create-database' | 'drop-database' | 'drop-measurement'; readonly name: ByteText }
  | { readonly kind: 'show-databases' }
  | { readonly kind: 'show-measurements'; readonly database: ByteText | undefined };

const UNIT_NS = new Map([
  ['ns', 1n],
  ['u', 1_000n],
  ['µ', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
  ['d', 86_400_000_000_000n],
  ['w', 604_800_000_000_000n],
]);

const parseDuration = (cursor: Cursor): bigint | undefined => {
  const text = cursor.match(/^(?:\d+(?:ns|ms|[uµsmhdw]))+$/u);
  const parts = text?.matchAll(/(\d+)(\D+)/gu);
  return parts?.reduce((sum, [, count = '0', unit = '']) => sum + BigInt(count) * (UNIT_NS.get(unit) ?? 0n), 0n);
};

const parseNames = (cursor: Cursor): ByteText[] | undefined => {
  const names: ByteText[] = [];
  do {
    const name = cursor.name();
    if (name === undefined) return undefined;
    names.push(name);
  } while (cursor.words(','));
  return names;
};

const parseColumns = (cursor: Cursor): Columns | undefined => {
  if (cursor.words('*')) return { kind: 'all' };
  if (cursor.words('COUNT', '(')) {
    const name = cursor.words('*') ? undefined : cursor.name();
    if (!cursor.words(')')) return undefined;
    return name === undefined ? { kind: 'count-all' } : { kind: 'count', names: [name] };
  }
  const names = parseNames(cursor);
  return names && { kind: 'names', names };
};

/** Parses `m`, `policy.m`, `database.policy.m`, and `database..m`. */
const parseSource = (cursor: Cursor): Source | undefined => {
  const parts: Array<ByteText | undefined> = [cursor.name()];
  while (cursor.words('.')) parts.push(cursor.name());
  const measurement = parts.pop();
  if (measurement === undefined || parts.length > 2) return undefined;
  const policy = parts.pop();
  return { database: parts.pop(), policy, measurement };
};

const parseSelect = (cursor: Cursor): Statement | undefined => {
  const columns = parseColumns(cursor);
  if (columns === undefined || !cursor.words('FROM')) return undefined;
  const source = parseSource(cursor);
  if (source === undefined) return undefined;
  const isGrouped = cursor.words('GROUP', 'BY');
  const groupBy = !isGrouped ? [] : cursor.words('*') ? 'all' : parseNames(cursor);
  return groupBy && { kind: 'select', columns, source, groupBy };
};

const parseCreatePolicy = (cursor: Cursor): Statement | undefined => {
  const name = cursor.name();
  const database = cursor.words('ON') ? cursor.name() : undefined;
  const durationNs = cursor.words('DURATION') ? parseDuration(cursor) : undefined;
  const replicas = cursor.words('REPLICATION') ? cursor.match(/^\d+$/) : undefined;
  if (name === undefined || database === undefined || durationNs === undefined || replicas === undefined)
    return undefined;
  const hasShard = cursor.words('SHARD', 'DURATION');
  const shardGroupNs = hasShard ? parseDuration(cursor) : undefined;
  if (hasShard && shardGroupNs === undefined) return undefined;
  const isDefault = cursor.words('DEFAULT');
  return { kind: 'create-policy', name, database, durationNs, replicas: Number(replicas), shardGroupNs, isDefault };
};

const parseNamed = (
  cursor: Cursor,
  kind: 'create-database' | 'drop-database' | 'drop-measurement',
): Statement | undefined => {
  const name = cursor.name();
  return name === undefined ? undefined : { kind, name };
};

const parseStatement = (cursor: Cursor): Statement | undefined => {
  if (cursor.words('SELECT')) return parseSelect(cursor);
  if (cursor.words('CREATE', 'DATABASE')) return parseNamed(cursor, 'create-database');
  if (cursor.words('DROP', 'DATABASE')) return parseNamed(cursor, 'drop-database');
  if (cursor.words('DROP', 'MEASUREMENT')) return parseNamed(cursor, 'drop-measurement');
  if (cursor.words('CREATE', 'RETENTION', 'POLICY')) return parseCreatePolicy(cursor);
  if (cursor.words('SHOW', 'DATABASES')) return { kind: 'show-databases' };
  if (cursor.words('SHOW', 'MEASUREMENTS')) {
    return { kind: 'show-measurements', database: cursor.words('ON') ? cursor.name() : undefined };
  }
  return undefined;
};

/** Part of the error for other queries, so that a user does not look for a mistake in a valid query. */
const SUPPORTED =
  'it supports SELECT columns or COUNT(column) FROM measurement [GROUP BY tags], SHOW DATABASES, ' +
  'SHOW MEASUREMENTS [ON database], CREATE DATABASE, CREATE RETENTION POLICY, DROP DATABASE, and DROP MEASUREMENT';

/** Parses a query of one or several statements. Returns an error for a statement that the stand-in does not support. */
export const parseQuery = (query: string): { statements: Statement[] } | { error: string } => {
  const cursor = createCursor(tokenize(query));
  const statements: Statement[] = [];
  do {
    const statement = parseStatement(cursor);
    if (statement !== undefined) statements.push(statement);
    const isComplete = statement !== undefined && (cursor.words(';') || cursor.atEnd());
    if (!isComplete)
      return {
        error: `the stand-in for openGemini does not support this query (unexpected ${cursor.unexpected()}); ${SUPPORTED}`,
      };
  } while (!cursor.atEnd());
  return { statements };
};
