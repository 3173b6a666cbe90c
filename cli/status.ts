/**
 * `status`: shows the decision of a sink with its reasons, open circuit breakers, and the backlog, from its state
 * table.
 */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../src/adapters/clock.ts';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import type { Clock } from '../src/runtime/clock.ts';
import { awsRemedy } from './aws-remedy.ts';
import { requiredName, type SinkNameOptions, sinkNames, tableClient } from './sink-names.ts';
import { isKnownSink, unknownSinkText } from './sink-table.ts';
import { type Status, statusLines } from './status-lines.ts';
import { styled, widthOf } from './terminal.ts';
import { externalError } from './usage-error.ts';

/** Options of one call. */
export interface StatusOptions extends Pick<SinkNameOptions, 'stack' | 'table' | 'sink' | 'endpoint'> {
  readonly json?: boolean;
}

const TIME_LIMIT_MS = 10_000;

/** Runs the command. */
export const status = async (options: StatusOptions): Promise<void> => {
  const names = await sinkNames(options);
  const table = requiredName(names, 'table');
  const found = await readStatus(table, names.sink, await tableClient(names.dynamodbEndpoint), systemClock);
  warnIfUnknown(found);
  const text = options.json ? JSON.stringify(members(found)) : statusLines(found, widthOf(process.stdout)).join('\n');
  process.stdout.write(`${text}\n`);
};

/** Warns about a sink that is not in the table, because a misspelled name must not look like a healthy sink. */
const warnIfUnknown = ({ sink, sinks, view }: Status): void => {
  if (isKnownSink(sink, view, sinks)) return;
  process.stderr.write(`${styled('yellow', unknownSinkText(sink, sinks), process.stderr)}\n`);
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
  hold: view.hold ?? null,
  breakers: view.breakers,
  waiting: view.backlog ?? null,
  sinks,
});
