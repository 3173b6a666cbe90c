/** Lambda's entry for SQS events: composition only. What happens to events is told in `sink/sink.ts`. */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { systemClock } from '../adapters/clock.ts';
import { createSourceQueues, type SourceQueues } from '../adapters/source-queue.ts';
import { createTelemetry } from '../adapters/telemetry.ts';
import { createTrace } from '../adapters/tracing.ts';
import type { EnvironmentVariables } from '../config/config.ts';
import { ReturnSchedule } from '../ingest/return-schedule.ts';
import { configured } from './configured.ts';
import { createIngest, type Ingest } from './ingest-invocation.ts';
import { isFifo, returnFrom } from './sqs-event.ts';

type IngestHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * Makes the handler. Everything that outlives an invocation (configuration, connections, what is known of the server)
 * is made at the first event and kept. A configuration with faults fails every invocation, and so keeps every message.
 */
export const createIngestHandler = (environment: EnvironmentVariables = process.env): IngestHandler => {
  // Made first: the name alone is needed to tell what is wrong with the rest.
  const sink = environment.SINK_NAME || 'opengemini-sink';
  const telemetry = createTelemetry(sink);
  const trace = createTrace(environment.POWERTOOLS_TRACE_ENABLED === 'true', sink);
  const queues = createSourceQueues(environment.AWS_ENDPOINT_URL_SQS ?? environment.AWS_ENDPOINT_URL);
  let ingest: Ingest | undefined;
  const invoke: IngestHandler = async (event, context) => {
    ingest ??= createIngest(configured(environment, telemetry), telemetry, systemClock, queues);
    return ingest(event.Records, context.getRemainingTimeInMillis());
  };
  const handle: IngestHandler = async (event, context) => {
    try {
      return await trace('ingest', () => invoke(event, context));
    } catch (error) {
      // What goes wrong here must not hide what went wrong there.
      await postponeAll(queues, event, context).catch(() => undefined);
      throw error;
    }
  };
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(handle) as unknown as IngestHandler;
};

/**
 * An invocation that fails as a whole keeps every message, and each of its receives counts: with the queue's own timeout
 * a bad deploy would have healthy messages in the dead-letter queue after four days, with the schedule after sixteen.
 */
const postponeAll = async (queues: SourceQueues, { Records = [] }: SQSEvent, context: Context): Promise<void> => {
  const [first] = Records;
  if (first === undefined) return;
  const fifo = isFifo(Records);
  const schedule = new ReturnSchedule(fifo, systemClock.random);
  const deadline = systemClock.deadlineIn(Math.min(POSTPONE_MS, context.getRemainingTimeInMillis() - ANSWER_MS));
  try {
    const changes = Records.map((record) => schedule.changeFor(returnFrom(record)));
    await queues.of(first.eventSourceARN, fifo).postpone(changes, deadline);
  } finally {
    deadline.release();
  }
};

const POSTPONE_MS = 3_000;
const ANSWER_MS = 500;

export const handler = createIngestHandler();
