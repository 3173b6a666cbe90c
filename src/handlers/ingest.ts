/** Lambda's entry for SQS events: composition only. What happens to events is told in `sink/sink.ts`. */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { deadlineIn, systemClock } from '../adapters/clock.ts';
import { createTelemetry } from '../adapters/telemetry.ts';
import { createTrace } from '../adapters/tracing.ts';
import type { Environment } from '../config.ts';
import { configured } from './configured.ts';
import { createIngest, type Ingest } from './ingest-invocation.ts';
import { createPostpone, type Postpone } from './postpone.ts';

type IngestHandler = (event: SQSEvent, context: Context) => Promise<SQSBatchResponse>;

/**
 * Makes the handler. Everything that outlives an invocation (configuration, connections, what is known of the server)
 * is made at the first event and kept. A configuration with faults fails every invocation, and so keeps every message.
 */
export const createIngestHandler = (environment: Environment = process.env): IngestHandler => {
  // Made first: the name alone is needed to tell what is wrong with the rest.
  const sink = environment.SINK_NAME || 'opengemini-sink';
  const telemetry = createTelemetry(sink);
  const trace = createTrace(environment.POWERTOOLS_TRACE_ENABLED === 'true', sink);
  const postpone = createPostpone(systemClock, environment.AWS_ENDPOINT_URL_SQS ?? environment.AWS_ENDPOINT_URL);
  let ingest: Ingest | undefined;
  const invoke: IngestHandler = async (event, context) => {
    ingest ??= createIngest(configured(environment, telemetry), telemetry, systemClock, postpone);
    return ingest(event.Records, () => context.getRemainingTimeInMillis());
  };
  const handle: IngestHandler = async (event, context) => {
    try {
      return await trace('ingest', () => invoke(event, context));
    } catch (error) {
      // What goes wrong here must not hide what went wrong there.
      await postponeAll(postpone, event, context).catch(() => undefined);
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
const postponeAll = async (postpone: Postpone, { Records = [] }: SQSEvent, context: Context): Promise<void> => {
  if (Records.length === 0) return;
  const deadline = deadlineIn(Math.min(POSTPONE_MS, context.getRemainingTimeInMillis() - ANSWER_MS));
  try {
    await postpone(Records, [...Records.keys()], deadline);
  } finally {
    deadline.release();
  }
};

const POSTPONE_MS = 3_000;
const ANSWER_MS = 500;

export const handler = createIngestHandler();
