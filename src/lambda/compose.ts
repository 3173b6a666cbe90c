/** Composes a runtime with the real services, from the configuration. */

import { createHash, randomUUID } from 'node:crypto';
import type { TableAccess } from '../adapters/dynamodb/table-access.ts';
import { type DynamoStateTable, dynamoClient, dynamoStateTable, tableAccess } from '../adapters/dynamodb.ts';
import { once } from '../adapters/once.ts';
import { type CredentialSource, openGemini } from '../adapters/opengemini.ts';
import { exposedHosts } from '../adapters/private-address.ts';
import { fixedCredentials, secretCredentials } from '../adapters/secrets.ts';
import type { Telemetry } from '../adapters/telemetry.ts';
import type { CredentialsMark } from '../breaker/shared-breakers.ts';
import { type Config, readConfig } from '../config/config.ts';
import {
  type AppliedExtensions,
  applyExtensions,
  type FunctionReport,
  type HandlerOptions,
  type SinkExtensions,
} from '../config/handler-options.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FlushFunction } from '../runtime/flush-request.ts';
import { Runtime, type RuntimeSettings } from '../runtime/runtime.ts';
import { createKnownColumns } from '../sink/convert/known-columns.ts';
import { isHandledPromise, loggedError } from '../sink/custom/user-code.ts';
import type { DeadLetters, Writer } from '../sink/ports.ts';
import type { FlushRule } from '../sink/write/batcher.ts';
import { VERSION } from '../version.ts';
import { notifyingRefused } from './notify-refused.ts';
import { createSelfMetrics, type WriteSelfMetrics } from './self-metrics.ts';

/** The configuration of a function, and what its program adds to the sink. */
export interface LoadedConfig extends AppliedExtensions {
  readonly config: Config;
}

/**
 * Reads the configuration and the extensions.
 *
 * @throws {ConfigError} With all faults. They are also logged as one ERROR.
 */
export const loadConfig = (options: HandlerOptions, telemetry: Telemetry): LoadedConfig => {
  try {
    const config = readConfig(options.variables ?? process.env, options.settings);
    warnOfExposure(config, telemetry);
    return { config, ...applyExtensions(options, config) };
  } catch (error) {
    telemetry.logger.error('The sink cannot start.', error as Error);
    throw error;
  }
};

/** Warns at the start of an instance. It is no fault, because the network may be private in a way that no address shows. */
const warnOfExposure = ({ opengemini }: Config, telemetry: Telemetry): void => {
  const nodes = exposedHosts(opengemini);
  if (nodes.length > 0)
    telemetry.warning('The password crosses the network in readable form, because an address begins with http.', {
      nodes,
    });
};

/** A runtime, and its access to the state table. */
export interface ComposedRuntime {
  readonly runtime: Runtime;
  /** `undefined` without a state table. */
  readonly table: { readonly access: TableAccess; readonly state: DynamoStateTable } | undefined;
  /** Writes the metrics of one invocation. Does nothing without `SINK_SELF_METRICS`, while a breaker is open, and during a hold. */
  readonly writeSelfMetrics: (functionName: 'ingest' | 'flush', remainingMs: number) => Promise<void>;
}

/**
 * Creates a runtime. Opens no connection.
 *
 * @param flushFunction - The flush function, if this function may invoke it.
 */
export const createRuntime = (
  loaded: LoadedConfig,
  telemetry: Telemetry,
  clock: Clock,
  flushFunction?: FlushFunction | undefined,
): ComposedRuntime => {
  const { config, extensions } = loaded;
  const { credentials: fixed, secretArn, timeoutMs } = config.opengemini;
  const credentials = secretArn === undefined ? fixedCredentials(fixed) : secretCredentials(secretArn, timeoutMs);
  const access = config.stateTable === undefined ? undefined : tableAccess(dynamoClient(), config.stateTable, clock);
  const state = access === undefined ? undefined : dynamoStateTable(access, config.name, clock);
  const deadLetters = createDeadLetters(config.deadLetterQueueUrl, state, telemetry);
  const server = openGemini({ ...config.opengemini, credentials, clock, events: telemetry });
  const runtime = new Runtime(settingsOf(loaded, telemetry), {
    clock,
    server,
    nodes: server.probes,
    credentialsMark: markOf(credentials),
    flushFunction,
    deadLetters: notifying(deadLetters, extensions, telemetry),
    state,
    events: telemetry,
    owner: randomUUID(),
  });
  return {
    runtime,
    table: access === undefined || state === undefined ? undefined : { access, state },
    writeSelfMetrics: selfMetricsOf(config, server, runtime, telemetry, clock),
  };
};

