/** `dev`: the whole system on this machine, until it is told to end. */

import { once } from 'node:events';
import { LOCAL_DEFAULTS, type LocalSystem, type LocalSystemOptions } from '../local/system.ts';
import { type Config, ConfigError, readConfig } from '../src/config/config.ts';
import { devHints } from './dev-hints.ts';
import { databaseText, startOrTell } from './local-start.ts';
import { type Options, type Parsed, parseOptions, UsageError } from './usage.ts';

const ABOUT = [
  'Runs queue, event source, function, state table and a stand-in for openGemini on this machine until Ctrl-C. Variables',
  'SINK_* and OPENGEMINI_* of the shell are those of the function. With OPENGEMINI_URL a server of yours takes the place',
  'of the stand-in; a database (OPENGEMINI_DATABASE, "telemetry" by default) that it does not have is made there.',
];

const SYSTEM_OPTIONS: Options = {
  'batch-size': { type: 'string', value: 'N', meaning: 'messages of an invocation, at most (1000; 10 with --fifo)' },
  window: { type: 'string', value: 'SECONDS', meaning: 'batching window, fractions allowed (1)' },
  visibility: { type: 'string', value: 'SECONDS', meaning: 'visibility timeout of the queue (6 x timeout + window)' },
  concurrency: { type: 'string', value: 'N', meaning: 'invocations at once (2)' },
  'move-concurrency': { type: 'boolean', meaning: 'the flush function may move it, as with moveMaximumConcurrency' },
  timeout: {
    type: 'string',
    value: 'SECONDS',
    meaning: 'timeout of the function (60, or the visibility if that is less)',
  },
  'max-receive-count': { type: 'string', value: 'N', meaning: 'receives before the queue itself gives up (1000)' },
  'flush-every': { type: 'string', value: 'SECONDS', meaning: 'how often the flush function runs (60)' },
  fifo: { type: 'boolean', meaning: 'FIFO queues instead of standard ones' },
  'sqs-port': { type: 'string', value: 'PORT', meaning: 'port of the queue (any free one)' },
  'dynamodb-port': { type: 'string', value: 'PORT', meaning: 'port of the table (any free one)' },
  'opengemini-port': { type: 'string', value: 'PORT', meaning: 'port of the openGemini stand-in (any free one)' },
};

const OPTIONS: Options = { json: { type: 'boolean', meaning: 'print one line of JSON when ready' }, ...SYSTEM_OPTIONS };

const WINDOW_SECONDS_MAX = 300;

/** A window may be shorter than a second, for tests and for those who look on. */
const windowMsOf = (options: Parsed): number => {
  const text = options.text('window');
  if (text === undefined) return options.flag('fifo') ? 0 : LOCAL_DEFAULTS.windowMs;
  if (options.flag('fifo'))
    throw new UsageError('--window does not go with --fifo: Lambda has no batching window for FIFO queues.');
  if (/^\d+(?:\.\d+)?$/.test(text) && Number(text) <= WINDOW_SECONDS_MAX) return Math.round(Number(text) * 1_000);
  throw new UsageError(
    `--window must be a number of seconds from 0 to ${WINDOW_SECONDS_MAX}, fractions allowed, got "${text}".`,
  );
};

const BATCH_MAX = 10_000;
/** Lambda's own bound on FIFO queues, and on standard ones without a window. */
const BATCH_WITHOUT_WINDOW_MAX = 10;

const batchSizeOf = (options: Parsed, windowMs: number): number => {
  const given = options.integer('batch-size', 1, options.flag('fifo') ? BATCH_WITHOUT_WINDOW_MAX : BATCH_MAX);
  if (windowMs > 0) return given ?? LOCAL_DEFAULTS.batchSize;
  if (given !== undefined && given > BATCH_WITHOUT_WINDOW_MAX)
    throw new UsageError(
      `--batch-size ${given} does not go with --window 0: without a window Lambda gives at most ${BATCH_WITHOUT_WINDOW_MAX} messages.`,
    );
  return given ?? BATCH_WITHOUT_WINDOW_MAX;
};

/** Lambda wants a visibility of at least the timeout: one of the two given alone takes the other along. */
const timesOf = (options: Parsed, windowMs: number): { timeoutMs: number; visibilitySeconds: number } => {
  const visibility = options.integer('visibility', 1, 43_200);
  const timeout = options.integer('timeout', 1, 900) ?? Math.min(LOCAL_DEFAULTS.timeoutMs / 1_000, visibility ?? 60);
  if (visibility !== undefined && visibility < timeout)
    throw new UsageError(
      `--visibility ${visibility} must be at least --timeout ${timeout}: Lambda refuses a queue whose messages come back while they are worked on.`,
    );
  return {
    timeoutMs: timeout * 1_000,
    visibilitySeconds: visibility ?? Math.ceil(6 * timeout + windowMs / 1_000),
  };
};

/** Options of the command line, on top of the defaults. */
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

export const dev = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('dev', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  // Signals that come while it starts must not leave anything running.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), deserted()]);
  const system = await startOrTell(systemOptions(options, (line) => process.stderr.write(`${line}\n`)));
  const config = tellFaults(system);
  process.stdout.write(`${options.flag('json') ? JSON.stringify(system.addresses) : readable(system, config)}\n`);
  await ended;
  await system.close();
  return 0;
};

const DESERTED_POLL_MS = 250;

/**
 * A signal to npm ends npm and its shell, and does not reach us: so whoever was started by npm ends with what started
 * it. Anybody else may leave us running.
 */
const deserted = async (): Promise<void> => {
  if (process.env.npm_lifecycle_event === undefined) return new Promise(() => {});
  const parent = process.ppid;
  while (process.ppid === parent) await new Promise((resolve) => setTimeout(resolve, DESERTED_POLL_MS).unref());
};

/** The function would fail with every event; whoever sits here should know before. Undefined when it has faults. */
const tellFaults = ({ functionVariables }: LocalSystem): Config | undefined => {
  try {
    return readConfig(functionVariables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `${error.message}\nEvery invocation will fail with this message; nothing is lost, messages stay in the queue.\n`,
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
