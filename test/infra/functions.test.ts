/**
 * The packaged functions, unpacked and started as Lambda starts them. Handler string, memory, timeout and environment
 * variables come from the template. Events arrive over the Runtime API, one at a time. Events come from a local queue
 * through a local event source mapping.
 */

import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test } from 'vitest';
import type { FunctionName } from '../../infra/names.ts';
import { type EventSource, startEventSource } from '../../local/event-source/event-source.ts';
import { createFunctionPool, type FunctionPool } from '../../local/function/function-process.ts';
import { type StandIn, startStandIn } from '../../local/opengemini/server.ts';
import { createDatabase } from '../../local/opengemini-client.ts';
import { type QueueService, type Queues, startQueueService } from '../../local/queue/queue.ts';
import { openQueues, type QueueAccess } from '../../local/queue/queue-access.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { readPoints } from '../../local/workload/verify.ts';
import { settingsOf, unpack } from './unpacked.ts';

const TABLE = 'state';
const DATABASE = 'packaged';
const MAPPING = {
  version: 1,
  measurement: 'm',
  events: 'list',
  timestamp: { path: 'ts', precision: 'ms' },
  fields: { v: 'v' },
};

const packaged = inject('packages').default;

let taskRoots: Record<FunctionName, string>;
let queue: QueueService;
let queues: Queues;
let access: QueueAccess;
let table: TableService;
let standIn: StandIn;
let pool: FunctionPool | undefined;
let source: EventSource | undefined;
let lines: string[] = [];

beforeAll(async () => {
  taskRoots = { ingest: unpack(packaged, 'ingest'), flush: unpack(packaged, 'flush') };
  for (const folder of Object.values(taskRoots)) writeFileSync(join(folder, 'mapping.json'), JSON.stringify(MAPPING));
  queue = await startQueueService({});
  table = await startTableService();
  await table.createStateTable(TABLE);
  standIn = await startStandIn();
  await createDatabase({ url: standIn.url, credentials: undefined }, DATABASE, undefined);
  queues = await queue.createQueues({
    name: 'packaged',
    fifo: false,
    visibilityTimeoutSeconds: 60,
    maxReceiveCount: 1_000,
    retentionSeconds: 3_600,
  });
  access = openQueues(queue.endpoint);
});

afterEach(async () => {
  await source?.stop();
  await pool?.close();
  source = undefined;
  lines = [];
});

afterAll(async () => {
  access.close();
  await Promise.all([queue.close(), table.close(), standIn.close()]);
  for (const folder of Object.values(taskRoots)) rmSync(folder, { recursive: true });
});

const start = (name: FunctionName, variables: Record<string, string> = {}): FunctionPool => {
  const references = { StateTable: TABLE, DeadLetterQueue: queues.deadLetterQueueUrl };
  const { env, ...settings } = settingsOf(packaged, name, references);
  pool = createFunctionPool({
    ...settings,
    taskRoot: taskRoots[name],
    env: {
      ...env,
      OPENGEMINI_URL: standIn.url,
      OPENGEMINI_DATABASE: DATABASE,
      // The addresses of the emulators are the only variables that no template sets.
      AWS_ENDPOINT_URL_SQS: queue.endpoint,
      AWS_ENDPOINT_URL_DYNAMODB: table.endpoint,
      AWS_ACCESS_KEY_ID: 'local',
      AWS_SECRET_ACCESS_KEY: 'local',
      ...variables,
    },
    concurrency: 1,
    onLogLine: (line) => lines.push(line),
  });
  return pool;
};

const logged = (): readonly Record<string, unknown>[] =>
  lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));

describe('ingest', () => {
  test('the packaged ingest function writes valid events, quarantines the others, and empties the queue', async () => {
    const { invoke } = start('ingest', { SINK_MAPPING: 'mapping.json' });
    const list = Array.from({ length: 20 }, (_, v) => ({ ts: 1_780_000_000_000 + v, v }));
    await access.send(queues.queueUrl, [
      { body: JSON.stringify({ list }) },
      { body: JSON.stringify({ list: [{ ts: 1_780_000_001_000, v: 'bad' }] }) },
    ]);
    source = await startEventSource({
      ...queues,
      endpoint: queue.endpoint,
      batchSize: 10,
      windowMs: 0,
      concurrency: 1,
      functionTimeoutMs: 60_000,
      invoke,
    });
    await expect.poll(() => access.depth(queues.queueUrl)).toBe(0);
    const points = await readPoints({ url: standIn.url, credentials: undefined }, DATABASE);
    expect(points.map(({ fields }) => fields.v).sort((a, b) => Number(a) - Number(b))).toEqual([...list.keys()]);
    const [letter, ...more] = await access.receiveAll(queues.deadLetterQueueUrl);
    expect([letter?.attributes.reason, more]).toEqual(['field-type', []]);
    expect(logged().find((line) => line._aws !== undefined)).toMatchObject({ sink: 'opengemini-sink-dev' });
  });

  test('the packaged ingest function fails with a stack trace of the sources when its configuration is invalid', async () => {
    const { invoke } = start('ingest', { SINK_MAPPING: 'none.json' });
    const record = { messageId: 'm', body: '{}', receiptHandle: 'r', attributes: {}, eventSourceARN: queues.queueArn };
    await expect(invoke({ Records: [record] })).rejects.toMatchObject({
      errorType: 'ConfigError',
      message: expect.stringContaining('none.json'),
    });
    expect(lines.join('\n')).toContain('src/config/config.ts');
  });
});

describe('flush', () => {
  test('the packaged flush function publishes its heartbeat when the schedule invokes it', async () => {
    const { invoke } = start('flush');
    expect(await invoke({ 'detail-type': 'Scheduled Event', source: 'aws.events', detail: {} })).toBeNull();
    expect(logged().find((line) => line._aws !== undefined)).toMatchObject({
      flushHeartbeat: 1,
      sink: 'opengemini-sink-dev',
    });
  });

  test('the packaged flush function publishes no heartbeat when its configuration is invalid', async () => {
    const { invoke } = start('flush', { OPENGEMINI_TIMEOUT_MS: 'soon' });
    await expect(invoke({})).rejects.toMatchObject({ errorType: 'ConfigError' });
    expect(lines.join('\n')).not.toContain('flushHeartbeat');
  });
});
