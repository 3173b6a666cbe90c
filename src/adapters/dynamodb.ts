/**
 * The state table in DynamoDB: implements the ports of `runtime`, `ingest` and `flush`. Any number of sinks can share
 * one table, because the name of the sink is part of every key. The files in `dynamodb/` each own one kind of item, and
 * only they contain its stored names.
 */

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { HoldStore } from '../breaker/hold.ts';
import type { FlushTable } from '../flush/flush-table.ts';
import type { UnfinishedMarks } from '../ingest/poison-watch.ts';
import type { Clock } from '../runtime/clock.ts';
import type { StateTable } from '../runtime/state-table.ts';
import type { DeadLetter, Deadline } from '../sink/ports.ts';
import { AWS_TIMEOUTS } from './aws-timeouts.ts';
import { sharedDecisions } from './dynamodb/decisions.ts';
import { claimFlush } from './dynamodb/flush-claim.ts';
import { holdStore } from './dynamodb/hold.ts';
import { keepDeadLetter } from './dynamodb/large-letters.ts';
import { referenceLineStore } from './dynamodb/reference-lines.ts';
import { hasEntries, payloadLister } from './dynamodb/segment-scan.ts';
import { segmentStore } from './dynamodb/segments.ts';
import { breakerStore, readShared, writeBacklog, writeLimit } from './dynamodb/shared-state.ts';
import { listSinks, registerSink } from './dynamodb/sinks.ts';
import { TableAccess } from './dynamodb/table-access.ts';
import { unfinishedMarks } from './dynamodb/unfinished-marks.ts';

/** Creates a client with the timeouts of all AWS calls, and at most 3 attempts per call. */
export const dynamoClient = (): DynamoDBClient => new DynamoDBClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** The state table, with unfinished marks and large dead letters, which have separate ports. */
export interface DynamoStateTable extends StateTable {
  readonly unfinishedMarks: UnfinishedMarks;
  /** Stores a dead letter that is too large for the queue. Throws if it could not be stored completely. */
  keepDeadLetter(letter: DeadLetter, deadline: Deadline): Promise<void>;
}

/** Returns access to the table with this name. */
export const tableAccess = (client: DynamoDBClient, name: string, clock: Pick<Clock, 'sleep'>): TableAccess =>
  new TableAccess(client, name, (ms, signal) => clock.sleep(ms, signal));

/** Returns the part of the state table that both functions use, for one sink. */
export const dynamoStateTable = (table: TableAccess, sink: string, clock: Pick<Clock, 'nowMs'>): DynamoStateTable => ({
  segments: segmentStore(table, sink),
  breakers: breakerStore(table, sink),
  unfinishedMarks: unfinishedMarks(table, sink, () => clock.nowMs()),
  referenceLines: referenceLineStore(table, sink),
  decisions: sharedDecisions(table, sink, () => clock.nowMs()),
  readShared: () => readShared(table, sink),
  registerSink: (nowMs, { signal }) => registerSink(table, sink, 'registeredAtMs', nowMs, signal),
  claimFlush: (claim, nowMs, deadline) => claimFlush(table, sink, claim, nowMs, deadline),
  keepDeadLetter: (letter, deadline) => keepDeadLetter(table, sink, letter, deadline),
});

/**
 * Returns the part of the state table that only the flush function uses, for one sink. It is separate so that the
 * ingest function does not need the permissions for it, for example to scan the table.
 */
export const dynamoFlushTable = (table: TableAccess, sink: string): FlushTable => ({
  listPayloads: payloadLister(table, sink),
  writeBacklog: (backlog, deadline) => writeBacklog(table, sink, backlog, deadline),
  writeLimit: (limit, deadline) => writeLimit(table, sink, limit, deadline),
  registerFlush: (nowMs, { signal }) => registerSink(table, sink, 'flushedAtMs', nowMs, signal),
  listSinks: ({ signal }) => listSinks(table, signal),
  hasBacklog: (other, { signal }) => hasEntries(table, other, signal),
});

/** Returns the hold of one sink, which only operators change. */
export const dynamoHoldStore = (table: TableAccess, sink: string): HoldStore => holdStore(table, sink);
