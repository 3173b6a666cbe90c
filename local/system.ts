/** The whole system on this machine: queue, event source mapping, function, state table, and an openGemini. */

import { fileURLToPath } from 'node:url';
import { LIMIT_MAX } from '../src/controller/concurrency-step.ts';
import { type EventSource, startEventSource } from './event-source/event-source.ts';
import { createFunctionPool, type FunctionPool } from './function/function-process.ts';
import { type LambdaApi, startLambdaApi } from './lambda-api.ts';
import { startStandIn } from './opengemini/server.ts';
import { createDatabase, hasDatabase, type ServerAccess } from './opengemini-client.ts';
import { type QueueService, type Queues, startQueueService } from './queue/queue.ts';
import { startTableService, type TableService, type ThrottledTableService } from './table.ts';

export interface LocalSystemOptions {
  /** Variables of the function; what they leave out is filled in with the parts of this system. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
  /** Whether the flush function may move it. */
  readonly moveConcurrency: boolean;
  readonly timeoutMs: number;
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
  readonly fifo: boolean;
  /** How often the flush function runs. */
  readonly flushEveryMs: number;
  /** 0 takes any free port. */
  readonly ports: { readonly sqs: number; readonly dynamodb: number; readonly opengemini: number };
  /** `pid`: of the process that wrote it; undefined for what the system itself has to say. */
  readonly onLogLine: (line: string, pid?: number) => void;
}

/** Where everything is; what `dev --json` prints. */
export interface LocalAddresses {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly dynamodbEndpoint: string;
  readonly stateTable: string;
  readonly opengeminiUrl: string;
  readonly database: string;
}

export interface LocalSystem {
  readonly addresses: LocalAddresses;
  readonly server: ServerAccess;
  /** Whether the database was made because it was not there: on a server of somebody's own that must be told. */
  readonly databaseMade: boolean;
  readonly eventSource: EventSource;
  readonly table: Pick<ThrottledTableService, 'throttle'>;
  /** What the function in it sees. */
  readonly functionVariables: Readonly<Record<string, string>>;
  /** Ends in order: no new events, running ones finish, then the services. */
  close(): Promise<void>;
}

/** The openGemini that the variables name cannot be used. */
export class ServerUnusable extends Error {
  override readonly name = 'ServerUnusable';
}

export const LOCAL_DEFAULTS = {
  batchSize: 1_000,
  windowMs: 1_000,
  concurrency: 2,
  moveConcurrency: false,
  timeoutMs: 60_000,
  maxReceiveCount: 1_000,
  fifo: false,
  flushEveryMs: 60_000,
  ports: { sqs: 0, dynamodb: 0, opengemini: 0 },
} as const;

const RETENTION_SECONDS = 14 * 24 * 3600;
const STATE_TABLE = 'opengemini-sink-state';
const QUEUE_NAME = 'opengemini-sink-events';
const DATABASE = 'telemetry';
/** Lambda takes 20 to 40 s; whoever looks on would not wait so long. */
const LIMIT_ACTS_AFTER_MS = 3_000;
const MEMORY_MB = 1_024;
const PROJECT = fileURLToPath(new URL('..', import.meta.url));

type Close = () => Promise<void>;

