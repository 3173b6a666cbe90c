/**
 * Starts the whole system on this machine: queues, event source mapping, functions, state table, and openGemini.
 * docs/decisions/0007 explains why the functions and the event source are part of this project.
 */

import { dirname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SQSEvent } from 'aws-lambda';
import { LIMIT_MAX } from '../src/controller/concurrency-step.ts';
import { assertEmulators } from './emulators.ts';
import { type EventSource, startEventSource } from './event-source/event-source.ts';
import { startFlushSchedule } from './flush-schedule.ts';
import { createFunctionPool, type FunctionPool } from './function/function-process.ts';
import { type LimitedSource, startLambdaApi } from './lambda-api.ts';
import { type StandIn, startStandIn } from './opengemini/server.ts';
import { createDatabase, hasDatabase, type ServerAccess } from './opengemini-client.ts';
import { type QueueService, type Queues, startQueueService } from './queue/queue.ts';
import type { StateFiles } from './state-folder.ts';
import { startTableService, type ThrottledTableService } from './table.ts';
import { findUsableNode, ServerUnusable, type SilentNode } from './usable-node.ts';

/** Settings of the local system. */
export interface LocalSystemOptions {
  /** Environment variables of the functions. The system adds the addresses that they do not set. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Messages per invocation, at most. */
  readonly batchSize: number;
  readonly windowMs: number;
  /** Concurrent invocations, at most. */
  readonly concurrency: number;
  /** Whether the flush function may change the concurrency. */
  readonly moveConcurrency: boolean;
  /** Time limit of the ingest function. */
  readonly timeoutMs: number;
  /** Time limit of the flush function. Unlike that of the ingest function, it may exceed the visibility timeout. */
  readonly flushTimeoutMs: number;
  readonly visibilitySeconds: number;
  readonly maxReceiveCount: number;
  readonly fifo: boolean;
  /**
   * File of a program that exports its ingest function as `handler`. By default the function of the sink. The file of a
   * program receives all environment variables except those of AWS.
   */
  readonly handlerFile?: string | undefined;
  /** Files that keep queues, tables, and points between two runs (default none: they are in memory). */
  readonly state?: StateFiles;
  /** Interval between runs of the flush function. */
  readonly flushEveryMs: number;
  /** Ports of the services. 0 means any free port. */
  readonly ports: { readonly sqs: number; readonly dynamodb: number; readonly opengemini: number };
  /** Receives each log line. `pid` is the process that wrote it; undefined means the local system itself. */
  readonly onLogLine: (line: string, pid?: number) => void;
  /** Receives each event before the ingest function does. */
  readonly onInvoke?: (event: SQSEvent) => void;
}

/** Addresses of all parts, as `dev --json` prints them. */
export interface LocalAddresses {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly dynamodbEndpoint: string;
  readonly stateTable: string;
  readonly opengeminiUrl: string;
  readonly database: string;
  /** Lambda's API, which invokes the flush function. */
  readonly lambdaEndpoint: string;
  readonly flushFunction: string;
}

/** A running system. */
export interface LocalSystem {
  readonly addresses: LocalAddresses;
  readonly server: ServerAccess;
  /** Undefined on a user's own server. */
  readonly standIn: StandIn | undefined;
  /** Whether the start created the database. On a user's own server, commands report that. */
  readonly databaseCreated: boolean;
  /** Nodes of a user's own server that did not answer at the start. */
  readonly silentNodes: readonly SilentNode[];
  readonly eventSource: EventSource;
  /** Returns the process ids of the ingest function. */
  processes(): readonly number[];
  readonly table: Pick<ThrottledTableService, 'throttle'>;
  /** Environment variables of the ingest function. */
  readonly functionVariables: Readonly<Record<string, string>>;
  /** Returns the environment variables that the ingest function would get from these variables. */
  variablesFor(variables: LocalSystemOptions['variables']): Readonly<Record<string, string>>;
  /**
   * Replaces the variables of the functions. Running invocations finish, and later ones use new processes. The addresses
   * of the system stay as they are.
   */
  reload(variables: LocalSystemOptions['variables']): void;
  /** Stops the system. It stops polling, waits for running invocations, and then stops the services. */
  close(): Promise<void>;
}

