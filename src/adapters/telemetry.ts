/** Logs and metrics of an invocation. Names are the connector's where it has them; no contents of events, ever. */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { Attempt } from '../control/observed.ts';
import { LEDGER_FIGURES } from '../sink/ledger.ts';
import type { SinkReport } from '../sink/sink.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Of one invocation: its report, its attempts, how long it took and how old its oldest message was (ms). */
  invocation(facts: InvocationFacts): void;
  /** A dead letter was too large for its queue, and is safe in the state table under this id. */
  letterKept(id: string): void;
  /** The flush function has come to its end. */
  heartbeat(): void;
}

export interface InvocationFacts {
  readonly report: SinkReport;
  readonly attempts: readonly Attempt[];
  readonly durationMs: number;
  readonly eventLagMs: number | undefined;
  readonly batchLines: number;
  readonly nowMs: number;
}

export const createTelemetry = (sink: string): Telemetry => {
  const logger = new Logger({ serviceName: sink });
  const metrics = new Metrics({ namespace: 'opengemini', serviceName: sink });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ sink });
  return {
    logger,
    metrics,
    invocation(facts) {
      addMetrics(metrics, facts);
      logReport(logger, facts);
    },
    letterKept(id) {
      metrics.addMetric('lettersKept', MetricUnit.Count, 1);
      logger.error('A dead letter is too large for the queue and waits in the state table', { letter: id });
    },
    heartbeat() {
      metrics.addMetric('flushHeartbeat', MetricUnit.Count, 1);
    },
  };
};

const COUNTS = [...LEDGER_FIGURES, 'valuesAltered', 'implausibleTimes'] as const;

const addMetrics = (
  metrics: Metrics,
  { report, attempts, durationMs, eventLagMs, batchLines, nowMs }: InvocationFacts,
): void => {
  // Without its sign, so that one alarm sees an imbalance in both directions.
  for (const name of COUNTS) metrics.addMetric(name, MetricUnit.Count, Math.abs(report[name]));
  const written = attempts.filter(({ outcome }) => outcome.kind === 'written');
  const errors = attempts.length - written.length;
  metrics.addMetric('writeErrors', MetricUnit.Count, errors);
  metrics.addMetric('totalPointsWritten', MetricUnit.Count, report.eventsWritten);
  metrics.addMetric(
    'totalBytesWritten',
    MetricUnit.Bytes,
    written.reduce((sum, { bytes }) => sum + bytes, 0),
  );
  metrics.addMetric('currentBatchSize', MetricUnit.Count, report.largestBatch);
  metrics.addMetric('dynamicBatchSize', MetricUnit.Count, batchLines);
  if (written.length > 0) metrics.addMetric('lastSuccessfulWriteTime', MetricUnit.Milliseconds, nowMs);
  if (durationMs > 0)
    metrics.addMetric('pointsPerSecond', MetricUnit.CountPerSecond, (report.eventsWritten * 1000) / durationMs);
  if (eventLagMs !== undefined) metrics.addMetric('eventLag', MetricUnit.Milliseconds, eventLagMs);
  // Last: a hundred values of one metric are published at once, with all that stands beside them.
  for (const { latencyMs } of attempts) metrics.addMetric('writeLatency', MetricUnit.Milliseconds, latencyMs);
};

/** INFO: all is well. WARN: nothing is lost, but look. ERROR: an operator is needed. */
const logReport = (logger: Logger, { report, attempts, durationMs }: InvocationFacts): void => {
  const { failed, refusals, leftOver, ...figures } = report;
  const facts = { ...figures, attempts: attempts.length, durationMs: Math.round(durationMs) };
  if (report.ledgerImbalance !== 0) logger.error('The ledger does not balance: this is a fault of the sink', facts);
  else logger.info('invocation', facts);
  if (Object.keys(refusals).length > 0) logger.warn('Events were refused', { refusals });
  if (Object.keys(leftOver).length > 0)
    logger.warn('Lines could not be written and their messages come back', { leftOver });
  if (report.implausibleTimes > 0) {
    logger.warn('Times lie far from when their messages were sent: is the precision right?', {
      implausibleTimes: report.implausibleTimes,
    });
  }
};
