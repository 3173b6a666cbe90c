/** The state table in DynamoDB: one table with string keys `pk` and `sk`, shared by any number of sinks. */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { FlushTable, StateTable } from '../runtime/state-table.ts';
import type { Deadline } from '../sink/deadline.ts';
import type { Letter } from '../sink/settle/dead-letter.ts';
import type { Clock } from './clock.ts';
import { sharedDecisions } from './dynamodb/decisions.ts';
import { keepLetter } from './dynamodb/large-letters.ts';
import { witnessStore } from './dynamodb/reference-lines.ts';
import { hasEntries, payloadLister } from './dynamodb/segment-scan.ts';
import { segmentStore } from './dynamodb/segments.ts';
import { breakerStore, readControl, writeLimit, writeWaiting } from './dynamodb/shared-state.ts';
import { listSinks, registerSink } from './dynamodb/sinks.ts';
import { TableAccess } from './dynamodb/table-access.ts';
import { suspectStore } from './dynamodb/unfinished-marks.ts';
import { AWS_TIMEOUTS } from './sqs.ts';

export const dynamoClient = (): DynamoDBClient => new DynamoDBClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** With letters that are too large for the dead-letter queue, too. */
export interface DynamoStateTable extends StateTable {
  keepLetter(letter: Letter, deadline: Deadline): Promise<void>;
}

export const tableAccess = (client: DynamoDBClient, name: string, clock: Pick<Clock, 'sleep'>): TableAccess =>
  new TableAccess(client, name, (ms, signal) => clock.sleep(ms, signal));

export const dynamoStateTable = (table: TableAccess, sink: string, clock: Pick<Clock, 'nowMs'>): DynamoStateTable => ({
  segments: segmentStore(table, sink),
  breakers: breakerStore(table, sink),
  suspects: suspectStore(table, sink, () => clock.nowMs()),
  witnesses: witnessStore(table, sink),
  decisions: sharedDecisions(table, sink, () => clock.nowMs()),
  readControl: () => readControl(table, sink),
  registerSink: (nowMs, { signal }) => registerSink(table, sink, 'registeredAtMs', nowMs, signal),
  keepLetter: (letter, deadline) => keepLetter(table, sink, letter, deadline),
});

/** By itself, so that a function that does not flush needs no right to what only this does. */
export const dynamoFlushTable = (table: TableAccess, sink: string): FlushTable => ({
  listPayloads: payloadLister(table, sink),
  writeWaiting: (waiting, deadline) => writeWaiting(table, sink, waiting, deadline),
  writeLimit: (limit, deadline) => writeLimit(table, sink, limit, deadline),
  registerFlush: (nowMs, { signal }) => registerSink(table, sink, 'flushedAtMs', nowMs, signal),
  listSinks: ({ signal }) => listSinks(table, signal),
  hasWaiting: (other, { signal }) => hasEntries(table, other, signal),
});
