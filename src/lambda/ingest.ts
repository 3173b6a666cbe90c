/**
 * Composes the handler for SQS events, and translates Lambda's event and response. Importing this file loads all
 * services.
 */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { systemClock } from '../adapters/clock.ts';
import { once } from '../adapters/once.ts';
import { createSourceQueues, type SourceQueues } from '../adapters/source-queue.ts';
import { createTelemetry, type Telemetry } from '../adapters/telemetry.ts';
import { createTrace } from '../adapters/tracing.ts';
import type { Config } from '../config/config.ts';
import type { HandlerOptions } from '../config/handler-options.ts';
import type { Delivery } from '../ingest/delivery.ts';
import { ingest } from '../ingest/ingest.ts';
import { ReturnSchedule } from '../ingest/return-schedule.ts';
import type { Clock } from '../runtime/clock.ts';
import type { FlushFunction } from '../runtime/flush-request.ts';
import { createConverter } from '../sink/convert/converter.ts';
import { createRuntime, type LoadedConfig, loadConfig, recordMetrics } from './compose.ts';
import { deliveryFrom, isFifo, partialBatchResponse, recordsOf, returnFrom } from './sqs-event.ts';

/** A Lambda handler for an SQS event source with `ReportBatchItemFailures`. */
export type IngestHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/** Runs one batch of records and returns the partial batch response. */
type RunBatch = (records: readonly SQSRecord[], remainingMs: number) => Promise<SQSBatchResponse>;

/**
 * Composes the ingest handler. The first event creates everything that outlives an invocation: configuration,
 * connections, and the state of breakers and controller. With a configuration fault every invocation fails, so that no
 * message is lost.
 */
export const composeIngestHandler = (options: HandlerOptions): IngestHandler => {
  const { variables = process.env } = options;
  // Only the name is needed to report what is wrong with the other variables.
  const sink = variables.SINK_NAME || 'opengemini-sink';
  const telemetry = createTelemetry(sink);
  const trace = createTrace(variables.POWERTOOLS_TRACE_ENABLED === 'true', sink);
  const queues = createSourceQueues(variables.AWS_ENDPOINT_URL_SQS ?? variables.AWS_ENDPOINT_URL);
  let runBatch: RunBatch | undefined;
  const invoke: IngestHandler = async (event, context) => {
    runBatch ??= createRunBatch(loadConfig(options, telemetry), telemetry, systemClock, queues);
    return runBatch(recordsOf(event), context.getRemainingTimeInMillis());
  };
  const handle: IngestHandler = async (event, context) => {
    try {
      return await trace('ingest', () => invoke(event, context));
    } catch (error) {
      // A second failure must not hide the first one.
      await returnAll(queues, event, context).catch(() => undefined);
      throw error;
    }
  };
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(handle) as unknown as IngestHandler;
};

const createRunBatch = (loaded: LoadedConfig, telemetry: Telemetry, clock: Clock, queues: SourceQueues): RunBatch => {
  const { config, extensions } = loaded;
  const { runtime, table, writeSelfMetrics } = createRuntime(loaded, telemetry, clock, flushFunctionOf(config));
  const marks = table?.state.unfinishedMarks;
  const converter = createConverter(runtime.settings.converter);
  return async (records, remainingMs) => {
    const startedMs = clock.monotonicMs();
    const deliveries = records.map((record) => deliveryFrom(record, config.messageBytesMax));
    const queue = queues.of(records[0]?.eventSourceARN ?? '', isFifo(records));
    const result = await ingest(runtime, deliveries, { queue, marks, converter }, remainingMs);
    telemetry.invocation({
      ...result,
      durationMs: clock.monotonicMs() - startedMs,
      eventLagMs: eventLagMs(deliveries, clock.nowMs()),
      batchLines: runtime.pace.batchLines(),
      share: runtime.pace.share,
      openBreakers: runtime.openBreakers(),
      hold: runtime.holdInForce(),
      unhealthyNodes: runtime.unhealthyNodes(),
      nowMs: clock.nowMs(),
    });
    recordMetrics(extensions, { function: 'ingest', ...result.report }, telemetry);
    await writeSelfMetrics('ingest', remainingMs - (clock.monotonicMs() - startedMs));
    return partialBatchResponse(result.returned);
  };
};

const flushFunctionOf = ({ flushFunction: name }: Config): FlushFunction | undefined => {
  if (name === undefined) return undefined;
  // Loaded only after a failure, so that no start waits for its client.
  const load = once(async () => (await import('../adapters/flush-function.ts')).flushFunction(name));
  return { invoke: async (deadline) => (await load()).invoke(deadline) };
};

/** Returns the age of the oldest message; `undefined` without messages. */
const eventLagMs = (deliveries: readonly Delivery[], nowMs: number): number | undefined =>
  deliveries.length === 0
    ? undefined
    : Math.max(0, nowMs - deliveries.reduce((oldest, { sentAtMs }) => Math.min(oldest, sentAtMs), nowMs));

/** Time limit of the calls that set visibilities after an error, and time kept for Lambda's response. */
const RETURN_MS = 3_000;
const RESPONSE_MS = 500;

/**
 * Sets the visibility of all messages. A failed invocation returns every message, and each receive counts. With the
 * visibility timeout of the queue, a bad deployment would move healthy messages to the dead-letter queue after 4 days.
 * With the schedule it takes 16 days.
 */
const returnAll = async (queues: SourceQueues, { Records = [] }: SQSEvent, context: Context): Promise<void> => {
  const [first] = Records;
  if (first === undefined) return;
  const fifo = isFifo(Records);
  const schedule = new ReturnSchedule(fifo, systemClock.random);
  const deadline = systemClock.deadlineIn(Math.min(RETURN_MS, context.getRemainingTimeInMillis() - RESPONSE_MS));
  try {
    const changes = Records.map((record) => schedule.changeFor(returnFrom(record)));
    await queues.of(first.eventSourceARN, fifo).setVisibility(changes, deadline);
  } finally {
    deadline.release();
  }
};
