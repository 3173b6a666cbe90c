/** `dev`: runs the whole system on this machine until Ctrl-C or SIGTERM. */

import { once } from 'node:events';
import { LOCAL_DEFAULTS, type LocalSystem, type LocalSystemOptions } from '../local/system.ts';
import { type Config, ConfigError, readConfig } from '../src/config/config.ts';
import { devHints } from './dev-hints.ts';
import { databaseText, startForCommand } from './local-start.ts';
import { type Options, type Parsed, parseOptions, UsageError } from './usage.ts';

const ABOUT = [
  'Run the queue, event source, function, state table, and a stand-in for openGemini on this machine until Ctrl-C. The',
  'function gets the SINK_* and OPENGEMINI_* variables of the shell. With OPENGEMINI_URL your own server replaces the',
  'stand-in. If it does not have the database (OPENGEMINI_DATABASE, default "telemetry"), the command creates it.',
];

const SYSTEM_OPTIONS: Options = {
  'batch-size': {
    type: 'string',
    value: 'N',
    meaning: 'messages per invocation, at most, 1 to 10000 (default 1000; at most 10 with --fifo or --window 0)',
  },
  window: {
    type: 'string',
    value: 'SECONDS',
    meaning: 'batching window, 0 to 300, fractions allowed (default 1; none with --fifo)',
  },
  visibility: {
    type: 'string',
    value: 'SECONDS',
    meaning: 'visibility timeout of the queue, 1 to 43200 (default 6 x timeout + window)',
  },
  concurrency: { type: 'string', value: 'N', meaning: 'concurrent invocations, at most, 1 to 1000 (default 2)' },
  'move-concurrency': {
    type: 'boolean',
    meaning: 'permission for the flush function to change the concurrency, as with moveMaximumConcurrency',
  },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    meaning: 'timeout of the function, 1 to 900 (default 60, or the visibility if that is less)',
  },
  'max-receive-count': {
    type: 'string',
    value: 'N',
    meaning: 'receives before the queue moves a message to the dead-letter queue, 1 to 1000 (default 1000)',
  },
  'flush-every': {
    type: 'string',
    value: 'SECONDS',
    meaning: 'interval between runs of the flush function, 1 to 3600 (default 60)',
  },
  fifo: { type: 'boolean', meaning: 'FIFO queues instead of standard ones' },
  'sqs-port': { type: 'string', value: 'PORT', meaning: 'port of the queue (default any free port)' },
  'dynamodb-port': { type: 'string', value: 'PORT', meaning: 'port of the table (default any free port)' },
  'opengemini-port': {
    type: 'string',
    value: 'PORT',
    meaning: 'port of the openGemini stand-in (default any free port)',
  },
};

const OPTIONS: Options = {
  json: { type: 'boolean', meaning: 'addresses as one line of JSON when ready' },
  ...SYSTEM_OPTIONS,
};

const WINDOW_SECONDS_MAX = 300;

/** Returns the batching window. Fractions of a second are allowed, for tests and for interactive use. */
const windowMsOf = (options: Parsed): number => {
  const text = options.text('window');
  if (text === undefined) return options.flag('fifo') ? 0 : LOCAL_DEFAULTS.windowMs;
  if (options.flag('fifo'))
    throw new UsageError(
      '--window cannot be combined with --fifo, because Lambda has no batching window for FIFO queues.',
    );
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) <= WINDOW_SECONDS_MAX) return Math.round(Number(text) * 1_000);
  throw new UsageError(
    `--window must be a number of seconds from 0 to ${WINDOW_SECONDS_MAX}, fractions allowed, got "${text}".`,
  );
};

const BATCH_MAX = 10_000;
/** Lambda's limit for FIFO queues, and for standard queues without a window. */
const BATCH_WITHOUT_WINDOW_MAX = 10;

const batchSizeOf = (options: Parsed, windowMs: number): number => {
  const given = options.integer('batch-size', 1, options.flag('fifo') ? BATCH_WITHOUT_WINDOW_MAX : BATCH_MAX);
  if (windowMs > 0) return given ?? LOCAL_DEFAULTS.batchSize;
  if (given !== undefined && given > BATCH_WITHOUT_WINDOW_MAX)
    throw new UsageError(
      `--batch-size ${given} cannot be combined with --window 0: without a window Lambda delivers at most ${BATCH_WITHOUT_WINDOW_MAX} messages.`,
    );
  return given ?? BATCH_WITHOUT_WINDOW_MAX;
};

