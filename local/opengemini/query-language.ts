/** Parses the part of the query language that dashboards, tests, the demo, and `dev` need. */

import type { ByteText } from './byte-text.ts';
import { UnsupportedQuery } from './query-condition.ts';
import { FUNCTIONS, parseSelect, type Select } from './query-select.ts';
import { parseShow, type Show } from './query-show.ts';
import { parseDuration } from './query-time.ts';
import { type Cursor, createCursor, tokenize } from './query-tokens.ts';

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
  | Show
  | CreatePolicy
  | { readonly kind: 'create-database' | 'drop-database' | 'drop-measurement'; readonly name: ByteText };

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

const parseStatement = (cursor: Cursor, nowNs: bigint): Statement | undefined => {
  if (cursor.words('SELECT')) return parseSelect(cursor, nowNs);
  if (cursor.words('SHOW')) return parseShow(cursor, nowNs);
  if (cursor.words('CREATE', 'DATABASE')) return parseNamed(cursor, 'create-database');
  if (cursor.words('DROP', 'DATABASE')) return parseNamed(cursor, 'drop-database');
  if (cursor.words('DROP', 'MEASUREMENT')) return parseNamed(cursor, 'drop-measurement');
  if (cursor.words('CREATE', 'RETENTION', 'POLICY')) return parseCreatePolicy(cursor);
  return undefined;
};

/** Part of the error for other queries, so that a user does not look for a mistake in a valid query. */
const SUPPORTED =
  `it supports SELECT columns or ${FUNCTIONS.join('(), ')}() FROM measurement ` +
  '[WHERE time, tags, and fields] [GROUP BY tags and time()] [fill()] [ORDER BY time] [LIMIT] [OFFSET], ' +
  'SHOW DATABASES, RETENTION POLICIES, MEASUREMENTS, TAG KEYS, TAG VALUES WITH KEY, and FIELD KEYS, ' +
  'CREATE DATABASE, CREATE RETENTION POLICY, DROP DATABASE, and DROP MEASUREMENT';

const unsupported = (what: string): { error: string } => ({
  error: `the stand-in for openGemini does not support this query (${what}); ${SUPPORTED}`,
});

/**
 * Parses a query of one or several statements. Returns an error for a statement that the stand-in does not support, with
 * the word at which it stopped.
 *
 * @param nowNs - The time of `now()`.
 */
export const parseQuery = (query: string, nowNs: bigint): { statements: Statement[] } | { error: string } => {
  const cursor = createCursor(tokenize(query));
  const statements: Statement[] = [];
  try {
    do {
      const statement = parseStatement(cursor, nowNs);
      if (statement !== undefined) statements.push(statement);
      const isComplete = statement !== undefined && (cursor.words(';') || cursor.atEnd());
      if (!isComplete) return unsupported(`unexpected ${cursor.unexpected()}`);
    } while (!cursor.atEnd());
  } catch (error) {
    if (error instanceof UnsupportedQuery) return unsupported(error.message);
    throw error;
  }
  return { statements };
};
