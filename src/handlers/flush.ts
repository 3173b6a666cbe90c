/** Lambda's entry for the schedule: composition only. Until there is a checkpoint it has nothing to drain. */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { createTelemetry } from '../adapters/telemetry.ts';
import type { Environment } from '../config.ts';
import { configured } from './configured.ts';

type FlushHandler = (event: unknown, context: Context) => Promise<void>;

export const createFlushHandler = (environment: Environment = process.env): FlushHandler => {
  const telemetry = createTelemetry(environment.SINK_NAME || 'opengemini-sink');
  const flush: FlushHandler = async () => {
    configured(environment, telemetry);
    telemetry.heartbeat();
  };
  return middy<unknown, void>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(flush) as unknown as FlushHandler;
};

export const handler = createFlushHandler();