export const startLocalSystem = async (options: LocalSystemOptions): Promise<LocalSystem> => {
  const closers: Close[] = [];
  const closeAll = async (): Promise<void> => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    return await start(options, closers, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
};

const start = async (options: LocalSystemOptions, closers: Close[], close: Close): Promise<LocalSystem> => {
  const queue = await startQueueService({ port: options.ports.sqs });
  closers.push(() => queue.close());
  const table = await startTableService({ port: options.ports.dynamodb });
  closers.push(() => table.close());
  await table.createStateTable(STATE_TABLE);
  const queues = await createQueues(queue, options);
  const { server, database, databaseMade } = await openServer(options, closers);
  const addresses = addressesOf(queue, queues, table, server, database);
  const functionVariables = variablesOf(options, addresses);
  const processesMax = options.moveConcurrency ? LIMIT_MAX : options.concurrency;
  const pool = startFunction('ingest', processesMax, options, functionVariables);
  closers.push(() => pool.close());
  const eventSource = await startEventSource({
    queueUrl: queues.queueUrl,
    queueArn: queues.queueArn,
    endpoint: queue.endpoint,
    batchSize: options.batchSize,
    windowMs: options.windowMs,
    concurrency: options.concurrency,
    functionTimeoutMs: options.timeoutMs,
    invoke: (event) => pool.invoke(event),
    onEvent(event) {
      if (event.kind === 'invocation-failed') options.onLogLine(`invocation failed: ${(event.error as Error).message}`);
    },
  });
  closers.push(() => eventSource.stop());
  const api = options.moveConcurrency ? await startLambdaApi(eventSource, LIMIT_ACTS_AFTER_MS) : undefined;
  if (api !== undefined) closers.push(() => api.close());
  closers.push(startSchedule(options, { ...functionVariables, ...limitVariables(api) }));
  return { addresses, server, databaseMade, eventSource, table, functionVariables, close };
};

const limitVariables = (api: LambdaApi | undefined): Readonly<Record<string, string>> =>
  api === undefined ? {} : { AWS_ENDPOINT_URL_LAMBDA: api.endpoint, SINK_EVENT_SOURCE_MAPPING: api.mappingId };

const createQueues = (queue: QueueService, options: LocalSystemOptions): Promise<Queues> =>
  queue.createQueues({
    name: QUEUE_NAME,
    fifo: options.fifo,
    visibilityTimeoutSeconds: options.visibilitySeconds,
    maxReceiveCount: options.maxReceiveCount,
    retentionSeconds: RETENTION_SECONDS,
  });

/** The openGemini that the variables name, or the stand-in. */
const openServer = async (
  { variables, ports }: LocalSystemOptions,
  closers: Close[],
): Promise<{ server: ServerAccess; database: string; databaseMade: boolean }> => {
  const { OPENGEMINI_URL, OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password } = variables;
  const credentials = username && password ? { username, password } : undefined;
  const given = OPENGEMINI_URL?.split(',')[0]?.trim().replace(/\/$/, '');
  const standIn = given
    ? undefined
    : await startStandIn({ port: ports.opengemini, ...(credentials === undefined ? {} : { credentials }) });
  if (standIn !== undefined) closers.push(() => standIn.close());
  const server: ServerAccess = { url: given || (standIn?.url ?? ''), credentials };
  const database = variables.OPENGEMINI_DATABASE || DATABASE;
  try {
    const databaseMade = !(await hasDatabase(server, database));
    await createDatabase(server, database, variables.OPENGEMINI_RETENTION_POLICY || undefined);
    return { server, database, databaseMade };
  } catch (cause) {
    throw new ServerUnusable(`openGemini at ${server.url} cannot be used`, { cause });
  }
};

const addressesOf = (
  queue: QueueService,
  queues: Queues,
  table: TableService,
  server: ServerAccess,
  database: string,
): LocalAddresses => ({
  sqsEndpoint: queue.endpoint,
  queueUrl: queues.queueUrl,
  deadLetterQueueUrl: queues.deadLetterQueueUrl,
  dynamodbEndpoint: table.endpoint,
  stateTable: STATE_TABLE,
  opengeminiUrl: server.url,
  database,
});

/** Variables of the sink, and of its logger, are handed on; credentials for AWS never are. */
const HANDED_ON =
  /^(?:SINK_|OPENGEMINI_|POWERTOOLS_)|^(?:STATE_TABLE|DEAD_LETTER_QUEUE_URL|LOG_LEVEL|NODE_EXTRA_CA_CERTS)$/;

const variablesOf = ({ variables }: LocalSystemOptions, addresses: LocalAddresses): Record<string, string> => {
  const given = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && HANDED_ON.test(entry[0]),
  );
  return {
    STATE_TABLE: addresses.stateTable,
    DEAD_LETTER_QUEUE_URL: addresses.deadLetterQueueUrl,
    // Given but empty means none: that is how a system without a dead-letter queue is tried.
    ...Object.fromEntries(given),
    OPENGEMINI_URL: variables.OPENGEMINI_URL || addresses.opengeminiUrl,
    OPENGEMINI_DATABASE: addresses.database,
    AWS_ENDPOINT_URL_SQS: addresses.sqsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: addresses.dynamodbEndpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
};

const startFunction = (
  name: 'ingest' | 'flush',
  concurrency: number,
  options: LocalSystemOptions,
  env: Readonly<Record<string, string>>,
): FunctionPool =>
  createFunctionPool({
    taskRoot: PROJECT,
    handler: `src/lambda/entry/${name}.handler`,
    workingDirectory: process.cwd(),
    functionName: `opengemini-sink-${name}`,
    memoryMb: MEMORY_MB,
    timeoutMs: options.timeoutMs,
    concurrency,
    env,
    onLogLine: (line, { pid }) => options.onLogLine(line, pid),
  });

/** The flush function at its times. What it runs into is told, and the next time comes all the same. */
const startSchedule = (options: LocalSystemOptions, env: Readonly<Record<string, string>>): Close => {
  const pool = startFunction('flush', 1, options, env);
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      await pool.invoke({});
    } catch (error) {
      options.onLogLine(`invocation failed: ${(error as Error).message}`);
    }
    isRunning = false;
  };
  const timer = setInterval(() => {
    if (!isRunning) running = run();
  }, options.flushEveryMs);
  return async () => {
    clearInterval(timer);
    await running;
    await pool.close();
  };
};