const RETENTION_SECONDS = 14 * 24 * 3600;
const STATE_TABLE = 'opengemini-sink-state';
const QUEUE_NAME = 'opengemini-sink-events';
const DATABASE = 'telemetry';
/** Delay until a new limit takes effect. Lambda needs 20 to 40 s. It is shorter here, so that a user can observe it. */
const LIMIT_ACTS_AFTER_MS = 3_000;
const MEMORY_MB = 1_024;
/** Folder that contains `src/`: the project, or the built JavaScript of the package. */
const TASK_ROOT = fileURLToPath(new URL('..', import.meta.url));

type Close = () => Promise<void>;

/** Starts the system. If a part cannot start, all started parts are stopped before the error is thrown. */
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
  assertEmulators();
  const { state } = options;
  const queue = await startQueueService({ port: options.ports.sqs, file: state?.queues });
  closers.push(() => queue.close());
  const table = await startTableService({ port: options.ports.dynamodb, folder: state?.tables });
  closers.push(() => table.close());
  await table.createStateTable(STATE_TABLE);
  const queues = await createQueues(queue, options);
  const { server, standIn, database, databaseCreated, silentNodes } = await openServer(options, state?.points, closers);
  const located = {
    sqsEndpoint: queue.endpoint,
    queueUrl: queues.queueUrl,
    deadLetterQueueUrl: queues.deadLetterQueueUrl,
    dynamodbEndpoint: table.endpoint,
    stateTable: STATE_TABLE,
    opengeminiUrl: server.url,
    database,
  };
  // The functions need the address of the API, which needs the event source.
  let startedSource: LimitedSource | undefined;
  const flushFunction = functionName('flush');
  const api = await startLambdaApi(
    {
      get concurrency() {
        return startedSource?.concurrency ?? options.concurrency;
      },
      limitTo: (concurrency) => startedSource?.limitTo(concurrency),
    },
    LIMIT_ACTS_AFTER_MS,
    { [flushFunction]: (event) => flushPool.invoke(event) },
  );
  closers.push(() => api.close());
  const addresses = { ...located, lambdaEndpoint: api.endpoint, flushFunction };
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
    invoke: (event) => {
      options.onInvoke?.(event);
      return pool.invoke(event);
    },
    onEvent(event) {
      if (event.kind === 'invocation-failed') options.onLogLine(`invocation failed: ${(event.error as Error).message}`);
    },
  });
  startedSource = eventSource;
  closers.push(() => eventSource.stop());
  const flushVariables = options.moveConcurrency ? { SINK_EVENT_SOURCE_MAPPING: api.mappingId } : {};
  const flushPool = startFunction('flush', FLUSH_PROCESSES_MAX, options, { ...functionVariables, ...flushVariables });
  closers.push(startFlushSchedule(flushPool, { everyMs: options.flushEveryMs, onLogLine: options.onLogLine }));
  const variablesFor = (variables: LocalSystemOptions['variables']): Record<string, string> =>
    variablesOf({ ...options, variables }, addresses);
  const reload = (variables: LocalSystemOptions['variables']): void => {
    const reloaded = variablesFor(variables);
    pool.reload(reloaded);
    flushPool.reload({ ...reloaded, ...flushVariables });
  };
  const parts = { addresses, server, standIn, databaseCreated, silentNodes, eventSource, table, functionVariables };
  return { ...parts, variablesFor, reload, close, processes: () => pool.processes() };
};

const createQueues = (queue: QueueService, options: LocalSystemOptions): Promise<Queues> =>
  queue.createQueues({
    name: QUEUE_NAME,
    fifo: options.fifo,
    visibilityTimeoutSeconds: options.visibilitySeconds,
    maxReceiveCount: options.maxReceiveCount,
    retentionSeconds: RETENTION_SECONDS,
  });

