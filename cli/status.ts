/**
 * `status`: shows the decision of a sink with its reasons, open circuit breakers, and the backlog, from its state
 * table.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { emulatorAccess } from '../local/loopback.ts';
import { systemClock } from '../src/adapters/clock.ts';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import type { Clock } from '../src/runtime/clock.ts';
import { awsRemedy } from './aws-remedy.ts';
import { type Status, statusLines } from './status-lines.ts';
import { styled, widthOf } from './terminal.ts';
import { externalError, UsageError } from './usage-error.ts';

/** Options of one call. */
export interface StatusOptions {
  readonly table?: string;
  readonly sink?: string;
  readonly endpoint?: string;
  readonly json?: boolean;
}

const TIME_LIMIT_MS = 10_000;

/** Runs the command. */
export const status = async (options: StatusOptions): Promise<void> => {
  const table = options.table ?? process.env.STATE_TABLE;
  if (!table) throw new UsageError('--table (or STATE_TABLE) must name the state table; "dev" prints its name.');
  const sink = options.sink ?? (process.env.SINK_NAME || 'opengemini-sink');
  const found = await readStatus(table, sink, await clientFor(options.endpoint), systemClock);
  warnIfUnknown(found);
  const text = options.json ? JSON.stringify(members(found)) : statusLines(found, widthOf(process.stdout)).join('\n');
  process.stdout.write(`${text}\n`);
};

/** Warns about a sink that is not in the table, because a misspelled name must not look like a healthy sink. */
const warnIfUnknown = ({ sink, sinks, view }: Status): void => {
  const others = sinks.map(({ name }) => name);
  const isKnown = view.decision !== undefined || view.backlog !== undefined || view.breakers.length > 0;
  if (isKnown || others.includes(sink)) return;
  const warning =
    others.length === 0
      ? 'The table contains no sink yet. A sink appears when its flush function has run, about a minute after its start.'
      : `The table contains no sink "${sink}". It contains ${others.join(', ')}.`;
  process.stderr.write(`${styled('yellow', warning, process.stderr)}\n`);
};

const clientFor = async (endpoint: string | undefined): Promise<DynamoDBClient> => {
  if (endpoint === undefined) {
    const client = new DynamoDBClient({});
    await client.config.region().catch(() => {
      throw new UsageError('No region is set. Set AWS_REGION, or use --endpoint for a table on this machine.');
    });
    return client;
  }
  const url = URL.parse(endpoint);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--endpoint must be an address like http://127.0.0.1:8000, got "${endpoint}".`);
  return new DynamoDBClient(emulatorAccess(endpoint));
};

/** Reads the status of a sink, and destroys the client. Throws a `UsageError` if the table cannot be read. */
export const readStatus = async (
  table: string,
  sink: string,
  client: DynamoDBClient,
  clock: Clock,
): Promise<Status> => {
  const access = tableAccess(client, table, clock);
  const deadline = clock.deadlineIn(TIME_LIMIT_MS);
  try {
    const view = await dynamoStateTable(access, sink, clock).readShared();
    const sinks = await dynamoFlushTable(access, sink).listSinks(deadline);
    return { sink, table, view, sinks, nowMs: clock.nowMs() };
  } catch (error) {
    throw externalError(`The state table ${table} cannot be read`, error, awsRemedy(error));
  } finally {
    deadline.release();
    client.destroy();
  }
};

const members = ({ sink, table, view, sinks }: Status): unknown => ({
  sink,
  table,
  decision: view.decision ?? null,
  limit: view.limit ?? null,
  breakers: view.breakers,
  waiting: view.backlog ?? null,
  sinks,
});
