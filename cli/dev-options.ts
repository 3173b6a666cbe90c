/** The options of the local system that follow from the options of `dev`, with the limits that AWS sets to combinations. */

import { LOCAL_DEFAULTS } from '../local/local-defaults.ts';
import type { LocalSystemOptions } from '../local/system.ts';
import type { DevPorts } from './dev/ports.ts';
import { UsageError } from './usage-error.ts';

/** Options of one call. Times are in seconds. */
export interface DevOptions {
  readonly json?: boolean;
  readonly mapping?: string;
  readonly handler?: string;
  /** File with environment variables. */
  readonly envFile?: string;
  /** Whether to forget the state of earlier runs. */
  readonly fresh?: boolean;
  /** Whether the log of the functions is printed as JSON. */
  readonly logs?: boolean;
  readonly batchSize?: number;
  readonly window?: number;
  readonly visibility?: number;
  readonly concurrency?: number;
  readonly moveConcurrency?: boolean;
  readonly timeout?: number;
  readonly maxReceiveCount?: number;
  readonly flushEvery?: number;
  readonly fifo?: boolean;
  readonly sqsPort?: number;
  readonly dynamodbPort?: number;
  readonly opengeminiPort?: number;
  /** False with `--no-console`. */
  readonly console?: boolean;
  readonly consolePort?: number;
}

/** What the options of the command line do not contain. */
type Surroundings = Pick<LocalSystemOptions, 'variables' | 'handlerFile' | 'ports' | 'state' | 'onLogLine'>;

/** Returns the options of the local system: those of the command line, and defaults for the others. */
export const systemOptions = (options: DevOptions, surroundings: Surroundings): LocalSystemOptions => {
  const windowMs = windowMsOf(options);
  return {
    ...LOCAL_DEFAULTS,
    ...surroundings,
    batchSize: batchSizeOf(options, windowMs),
    windowMs,
    concurrency: options.concurrency ?? LOCAL_DEFAULTS.concurrency,
    moveConcurrency: options.moveConcurrency ?? false,
    ...timesOf(options, windowMs),
    maxReceiveCount: options.maxReceiveCount ?? LOCAL_DEFAULTS.maxReceiveCount,
    flushEveryMs: options.flushEvery === undefined ? LOCAL_DEFAULTS.flushEveryMs : options.flushEvery * 1_000,
    fifo: options.fifo ?? false,
  };
};

/** Returns the ports that the options name. */
export const givenPorts = ({ sqsPort, dynamodbPort, opengeminiPort, consolePort }: DevOptions): Partial<DevPorts> => ({
  ...(sqsPort === undefined ? {} : { sqs: sqsPort }),
  ...(dynamodbPort === undefined ? {} : { dynamodb: dynamodbPort }),
  ...(opengeminiPort === undefined ? {} : { opengemini: opengeminiPort }),
  ...(consolePort === undefined ? {} : { console: consolePort }),
});

const windowMsOf = ({ window, fifo }: DevOptions): number => {
  if (window === undefined) return fifo ? 0 : LOCAL_DEFAULTS.windowMs;
  if (fifo)
    throw new UsageError(
      '--window cannot be combined with --fifo, because Lambda has no batching window for FIFO queues.',
    );
  return Math.round(window * 1_000);
};

/** Lambda's limit for FIFO queues, and for standard queues without a window. */
const BATCH_WITHOUT_WINDOW_MAX = 10;

const batchSizeOf = ({ batchSize, fifo }: DevOptions, windowMs: number): number => {
  if (windowMs > 0) return batchSize ?? LOCAL_DEFAULTS.batchSize;
  if (batchSize === undefined || batchSize <= BATCH_WITHOUT_WINDOW_MAX) return batchSize ?? BATCH_WITHOUT_WINDOW_MAX;
  throw new UsageError(
    fifo
      ? `--batch-size must be a whole number from 1 to ${BATCH_WITHOUT_WINDOW_MAX} with --fifo, got "${batchSize}".`
      : `--batch-size ${batchSize} cannot be combined with --window 0: without a window Lambda delivers at most ${BATCH_WITHOUT_WINDOW_MAX} messages.`,
  );
};

/**
 * Returns the timeout and the visibility timeout. Lambda requires a visibility timeout of at least the function's
 * timeout, so an option that is given alone also determines the default of the other. The flush function receives no
 * messages, so the visibility timeout does not limit it.
 */
const timesOf = (
  { visibility, timeout: given }: DevOptions,
  windowMs: number,
): { timeoutMs: number; flushTimeoutMs: number; visibilitySeconds: number } => {
  const defaultSeconds = LOCAL_DEFAULTS.timeoutMs / 1_000;
  const timeout = given ?? Math.min(defaultSeconds, visibility ?? defaultSeconds);
  if (visibility !== undefined && visibility < timeout)
    throw new UsageError(
      `--visibility ${visibility} must be at least --timeout ${timeout}: Lambda refuses a queue whose messages become visible while they are processed.`,
    );
  return {
    timeoutMs: timeout * 1_000,
    flushTimeoutMs: given === undefined ? LOCAL_DEFAULTS.flushTimeoutMs : given * 1_000,
    visibilitySeconds: visibility ?? Math.ceil(6 * timeout + windowMs / 1_000),
  };
};
