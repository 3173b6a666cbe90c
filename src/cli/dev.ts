/** `dev`: the whole system on this machine, until it is told to end. */

import { once } from 'node:events';
import { ConfigError, readConfig } from '../config.ts';
import { LOCAL_DEFAULTS, type LocalSystem, type LocalSystemOptions, startLocalSystem } from '../local/system.ts';
import { type Options, outsideFault, type Parsed, parseOptions, UsageError } from './usage.ts';

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
  timeout: {
    type: 'string',
    value: 'SECONDS',
    meaning: 'timeout of the function (60, or the visibility if that is less)',
  },
  'max-receive-count': { type: 'string', value: 'N', meaning: 'receives before the queue itself gives up (1000)' },
  fifo: { type: 'boolean', meaning: 'FIFO queues instead of standard ones' },
  'sqs-port': { type: 'string', value: 'PORT', meaning: 'port of the queue (any free one)' },
  'dynamodb-port': { type: 'string', value: 'PORT', meaning: 'port of the table (any free one)' },
  'opengemini-port': { type: 'string', value: 'PORT', meaning: 'port of the openGemini stand-in (any free one)' },
};

const OPTIONS: Options = { json: { type: 'boolean', meaning: 'print one line of JSON when ready' }, ...SYSTEM_OPTIONS };

const seconds = (options: Parsed, name: string, min: number, max: number, fallbackMs: number): number => {
  const text = options.text(name);
  // A fraction is for tests: they need windows shorter than a second.
  return text !== undefined && /^\d+\.\d+$/.test(text) && Number(text) <= max && Number(text) > 0
    ? Number(text) * 1_000
    : (options.integer(name, min, max) ?? fallbackMs / 1_000) * 1_000;
};

/** Options of the command line, on top of the defaults. */
const systemOptions = (options: Parsed, onLogLine: (line: string) => void): LocalSystemOptions => {
  const port = (name: string): number => options.integer(`${name}-port`, 0, 65_535) ?? 0;
  const fifo = options.flag('fifo');
  const windowMs = fifo ? 0 : seconds(options, 'window', 0, 300, LOCAL_DEFAULTS.windowMs);
  if (fifo && options.text('window') !== undefined)
    throw new UsageError('--window does not go with --fifo: Lambda has no batching window for FIFO queues.');
  const visibility = options.integer('visibility', 1, 43_200);
  // Lambda wants a visibility of at least the timeout, and no more than ten messages without a window: one option
  // given alone takes the other along.
  const timeoutMs = seconds(options, 'timeout', 1, 900, Math.min(LOCAL_DEFAULTS.timeoutMs, (visibility ?? 60) * 1_000));
  const batchMax = fifo ? FIFO_BATCH_MAX : 10_000;
  const batchSize = options.integer('batch-size', 1, batchMax) ?? (windowMs === 0 ? 10 : LOCAL_DEFAULTS.batchSize);
  return {
    variables: process.env,
    batchSize,
    windowMs,
    concurrency: options.integer('concurrency', 1, 1_000) ?? LOCAL_DEFAULTS.concurrency,
    timeoutMs,
    visibilitySeconds: visibility ?? Math.ceil((6 * timeoutMs + windowMs) / 1_000),
    maxReceiveCount: options.integer('max-receive-count', 1, 1_000) ?? LOCAL_DEFAULTS.maxReceiveCount,
    fifo,
    ports: { sqs: port('sqs'), dynamodb: port('dynamodb'), opengemini: port('opengemini') },
    onLogLine,
  };
};

const FIFO_BATCH_MAX = 10;

export const dev = async (args: readonly string[]): Promise<number> => {
  const options = parseOptions('dev', ABOUT, OPTIONS, args);
  if (options === undefined) return 0;
  // Signals that come while it starts must not leave anything running.
  const ended = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT'), deserted()]);
  const system = await startOrTell(systemOptions(options, (line) => process.stderr.write(`${line}\n`)));
  tellFaults(system);
  process.stdout.write(options.flag('json') ? `${JSON.stringify(system.addresses)}\n` : `${readable(system)}\n`);
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

/** A port that is taken, a server that is away, an option that Lambda would refuse: told in a sentence. */
export const startOrTell = async (options: LocalSystemOptions): Promise<LocalSystem> => {
  try {
    return await startLocalSystem(options);
  } catch (error) {
    throw outsideFault('The local system cannot start', error);
  }
};

/** The function would fail with every event; whoever sits here should know before. */
const tellFaults = ({ functionVariables }: LocalSystem): void => {
  try {
    readConfig(functionVariables);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(
      `${error.message}\nEvery invocation will fail with this message; nothing is lost, messages stay in the queue.\n`,
    );
  }
};

const readable = ({ addresses }: LocalSystem): string =>
  [
    'The sink runs on this machine until Ctrl-C.',
    '',
    `  queue               ${addresses.queueUrl}`,
    `  dead-letter queue   ${addresses.deadLetterQueueUrl}`,
    `  state table         ${addresses.stateTable} at ${addresses.dynamodbEndpoint}`,
    `  openGemini          ${addresses.opengeminiUrl}, database ${addresses.database}`,
    '',
    `Send events:  npm run --silent sink -- send --queue-url ${addresses.queueUrl} < events.ndjson`,
    `Read points:  curl -s '${addresses.opengeminiUrl}/query?db=${addresses.database}&q=SHOW+MEASUREMENTS'`,
  ].join('\n');
