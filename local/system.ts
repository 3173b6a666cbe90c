/**
 * Starts the whole system on this machine: queues, event source mapping, functions, state table, and openGemini.
 * docs/decisions/0007 explains why the functions and the event source are part of this project.
 */

import { dirname, parse } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SQSEvent } from 'aws-lambda';
import { systemClock } from '../src/adapters/clock.ts';
import { LIMIT_MAX } from '../src/controller/concurrency-step.ts';
import { assertEmulators } from './emulators.ts';
import { type EventSource, startEventSource } from './event-source/event-source.ts';
import { createFunctionPool, type FunctionPool } from './function/function-process.ts';
import { type LimitedSource, startLambdaApi } from './lambda-api.ts';
import { type StandIn, startStandIn } from './opengemini/server.ts';
import { createDatabase, hasDatabase, query, type ServerAccess } from './opengemini-client.ts';
import { type QueueService, type Queues, startQueueService } from './queue/queue.ts';
import type { StateFiles } from './state-folder.ts';
import { startTableService, type ThrottledTableService } from './table.ts';

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

/** Thrown when the openGemini that the variables name cannot be used. */
export class ServerUnusable extends Error {
  override readonly name = 'ServerUnusable';
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
  const { server, standIn, database, databaseCreated } = await openServer(options, state?.points, closers);
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
  closers.push(startSchedule(flushPool, options));
  const variablesFor = (variables: LocalSystemOptions['variables']): Record<string, string> =>
    variablesOf({ ...options, variables }, addresses);
  const reload = (variables: LocalSystemOptions['variables']): void => {
    const reloaded = variablesFor(variables);
    pool.reload(reloaded);
    flushPool.reload({ ...reloaded, ...flushVariables });
  };
  const parts = { addresses, server, standIn, databaseCreated, eventSource, table, functionVariables };
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

/** Time limit for a node of several. One that hangs must not keep the system from starting. */
const NODE_MS = 2_000;

const urlsOf = (variable: string | undefined): readonly string[] =>
  (variable ?? '').split(',').flatMap((url) => url.trim().replace(/\/$/, '') || []);

/**
 * Returns the first address that answers a query. A single address is returned without a query, and `undefined` without
 * addresses.
 *
 * @throws {ServerUnusable} if none of several answers. The message names each with its reason.
 */
const firstToAnswer = async (
  urls: readonly string[],
  credentials: ServerAccess['credentials'],
): Promise<string | undefined> => {
  if (urls.length < 2) return urls[0];
  const faults: string[] = [];
  for (const url of urls) {
    const fault = await faultOf({ url, credentials, timeoutMs: NODE_MS });
    if (fault === undefined) return url;
    faults.push(`${url}: ${fault}`);
  }
  throw new ServerUnusable(`none of the ${urls.length} nodes can be used (${faults.join('; ')})`);
};

/** Returns why a server does not answer a query; `undefined` if it does. */
const faultOf = (server: ServerAccess): Promise<string | undefined> =>
  query(server, 'SHOW DATABASES').then(
    () => undefined,
    ({ message, cause }: Error) => (cause instanceof Error ? cause.message : message),
  );

/** Connects to the openGemini that the variables name, or starts the stand-in. */
const openServer = async (
  { variables, ports }: LocalSystemOptions,
  file: string | undefined,
  closers: Close[],
): Promise<Pick<LocalSystem, 'server' | 'standIn' | 'databaseCreated'> & { readonly database: string }> => {
  const { OPENGEMINI_URL, OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password } = variables;
  const credentials = username && password ? { username, password } : undefined;
  const given = await firstToAnswer(urlsOf(OPENGEMINI_URL), credentials);
  const standIn = given
    ? undefined
    : await startStandIn({ port: ports.opengemini, file, ...(credentials === undefined ? {} : { credentials }) });
  if (standIn !== undefined) closers.push(() => standIn.close());
  const server: ServerAccess = { url: given || (standIn?.url ?? ''), credentials };
  const database = variables.OPENGEMINI_DATABASE || DATABASE;
  try {
    const databaseCreated = !(await hasDatabase(server, database));
    await createDatabase(server, database, variables.OPENGEMINI_RETENTION_POLICY || undefined);
    return { server, standIn, database, databaseCreated };
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
/** Time that closing waits for a run of the flush function. A run that waits for the server would take a minute. */
const CLOSE_MS = 3_000;

/** Runs the flush function at its interval. An error is logged, and the schedule continues. Closing closes the pool. */
const startSchedule = (pool: FunctionPool, options: LocalSystemOptions): Close => {
  let running: Promise<unknown> = Promise.resolve();
  let isRunning = false;
  let isClosing = false;
  const run = async (): Promise<void> => {
    isRunning = true;
    try {
      await pool.invoke({});
    } catch (error) {
      // Closing ends a run that waits for the server.
      if (!isClosing) options.onLogLine(`invocation failed: ${(error as Error).message}`);
    }
    isRunning = false;
  };
  const timer = setInterval(() => {
    if (!isRunning) running = run();
  }, options.flushEveryMs);
  return async () => {
    clearInterval(timer);
    isClosing = true;
    const waiting = new AbortController();
    await Promise.race([running, systemClock.sleep(CLOSE_MS, waiting.signal)]);
    waiting.abort();
    await pool.close();
  };
};
