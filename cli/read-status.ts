/** Reads the status of a sink from its state table, and gives its members for the JSON output. */

import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { dynamoFlushTable, dynamoStateTable, tableAccess } from '../src/adapters/dynamodb.ts';
import { measureBacklog } from '../src/checkpoint/capacity.ts';
import { type IndexEntry, type SegmentStore, SHARDS } from '../src/checkpoint/segment-store.ts';
import type { Clock } from '../src/runtime/clock.ts';
import type { Deadline } from '../src/sink/ports.ts';
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
    const state = dynamoStateTable(access, sink, clock);
    const view = await state.readShared();
    const sinks = await dynamoFlushTable(access, sink).listSinks(deadline);
    // The flush function measures the backlog once per minute, which is too rare for someone who waits for it.
    const backlog = measureBacklog(await listSegments(state.segments, deadline), clock.nowMs());
    return { sink, table, view, backlog, sinks, nowMs: backlog.atMs };
  } catch (error) {
    throw externalError(`The state table ${table} cannot be read`, error, awsRemedy(error));
  } finally {
    deadline.release();
  }
};

/** Returns the entries of all segments of a sink. May throw. */
export const listSegments = async (segments: SegmentStore, deadline: Deadline): Promise<readonly IndexEntry[]> =>
  (await Promise.all(Array.from({ length: SHARDS }, (_, shard) => segments.listEntries(shard, deadline)))).flat();

/** Returns the members of the JSON output. */
export const statusMembers = ({ sink, table, view, backlog, sinks }: Status) => ({
  sink,
  table,
  decision: view.decision ?? null,
  limit: view.limit ?? null,
  hold: view.hold ?? null,
  breakers: view.breakers,
  waiting: backlog,
  sinks,
});
