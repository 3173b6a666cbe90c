/** Lambda's entry for SQS events: composition only. What happens to events is told in `sink/sink.ts`. */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context, SQSBatchResponse, SQSEvent } from 'aws-lambda';
import { systemClock } from '../adapters/clock.ts';
import { createTelemetry, type Telemetry } from '../adapters/telemetry.ts';
import { createTrace } from '../adapters/tracing.ts';
import { type Environment, readConfig } from '../config.ts';
import { createIngest, type Ingest } from './ingest-invocation.ts';

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
  let ingest: Ingest | undefined;
  const handle: IngestHandler = async (event, context) => {
    ingest ??= createIngest(
      configured(environment, telemetry),
      telemetry,
      systemClock,
      environment.AWS_ENDPOINT_URL_SQS,
    );
    const invoke = ingest;
    return trace('ingest', () => invoke(event.Records, () => context.getRemainingTimeInMillis()));
  };
  return middy<SQSEvent, SQSBatchResponse>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(handle) as unknown as IngestHandler;
};

const configured = (environment: Environment, telemetry: Telemetry): ReturnType<typeof readConfig> => {
  try {
    return readConfig(environment);
  } catch (error) {
    telemetry.logger.error('The sink cannot start', error as Error);
    throw error;
  }
};

export const handler = createIngestHandler();
