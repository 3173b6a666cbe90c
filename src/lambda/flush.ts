/** Lambda's entry for the schedule: composition only. What happens in a run is told in `flush-use-case.ts`. */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from '../adapters/clock.ts';
import { dynamoFlushTable } from '../adapters/dynamodb.ts';
import { createTelemetry, type Telemetry } from '../adapters/telemetry.ts';
import type { Config, EnvironmentVariables } from '../config/config.ts';
import { ConcurrencyLimit } from '../flush/concurrency-limit.ts';
import { type FlushResult, flush } from '../flush/flush.ts';
import type { FlushTable } from '../flush/flush-table.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createRuntime } from './compose.ts';
import { configured } from './configured.ts';

type FlushHandler = (event: unknown, context: Context) => Promise<void>;

interface FlushSink {
  readonly environment: Runtime;
  readonly run: ((remainingMs: number) => Promise<FlushResult>) | undefined;
  /** Undefined where the event source's limit may not be moved. */
  readonly moving: ConcurrencyLimit | undefined;
}

const createSink = async (config: Config, telemetry: Telemetry): Promise<FlushSink> => {
  const { runtime: environment, table } = createRuntime(config, telemetry, systemClock);
  if (table === undefined) return { environment, run: undefined, moving: undefined };
  const flushTable = dynamoFlushTable(table.access, config.name);
  const orphans = { from: undefined };
  return {
    environment,
    run: (remainingMs) => flush(environment, table.state, flushTable, orphans, remainingMs),
    moving: await createMoving(config, environment, flushTable),
  };
};

const createMoving = async (
  { adaptive, eventSourceMapping: id }: Config,
  environment: Runtime,
  table: FlushTable,
): Promise<ConcurrencyLimit | undefined> => {
  if (id === undefined || !adaptive) return undefined;
  const { eventSourceMapping } = await import('../adapters/event-source-mapping.ts');
  return new ConcurrencyLimit(eventSourceMapping(id), environment, table);
};

export const createFlushHandler = (environment: EnvironmentVariables = process.env): FlushHandler => {
  const telemetry = createTelemetry(environment.SINK_NAME || 'opengemini-sink');
  let sink: FlushSink | undefined;
  const handle: FlushHandler = async (_event, context) => {
    sink ??= await createSink(configured(environment, telemetry), telemetry);
    // Without a table nothing waits.
    if (sink.run !== undefined) {
      const startedMs = systemClock.monotonicMs();
      const result = await sink.run(context.getRemainingTimeInMillis());
      const limit = await sink.moving?.run(systemClock.monotonicMs() - startedMs, context.getRemainingTimeInMillis());
      telemetry.flushed({
        ...result,
        limit,
        openBreakers: sink.environment.openBreakers(),
        nowMs: systemClock.nowMs(),
      });
    }
    telemetry.heartbeat();
  };
  return middy<unknown, void>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(handle) as unknown as FlushHandler;
};

export const handler = createFlushHandler();
