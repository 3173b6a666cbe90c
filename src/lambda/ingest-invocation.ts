/** One invocation for SQS: Lambda's event in, its answer out, and what is told of it in between. */

import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { SourceQueues } from '../adapters/source-queue.ts';
import type { Telemetry } from '../adapters/telemetry.ts';
import type { Config } from '../config/config.ts';
import type { Delivery } from '../ingest/delivery.ts';
import { ingest } from '../ingest/ingest.ts';
import type { Clock } from '../runtime/clock.ts';
import { createRuntime } from './compose.ts';
import { deliveryFrom, isFifo, partialBatchResponse } from './sqs-event.ts';

export type Ingest = (records: readonly SQSRecord[], remainingMs: number) => Promise<SQSBatchResponse>;

export const createIngest = (config: Config, telemetry: Telemetry, clock: Clock, queues: SourceQueues): Ingest => {
  const { runtime: environment, table } = createRuntime(config, telemetry, clock);
  const marks = table?.state.unfinishedMarks;
  return async (records, remainingMs) => {
    const startedMs = clock.monotonicMs();
    const deliveries = records.map((record) => deliveryFrom(record, config.messageBytesMax));
    const queue = queues.of(records[0]?.eventSourceARN ?? '', isFifo(records));
    const result = await ingest(environment, deliveries, { queue, marks }, remainingMs);
    telemetry.invocation({
      ...result,
      durationMs: clock.monotonicMs() - startedMs,
      eventLagMs: lagMs(deliveries, clock.nowMs()),
      batchLines: environment.pace.batchLines,
      share: environment.pace.share,
      openBreakers: environment.openBreakers(),
      nowMs: clock.nowMs(),
    });
    return partialBatchResponse(records, result.report.failed);
  };
};

const lagMs = (deliveries: readonly Delivery[], nowMs: number): number | undefined =>
  deliveries.length === 0
    ? undefined
    : Math.max(0, nowMs - deliveries.reduce((oldest, { sentAtMs }) => Math.min(oldest, sentAtMs), nowMs));
