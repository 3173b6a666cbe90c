/** The state table in DynamoDB: one table with string keys `pk` and `sk`, shared by any number of sinks. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { FlushTable } from '../flush/flush-table.ts';
import type { UnfinishedMarks } from '../ingest/poison-watch.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StateTable } from '../runtime/state-table.ts';
import type { DeadLetter, Deadline } from '../sink/ports.ts';
import { sharedDecisions } from './dynamodb/decisions.ts';
import { keepDeadLetter } from './dynamodb/large-letters.ts';
import { referenceLineStore } from './dynamodb/reference-lines.ts';
import { hasEntries, payloadLister } from './dynamodb/segment-scan.ts';
import { segmentStore } from './dynamodb/segments.ts';
import { breakerStore, readShared, writeBacklog, writeLimit } from './dynamodb/shared-state.ts';
import { listSinks, registerSink } from './dynamodb/sinks.ts';
import { TableAccess } from './dynamodb/table-access.ts';
import { unfinishedMarks } from './dynamodb/unfinished-marks.ts';
import { AWS_TIMEOUTS } from './sqs.ts';

export const dynamoClient = (): DynamoDBClient => new DynamoDBClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** The state table together with what else is stored in it: marks, and dead letters too large for their queue. */
export interface DynamoStateTable extends StateTable {
  readonly unfinishedMarks: UnfinishedMarks;
  keepDeadLetter(letter: DeadLetter, deadline: Deadline): Promise<void>;
}

export const tableAccess = (client: DynamoDBClient, name: string, clock: Pick<Clock, 'sleep'>): TableAccess =>
  new TableAccess(client, name, (ms, signal) => clock.sleep(ms, signal));

export const dynamoStateTable = (table: TableAccess, sink: string, clock: Pick<Clock, 'nowMs'>): DynamoStateTable => ({
  segments: segmentStore(table, sink),
  breakers: breakerStore(table, sink),
  unfinishedMarks: unfinishedMarks(table, sink, () => clock.nowMs()),
  referenceLines: referenceLineStore(table, sink),
  decisions: sharedDecisions(table, sink, () => clock.nowMs()),
  readShared: () => readShared(table, sink),
  registerSink: (nowMs, { signal }) => registerSink(table, sink, 'registeredAtMs', nowMs, signal),
  keepDeadLetter: (letter, deadline) => keepDeadLetter(table, sink, letter, deadline),
});

/** By itself, so that a function that does not flush needs no right to what only this does. */
export const dynamoFlushTable = (table: TableAccess, sink: string): FlushTable => ({
  listPayloads: payloadLister(table, sink),
  writeBacklog: (waiting, deadline) => writeBacklog(table, sink, waiting, deadline),
  writeLimit: (limit, deadline) => writeLimit(table, sink, limit, deadline),
  registerFlush: (nowMs, { signal }) => registerSink(table, sink, 'flushedAtMs', nowMs, signal),
  listSinks: ({ signal }) => listSinks(table, signal),
  hasBacklog: (other, { signal }) => hasEntries(table, other, signal),
});
