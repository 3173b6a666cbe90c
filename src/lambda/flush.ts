/**
 * Composes the handler for the schedule. `../flush/flush.ts` implements a run. Importing this file loads all services.
 */

import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { logMetrics } from '@aws-lambda-powertools/metrics/middleware';
import middy from '@middy/core';
import type { Context } from 'aws-lambda';
import { systemClock } from '../adapters/clock.ts';
import { dynamoFlushTable } from '../adapters/dynamodb.ts';
import { createTelemetry, type Telemetry } from '../adapters/telemetry.ts';
import type { Config } from '../config/config.ts';
import type { HandlerOptions } from '../config/handler-options.ts';
import { ConcurrencyLimit } from '../flush/concurrency-limit.ts';
import type { FlushTable } from '../flush/flush-table.ts';
import { flushAndStay } from '../flush/recovery.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { createRuntime, type LoadedConfig, loadConfig, recordMetrics } from './compose.ts';

/** A Lambda handler for a schedule. It ignores its event, except that it refuses messages. */
export type FlushHandler = (event: unknown, context: Context) => Promise<void>;

/** Makes one run and reports it. */
type RunFlush = (context: Context) => Promise<void>;

/** Composes the flush handler. The first event creates everything that outlives an invocation. */
export const composeFlushHandler = (options: HandlerOptions): FlushHandler => {
  const { variables = process.env } = options;
  const telemetry = createTelemetry(variables.SINK_NAME || 'opengemini-sink');
  let run: RunFlush | undefined;
  const handle: FlushHandler = async (event, context) => {
    refuseRecords(event);
    run ??= await createRun(loadConfig(options, telemetry), telemetry);
    await run(context);
    telemetry.heartbeat();
  };
  return middy<unknown, void>({ timeoutEarlyInMillis: 0 })
    .use(injectLambdaContext(telemetry.logger))
    .use(logMetrics(telemetry.metrics, { throwOnEmptyMetrics: false }))
    .handler(handle) as unknown as FlushHandler;
};

/** Throws for records of a queue: Lambda would delete messages that nothing has read. */
const refuseRecords = (event: unknown): void => {
  if (typeof event !== 'object' || event === null || !Array.isArray((event as { Records?: unknown }).Records)) return;
  throw new Error(
    'This is the flush function, which runs on a schedule, and it got records of an event source. Let the queue invoke the ' +
      'ingest function (createIngestHandler).',
  );
};

const createRun = async (loaded: LoadedConfig, telemetry: Telemetry): Promise<RunFlush> => {
  const { config, extensions } = loaded;
  const clock = systemClock;
  const { runtime, table, writeSelfMetrics } = createRuntime(loaded, telemetry, clock);
  // Without a table there is no backlog.
  if (table === undefined) return async () => undefined;
  const flushTable = dynamoFlushTable(table.access, config.name);
  const ports = { segments: table.state.segments, table: flushTable, orphans: { from: undefined } };
  const concurrencyLimit = await createConcurrencyLimit(config, runtime, flushTable);
  return async (context) => {
    const startedMs = clock.monotonicMs();
    await flushAndStay(runtime, ports, context.getRemainingTimeInMillis(), (result) => {
      telemetry.flushed({
        ...result,
        openBreakers: runtime.openBreakers(),
        hold: runtime.holdInForce(),
        unhealthyNodes: runtime.unhealthyNodes(),
        nowMs: clock.nowMs(),
      });
      const { eventsWritten = 0, eventsQuarantined = 0 } = result.drained ?? {};
      const { segments, lines, bytes } = result.backlog;
      const report = { eventsWritten, eventsQuarantined, backlog: { segments, lines, bytes } };
      recordMetrics(extensions, { function: 'flush', ...report }, telemetry);
    });
    const spentMs = clock.monotonicMs() - startedMs;
    const limit = await concurrencyLimit?.run(spentMs, context.getRemainingTimeInMillis());
    if (limit !== undefined) telemetry.limitPublished(limit);
    await writeSelfMetrics('flush', context.getRemainingTimeInMillis());
  };
};

/** Returns `undefined` if the event source's limit must not be moved. */
const createConcurrencyLimit = async (
  { adaptive, eventSourceMapping: id }: Config,
  runtime: Runtime,
  table: FlushTable,
): Promise<ConcurrencyLimit | undefined> => {
  if (id === undefined || !adaptive) return undefined;
  // Loaded only here, because few deployments need its client.
  const { eventSourceMapping } = await import('../adapters/event-source-mapping.ts');
  return new ConcurrencyLimit(eventSourceMapping(id), runtime, table);
};
