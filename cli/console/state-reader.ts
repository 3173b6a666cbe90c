/** Reads the state of the system: queue depths, state table, stand-in, and processes. */

import { emulatorAccess } from '../../local/loopback.ts';
import type { StandIn } from '../../local/opengemini/server.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import type { LocalSystem } from '../../local/system.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { dynamoStateTable, tableAccess } from '../../src/adapters/dynamodb.ts';
import { measureBacklog } from '../../src/checkpoint/capacity.ts';
import { SHARDS } from '../../src/checkpoint/segment-store.ts';
import type { StateTable } from '../../src/runtime/state-table.ts';
import type { BreakerView, CheckpointView, LedgerSums, StandInView, SystemState } from './protocol.ts';

/** Reads the state of one system. */
export interface StateReader {
  /** Returns the state. Parts that cannot be read keep their last value, and `fault` states why. Never throws. */
  read(ledger: LedgerSums): Promise<SystemState>;
  close(): void;
}

const TIME_LIMIT_MS = 5_000;

type Readable = Pick<SystemState, 'breakers' | 'checkpoint' | 'queues'>;

/** Opens the services of a system. */
export const openStateReader = async (system: LocalSystem, sink: string): Promise<StateReader> => {
  const { addresses, standIn } = system;
  const { DynamoDBClient } = await import('@aws-sdk/client-dynamodb');
  const client = new DynamoDBClient(emulatorAccess(addresses.dynamodbEndpoint));
  const table = dynamoStateTable(tableAccess(client, addresses.stateTable, systemClock), sink, systemClock);
  const queues = openQueues(addresses.sqsEndpoint);
  let last: Readable = { breakers: [], checkpoint: null, queues: { source: 0, deadLetters: 0 } };

  const readAll = async (): Promise<Readable> => {
    const [{ breakers }, checkpoint, source, deadLetters] = await Promise.all([
      table.readShared(),
      readCheckpoint(table),
      queues.depth(addresses.queueUrl),
      queues.depth(addresses.deadLetterQueueUrl),
    ]);
    const views = breakers.map(
      ({ key, kind, text, openedAtMs, probeAtMs }): BreakerView => ({
        key,
        kind,
        reason: text,
        openedAtMs,
        probeAtMs,
      }),
    );
    return { breakers: views, checkpoint, queues: { source, deadLetters } };
  };

  return {
    async read(ledger) {
      let fault: string | null = null;
      try {
        last = await readAll();
      } catch (error) {
        fault = (error as Error).message;
      }
      const processes = system.processes();
      return { atMs: Date.now(), ledger, ...last, standIn: standInView(standIn), processes, fault };
    },
    close() {
      client.destroy();
      queues.close();
    },
  };
};

/**
 * Measures the backlog now. The flush function publishes its measurement only once per run, which is too rare for someone
 * who watches an outage.
 */
const readCheckpoint = async ({ segments }: StateTable): Promise<CheckpointView> => {
  const deadline = systemClock.deadlineIn(TIME_LIMIT_MS);
  try {
    const shards = Array.from({ length: SHARDS }, (_, shard) => segments.listEntries(shard, deadline));
    const { segments: count, lines, bytes, oldestMs } = measureBacklog((await Promise.all(shards)).flat(), Date.now());
    return { segments: count, lines, bytes, oldestMs: oldestMs ?? null };
  } finally {
    deadline.release();
  }
};

const standInView = (standIn: StandIn | undefined): StandInView | null => {
  if (standIn === undefined) return null;
  const { writesReceived, writesByStatus, linesStored } = standIn.counts;
  return {
    writes: writesReceived,
    writesByStatus: { ...writesByStatus },
    lines: linesStored,
    faults: standIn.faults.list(),
  };
};