/** Connects to the openGemini that the variables name, or starts the stand-in. */
const openServer = async (
  { variables, ports }: LocalSystemOptions,
  file: string | undefined,
  closers: Close[],
): Promise<
  Pick<LocalSystem, 'server' | 'standIn' | 'databaseCreated' | 'silentNodes'> & { readonly database: string }
> => {
  const { OPENGEMINI_URL, OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password } = variables;
  const credentials = username && password ? { username, password } : undefined;
  const { url: given, silent: silentNodes } = await findUsableNode(OPENGEMINI_URL, credentials);
  const standIn = given
    ? undefined
    : await startStandIn({ port: ports.opengemini, file, ...(credentials === undefined ? {} : { credentials }) });
  if (standIn !== undefined) closers.push(() => standIn.close());
  const server: ServerAccess = { url: given || (standIn?.url ?? ''), credentials };
  const database = variables.OPENGEMINI_DATABASE || DATABASE;
  try {
    const databaseCreated = !(await hasDatabase(server, database));
    await createDatabase(server, database, variables.OPENGEMINI_RETENTION_POLICY || undefined);
    return { server, standIn, database, databaseCreated, silentNodes };
  } catch (cause) {
    throw new ServerUnusable(`openGemini at ${server.url} cannot be used`, { cause });
  }
};

/**
 * Matches the variables that the functions receive: those of the sink and of its logger. They never receive the user's
 * AWS credentials. `OPENGEMINI_BINARY` is for tests, and the sink would refuse it as unknown.
 */
const PASSED_VARIABLES =
  /^(?:SINK_|OPENGEMINI_(?!BINARY$)|POWERTOOLS_)|^(?:STATE_TABLE|DEAD_LETTER_QUEUE_URL|LOG_LEVEL|NODE_EXTRA_CA_CERTS)$/;

const variablesOf = (
  { variables, handlerFile }: LocalSystemOptions,
  addresses: LocalAddresses,
): Record<string, string> => {
  const isPassed = (name: string): boolean =>
    PASSED_VARIABLES.test(name) || (handlerFile !== undefined && !name.startsWith('AWS_'));
  const given = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && isPassed(entry[0]),
  );
  return {
    STATE_TABLE: addresses.stateTable,
    DEAD_LETTER_QUEUE_URL: addresses.deadLetterQueueUrl,
    // An empty value means none. Tests use it for a system without a dead-letter queue.
    ...Object.fromEntries(given),
    OPENGEMINI_URL: variables.OPENGEMINI_URL || addresses.opengeminiUrl,
    OPENGEMINI_DATABASE: addresses.database,
    AWS_ENDPOINT_URL_SQS: addresses.sqsEndpoint,
    AWS_ENDPOINT_URL_DYNAMODB: addresses.dynamodbEndpoint,
    AWS_ENDPOINT_URL_LAMBDA: addresses.lambdaEndpoint,
    SINK_FLUSH_FUNCTION: addresses.flushFunction,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
  };
};

const functionName = (name: 'ingest' | 'flush'): string => `opengemini-sink-${name}`;

const startFunction = (
  name: 'ingest' | 'flush',
  concurrency: number,
  options: LocalSystemOptions,
  env: Readonly<Record<string, string>>,
): FunctionPool =>
  createFunctionPool({
    ...(name === 'ingest' && options.handlerFile !== undefined
      ? { taskRoot: dirname(options.handlerFile), handler: `${parse(options.handlerFile).name}.handler` }
      : { taskRoot: TASK_ROOT, handler: `src/lambda/entry/${name}.handler` }),
    workingDirectory: process.cwd(),
    functionName: functionName(name),
    memoryMb: MEMORY_MB,
    timeoutMs: name === 'flush' ? options.flushTimeoutMs : options.timeoutMs,
    concurrency,
    env,
    onLogLine: (line, { pid }) => options.onLogLine(line, pid),
  });

/** Processes of the flush function: a scheduled run, and one that the ingest function requested. */
const FLUSH_PROCESSES_MAX = 2;