const selfMetricsOf = (
  config: Config,
  writer: Writer,
  runtime: Runtime,
  telemetry: Telemetry,
  clock: Clock,
): ComposedRuntime['writeSelfMetrics'] => {
  if (!config.selfMetrics) return async () => undefined;
  telemetry.keepValues();
  const write: WriteSelfMetrics = createSelfMetrics({
    writer,
    target: config.opengemini.target,
    sink: config.name,
    clock,
    onWarning: telemetry.warning,
  });
  return async (functionName, remainingMs) => {
    const values = telemetry.takeValues();
    const isStopped = runtime.openBreakers().length > 0 || runtime.holdInForce() !== undefined;
    if (!isStopped) await write(functionName, values, remainingMs);
  };
};

const settingsOf = ({ config, extensions, rules }: LoadedConfig, telemetry: Telemetry): RuntimeSettings => ({
  converter: {
    ...rules,
    converter: config.converter,
    linePrecision: config.linePrecision,
    target: config.opengemini.target,
    columns: createKnownColumns(rules.mapping),
  },
  shouldFlush: extensions.shouldFlush && warningOnce(extensions.shouldFlush, telemetry),
  batch: config.batch,
  adaptive: config.adaptive,
  batchBytes: config.batch.bytesMax,
  inFlightMax: config.inFlightMax,
  invocationBytesMax: config.invocationBytesMax,
  requestMs: config.opengemini.timeoutMs,
  retry: config.retry,
  createDatabase: config.opengemini.createDatabase,
  flushIntervalMs: config.flushIntervalMs,
  checkpointBytesMax: config.checkpointBytesMax,
  sinkVersion: VERSION,
});

/**
 * Digits of the hash that marks credentials. They suffice to detect a change, but do not help to guess the credentials.
 */
const MARK_DIGITS = 6;

const markOf =
  (credentials: CredentialSource): CredentialsMark =>
  async () => {
    try {
      const { username = '', password = '' } = (await credentials.current()) ?? {};
      return createHash('sha256')
        .update(JSON.stringify([username, password]))
        .digest('hex')
        .slice(0, MARK_DIGITS);
    } catch {
      return '';
    }
  };

/**
 * Creates the port of dead letters, or returns `undefined` without a dead-letter queue. Failures are logged, and their
 * messages are returned.
 */
const createDeadLetters = (
  queueUrl: string | undefined,
  state: DynamoStateTable | undefined,
  telemetry: Telemetry,
): DeadLetters | undefined => {
  if (queueUrl === undefined) return undefined;
  const load = once(async () => {
    const { sendLetters, sqsClient } = await import('../adapters/sqs.ts');
    return { client: sqsClient(), sendLetters };
  });
  return {
    async send(letters, deadline) {
      try {
        const { client, sendLetters } = await load();
        return await sendLetters(client, queueUrl, letters, deadline);
      } catch (error) {
        telemetry.logger.error('Failed to send dead letters.', error as Error);
        return letters.map(() => false);
      }
    },
    async keep(letter, deadline) {
      if (state === undefined) return false;
      try {
        await state.keepDeadLetter(letter, deadline);
        telemetry.letterKept(letter.deduplicationId);
        return true;
      } catch (error) {
        telemetry.logger.error('Failed to store a dead letter that is too large for the queue.', error as Error);
        return false;
      }
    },
  };
};

const functionFailed = (telemetry: Telemetry, name: keyof SinkExtensions, error: unknown): void =>
  telemetry.warning('A function of the handler failed. No event depends on it.', {
    function: name,
    error: loggedError(error),
  });

const notifying = (
  deadLetters: DeadLetters | undefined,
  { onRefused }: SinkExtensions,
  telemetry: Telemetry,
): DeadLetters | undefined =>
  deadLetters === undefined || onRefused === undefined
    ? deadLetters
    : notifyingRefused(deadLetters, onRefused, (error) => functionFailed(telemetry, 'onRefused', error));

/** Returns a rule that logs its first error. It is called for each line, so its errors could fill the log. */
const warningOnce = (shouldFlush: FlushRule, telemetry: Telemetry): FlushRule => {
  let hasWarned = false;
  return (buffer, defaultRule) => {
    try {
      const result: unknown = shouldFlush(buffer, defaultRule);
      if (!isHandledPromise(result)) return result as boolean;
      throw new TypeError('shouldFlush returned a promise, but it must be synchronous');
    } catch (error) {
      if (!hasWarned) functionFailed(telemetry, 'shouldFlush', error);
      hasWarned = true;
      throw error;
    }
  };
};

/** Publishes the metrics of the program. */
export const recordMetrics = ({ metrics }: SinkExtensions, report: FunctionReport, telemetry: Telemetry): void => {
  const failed = (error: unknown): void => functionFailed(telemetry, 'metrics', error);
  try {
    const result: unknown = metrics?.(report, telemetry.recorder);
    // A rejection that nothing handles would end the process.
    if (result instanceof Promise) result.catch(failed);
  } catch (error) {
    failed(error);
  }
};
