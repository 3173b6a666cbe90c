/** The path `/query`: runs statements and prints their results in the server's format. */

import { type ByteText, bytesOf, isPrintable, jsonString } from './byte-text.ts';
import type { Journal } from './journal.ts';
import { type CreatePolicy, parseQuery, type Statement } from './query-language.ts';
import type { Select } from './query-select.ts';
import { errorReply, type Reply } from './reply.ts';
import { NOT_PRINTABLE, type ResultSeries, type SelectContext, select } from './select.ts';
import { type ListedSeries, show, showDatabases } from './show.ts';
import { createDatabase, createPolicy, type Databases, HOUR_NS } from './storage.ts';

/** The members of one entry of `results` after its number. */
type Result = { readonly error: ByteText } | { readonly series: readonly string[] };

interface QueryContext extends SelectContext {
  readonly databases: Databases;
  readonly database: ByteText;
  readonly policy: ByteText;
}

type PrintedSeries = Pick<ResultSeries, 'columns' | 'values'> & { readonly tags?: ResultSeries['tags'] };

const DONE: Result = { series: [] };

const EPOCH_NS = new Map([
  ['ns', 1n],
  ['u', 1_000n],
  ['µ', 1_000n],
  ['ms', 1_000_000n],
  ['s', 1_000_000_000n],
  ['m', 60_000_000_000n],
  ['h', 3_600_000_000_000n],
]);

const rfc3339 = (ns: bigint): string => {
  const seconds = new Date(Number(ns / 1_000_000_000n) * 1_000).toISOString().slice(0, 19);
  const fraction = String(ns % 1_000_000_000n)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `"${seconds}${fraction && `.${fraction}`}Z"`;
};

const timePrinter = (epoch: string): ((ns: bigint) => string) => {
  const divisor = EPOCH_NS.get(epoch) ?? 1n;
  return epoch === '' || epoch === 'rfc3339' ? rfc3339 : (ns) => String(ns / divisor);
};

const printSeries = (name: ByteText | undefined, { tags = [], columns, values }: PrintedSeries): string => {
  const tagText = tags.map(([key, value]) => `${jsonString(key)}:${jsonString(value)}`).join(',');
  const members = [
    ...(name === undefined ? [] : [`"name":${jsonString(name)}`]),
    ...(tags.length > 0 ? [`"tags":{${tagText}}`] : []),
    `"columns":[${columns.map(jsonString).join(',')}]`,
    ...(values.length > 0 ? [`"values":[${values.map((row) => `[${row.join(',')}]`).join(',')}]`] : []),
  ];
  return `{${members.join(',')}}`;
};

const listed = (series: readonly ListedSeries[]): Result => ({
  series: series.map((each) => printSeries(each.name, each)),
});

const notFound = (database: ByteText): Result => ({
  error: database === '' ? 'database name required' : `database not found: ${database}`,
});

const isName = (name: ByteText): boolean => name !== '' && !/[,:;./\\]/.test(name) && isPrintable(name);

const runSelect = (context: QueryContext, statement: Select): Result => {
  const { source } = statement;
  const databaseName = source.database ?? context.database;
  const database = context.databases.get(databaseName);
  if (database === undefined) return notFound(databaseName);
  const policyName = source.policy ?? (context.policy || database.defaultPolicy);
  const policy = database.policies.get(policyName);
  if (policy === undefined) return { error: `retention policy not found: ${policyName}` };
  const measurement = policy.measurements.get(source.measurement);
  if (measurement === undefined) return { error: 'measurement not found' };
  const found = select(measurement, statement, context);
  return 'error' in found ? found : { series: found.map((series) => printSeries(source.measurement, series)) };
};