/**
 * Returns the timeout and the visibility timeout. Lambda requires a visibility timeout of at least the function's
 * timeout, so an option that is given alone also determines the default of the other.
 */
const timesOf = (options: Parsed, windowMs: number): { timeoutMs: number; visibilitySeconds: number } => {
  const visibility = options.integer('visibility', 1, 43_200);
  const timeout = options.integer('timeout', 1, 900) ?? Math.min(LOCAL_DEFAULTS.timeoutMs / 1_000, visibility ?? 60);
  if (visibility !== undefined && visibility < timeout)
    throw new UsageError(
      `--visibility ${visibility} must be at least --timeout ${timeout}: Lambda refuses a queue whose messages become visible while they are processed.`,
    );
  return {
    timeoutMs: timeout * 1_000,
    visibilitySeconds: visibility ?? Math.ceil(6 * timeout + windowMs / 1_000),
  };
};

/** Returns the options of the local system: those of the command line, and defaults for the others. */
const systemOptions = (options: Parsed, onLogLine: (line: string) => void): LocalSystemOptions => {
  const port = (name: string): number => options.integer(`${name}-port`, 0, 65_535) ?? 0;
  const windowMs = windowMsOf(options);
  return {
    variables: process.env,
    batchSize: batchSizeOf(options, windowMs),
    windowMs,
    concurrency: options.integer('concurrency', 1, 1_000) ?? LOCAL_DEFAULTS.concurrency,
    moveConcurrency: options.flag('move-concurrency'),
    ...timesOf(options, windowMs),
    maxReceiveCount: options.integer('max-receive-count', 1, 1_000) ?? LOCAL_DEFAULTS.maxReceiveCount,
    flushEveryMs: (options.integer('flush-every', 1, 3_600) ?? LOCAL_DEFAULTS.flushEveryMs / 1_000) * 1_000,
    fifo: options.flag('fifo'),
    ports: { sqs: port('sqs'), dynamodb: port('dynamodb'), opengemini: port('opengemini') },
    onLogLine,
  };
};

/** Runs the command. Returns the exit code. */
export const dev = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('dev', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  // Listen before the start, so that a signal during the start leaves nothing running.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), parentEnded()]);
  const system = await startForCommand(systemOptions(options, (line) => process.stderr.write(`${line}\n`)));
  const config = reportConfigFaults(system);
  process.stdout.write(`${options.flag('json') ? JSON.stringify(system.addresses) : readable(system, config)}\n`);
  await ended;
  await system.close();
  return 0;
};

const PARENT_POLL_MS = 250;

/**
 * Resolves when the parent process has ended, if that is npm. A signal to npm ends npm and its shell but does not reach
 * this process. Without npm it never resolves, because another parent may start `dev` in the background and exit.
 */
const parentEnded = async (): Promise<void> => {
  if (process.env.npm_lifecycle_event === undefined) return new Promise(() => {});
  const parent = process.ppid;
  while (process.ppid === parent) await new Promise((resolve) => setTimeout(resolve, PARENT_POLL_MS).unref());
};

/**
 * Prints the faults of the configuration at start, because the function would fail with every event. Returns undefined
 * if there are faults.
 */
const reportConfigFaults = ({ functionVariables }: LocalSystem): Config | undefined => {
  try {
    return readConfig(functionVariables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `${error.message}\nEvery invocation will fail with this message. No event is lost, because messages stay in the queue.\n`,
    );
    return undefined;
  }
};

const readable = (system: LocalSystem, config: Config | undefined): string => {
  const { addresses } = system;
  return [
    'The sink runs on this machine until Ctrl-C.',
    '',
    `  queue               ${addresses.queueUrl}`,
    `  dead-letter queue   ${addresses.deadLetterQueueUrl}`,
    `  state table         ${addresses.stateTable} at ${addresses.dynamodbEndpoint}`,
    `  openGemini          ${addresses.opengeminiUrl}${process.env.OPENGEMINI_URL ? '' : ' (stand-in, in memory)'}, database ${databaseText(system)}`,
    '',
    ...devHints(system, config),
  ].join('\n');
};
