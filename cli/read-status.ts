/** Reads the status of a sink from its state table, and gives its members for the JSON output. */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import type { Clock } from '../src/runtime/clock.ts';
import { awsRemedy } from './aws-remedy.ts';
import type { Status } from './status-lines.ts';
import { externalError } from './usage-error.ts';

const TIME_LIMIT_MS = 10_000;

/** Reads the status of a sink, and destroys the client. Throws a `UsageError` if the table cannot be read. */
export const readStatus = async (
  table: string,
  sink: string,
  client: DynamoDBClient,
  clock: Clock,
): Promise<Status> => {
  try {
    return await readStatusOf(tableAccess(client, table, clock), table, sink, clock);
  } finally {
    client.destroy();
  }
};

/** Reads the status of a sink. Throws a `UsageError` if the table cannot be read. */
export const readStatusOf = async (
  access: ReturnType<typeof tableAccess>,
  table: string,
  sink: string,
  clock: Clock,
): Promise<Status> => {
  const deadline = clock.deadlineIn(TIME_LIMIT_MS);
  try {
    const view = await dynamoStateTable(access, sink, clock).readShared();
    const sinks = await dynamoFlushTable(access, sink).listSinks(deadline);
    return { sink, table, view, sinks, nowMs: clock.nowMs() };
  } catch (error) {
    throw externalError(`The state table ${table} cannot be read`, error, awsRemedy(error));
  } finally {
    deadline.release();
  }
};

/** Returns the members of the JSON output. */
export const statusMembers = ({ sink, table, view, sinks }: Status) => ({
  sink,
  table,
  decision: view.decision ?? null,
  limit: view.limit ?? null,
  hold: view.hold ?? null,
  breakers: view.breakers,
  waiting: view.backlog ?? null,
  sinks,
});