const runCreatePolicy = (databases: Databases, statement: CreatePolicy): Result => {
  const { name, durationNs, shardGroupNs } = statement;
  const database = databases.get(statement.database);
  if (!isName(name)) return { error: 'invalid name' };
  if (durationNs !== 0n && durationNs < HOUR_NS) {
    return { error: 'retention policy duration must be at least 1h0m0s' };
  }
  if (database === undefined) return notFound(statement.database);
  if (statement.replicas !== 1) return { error: 'retention policy replicaN conflicts with database replicaN' };
  const wanted = createPolicy(durationNs, shardGroupNs);
  const known = database.policies.get(name) ?? wanted;
  if (known.durationNs !== wanted.durationNs || known.shardGroupNs !== wanted.shardGroupNs) {
    return { error: 'retention policy conflicts with an existing policy' };
  }
  database.policies.set(name, known);
  if (statement.isDefault) database.defaultPolicy = name;
  return DONE;
};

const run = (context: QueryContext, statement: Statement): Result => {
  const { databases } = context;
  switch (statement.kind) {
    case 'select':
      return runSelect(context, statement);
    case 'create-policy':
      return runCreatePolicy(databases, statement);
    case 'create-database':
      if (!isName(statement.name)) return { error: 'invalid name' };
      if (!databases.has(statement.name)) databases.set(statement.name, createDatabase());
      return DONE;
    case 'drop-database':
      databases.delete(statement.name);
      return DONE;
    case 'show-databases':
      return listed(showDatabases(databases));
    case 'drop-measurement': {
      const database = databases.get(context.database);
      for (const policy of database?.policies.values() ?? []) policy.measurements.delete(statement.name);
      return database === undefined ? notFound(context.database) : DONE;
    }
    default: {
      const source = 'source' in statement ? statement.source : undefined;
      const name = statement.database ?? source?.database ?? context.database;
      const database = databases.get(name);
      return database === undefined ? notFound(name) : listed(show(database, statement));
    }
  }
};

const printResult = (result: Result, id: number): string => {
  if ('error' in result) return `{"statement_id":${id},"error":${jsonString(result.error)}}`;
  const series = result.series.length > 0 ? `,"series":[${result.series.join(',')}]` : '';
  return `{"statement_id":${id}${series}}`;
};

/** A single stored NaN makes the server's JSON printer fail for the whole reply, whose status is still 200. */
const UNPRINTABLE_REPLY =
  '{"error":"struct { Results []*query.Result \\"json:\\\\\\"results,omitempty\\\\\\"\\"; Err string \\"json:\\\\\\"error,omitempty\\\\\\"\\" }.Results: []*query.Result: json: unsupported value: NaN or ±Infinite"}\n';

const isReadOnly = ({ kind }: Statement): boolean => kind === 'select' || kind.startsWith('show-');

/**
 * Handles `/query`.
 *
 * @param params - Parameters of the form, then those of the URL.
 * @param nowNs - The time of `now()`.
 * @param journal - Receives queries that are not only read.
 */
export const handleQuery = (
  databases: Databases,
  params: URLSearchParams,
  nowNs: bigint,
  journal?: Pick<Journal, 'append'>,
): Reply => {
  const query = params.get('q') ?? '';
  if (query.trim() === '') return errorReply(400, 'missing required parameter "q"');
  const parsed = parseQuery(query, nowNs);
  if ('error' in parsed) return errorReply(400, bytesOf(parsed.error));
  const context: QueryContext = {
    databases,
    database: bytesOf(params.get('db') ?? ''),
    policy: bytesOf(params.get('rp') ?? ''),
    nowNs,
    time: timePrinter((params.get('epoch') ?? '').trim()),
  };
  if (!parsed.statements.every(isReadOnly)) journal?.append({ kind: 'query', query, database: params.get('db') ?? '' });
  const results = parsed.statements.map((statement, id) => printResult(run(context, statement), id));
  const body = `{"results":[${results.join(',')}]}\n`;
  return { status: 200, body: body.includes(NOT_PRINTABLE) ? UNPRINTABLE_REPLY : body };
};
