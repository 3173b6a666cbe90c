/** Logs and metrics of an invocation. Names are the connector's where it has them; no contents of events, ever. */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { OpenBreaker } from '../breaker/breaker.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { Damage, DrainReport } from '../checkpoint/drain/drain-context.ts';
import type { Decision } from '../controller/decision.ts';
import { LEDGER_FIGURES } from '../sink/ledger.ts';
import type { InvocationReport, SinkReport } from '../sink/report.ts';
import type { Attempt } from '../writer/observed.ts';

export interface Telemetry {
  readonly logger: Logger;
  readonly metrics: Metrics;
  invocation(facts: InvocationFacts): void;
  /** A run of the flush function. */
  flushed(facts: FlushFacts): void;
  breakerOpened(breaker: OpenBreaker): void;
  breakerClosed(breaker: OpenBreaker): void;
  /** This instance has made the controller's step for all. */
  stepped(decision: Decision): void;
  /** Something beside the way of an event is not as it should be. Nothing is lost by it. */
  warning(what: string, facts: Readonly<Record<string, unknown>>): void;
  segmentDamaged(damage: Damage): void;
  /** A dead letter was too large for its queue, and is safe in the state table under this id. */
  letterKept(id: string): void;
  /** The flush function has come to its end. */
  heartbeat(): void;
}

export interface InvocationFacts {
  readonly report: InvocationReport;
  readonly attempts: readonly Attempt[];
  /** What was done for others, with time to spare. */
  readonly drained: DrainReport | undefined;
  readonly durationMs: number;
  /** How old the oldest message is. */
  readonly eventLagMs: number | undefined;
  readonly batchLines: number;
  /** Undefined when nothing adapts. */
  readonly share: number | undefined;
  readonly openBreakers: readonly OpenBreaker[];
  readonly nowMs: number;
}

export interface FlushFacts {
  readonly drained: DrainReport | undefined;
  readonly attempts: readonly Attempt[];
  readonly backlog: Backlog;
  readonly adopted: number;
  readonly undrained: readonly string[];
  /** The event source's `MaximumConcurrency`; undefined where it may not be moved. */
  readonly limit: number | undefined;
  readonly openBreakers: readonly OpenBreaker[];
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
    flushed(facts) {
      addFlushMetrics(metrics, facts);
      logFlush(logger, facts);
    },
    breakerOpened({ key, kind, text }) {
      logger.error('The circuit breaker has opened: events wait until it closes', { breaker: key, kind, reason: text });
    },
    breakerClosed({ key, openedAtMs }) {
      logger.info('The circuit breaker has closed', { breaker: key, openSince: new Date(openedAtMs).toISOString() });
    },
    stepped({ epoch, batchLines, share, maximumConcurrency, reasons }) {
      // Most steps move nothing.
      if (reasons.length === 0) return;
      const limit = maximumConcurrency === undefined ? {} : { maximumConcurrency: maximumConcurrency.wanted };
      logger.info('control', { epoch, batchLines, share, ...limit, reasons });
    },
    warning(what, facts) {
      logger.warn(what, { ...facts });
    },
    segmentDamaged(damage) {
      logger.error('A segment is damaged: its lines are not written', { ...damage });
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

const addMetrics = (metrics: Metrics, facts: InvocationFacts): void => {
  const { report, attempts, drained, durationMs, eventLagMs, batchLines, share, openBreakers, nowMs } = facts;
  // Without its sign, so that one alarm sees an imbalance in both directions.
  for (const name of COUNTS) metrics.addMetric(name, MetricUnit.Count, Math.abs(report[name]));
  metrics.addMetric('currentBatchSize', MetricUnit.Count, report.largestBatch);
  metrics.addMetric('dynamicBatchSize', MetricUnit.Count, batchLines);
  if (share !== undefined) metrics.addMetric('requestShare', MetricUnit.Count, share);
  if (durationMs > 0)
    metrics.addMetric('pointsPerSecond', MetricUnit.CountPerSecond, (report.eventsWritten * 1000) / durationMs);
  if (eventLagMs !== undefined) metrics.addMetric('eventLag', MetricUnit.Milliseconds, eventLagMs);
  addWriteMetrics(metrics, { drained, attempts, openBreakers, nowMs }, report.eventsWritten);
};

/** Of everything that writes. */
const addWriteMetrics = (
  metrics: Metrics,
  { drained, attempts, openBreakers, nowMs }: Pick<FlushFacts, 'drained' | 'attempts' | 'openBreakers' | 'nowMs'>,
  eventsWritten: number,
): void => {
  const written = attempts.filter(({ outcome }) => outcome.kind === 'written');
  const bytes = written.reduce((sum, attempt) => sum + attempt.bytes, 0);
  metrics.addMetric('writeErrors', MetricUnit.Count, attempts.length - written.length);
  metrics.addMetric('totalPointsWritten', MetricUnit.Count, eventsWritten + (drained?.eventsWritten ?? 0));
  metrics.addMetric('totalBytesWritten', MetricUnit.Bytes, bytes);
  metrics.addMetric('eventsDrained', MetricUnit.Count, eventsDrained(drained));
  // Not among `eventsQuarantined`, which the ledger has balanced when they were received.
  metrics.addMetric('eventsDrainedQuarantined', MetricUnit.Count, drained?.eventsQuarantined ?? 0);
  metrics.addMetric('segmentsDamaged', MetricUnit.Count, drained?.damaged ?? 0);
  metrics.addMetric('breakerOpen', MetricUnit.Count, openBreakers.length);
  if (written.length > 0) metrics.addMetric('lastSuccessfulWriteTime', MetricUnit.Milliseconds, nowMs);
  // Last: a hundred values of one metric are published at once, with all that stands beside them.
  for (const { latencyMs } of attempts) metrics.addMetric('writeLatency', MetricUnit.Milliseconds, latencyMs);
};

const eventsDrained = (drained: DrainReport | undefined): number =>
  (drained?.eventsWritten ?? 0) + (drained?.eventsQuarantined ?? 0);

const addFlushMetrics = (metrics: Metrics, facts: FlushFacts): void => {
  const { drained, backlog, undrained, nowMs } = facts;
  metrics.addMetric('checkpointBytes', MetricUnit.Bytes, backlog.bytes);
  metrics.addMetric('checkpointAge', MetricUnit.Milliseconds, Math.max(0, nowMs - (backlog.oldestMs ?? nowMs)));
  if (facts.limit !== undefined) metrics.addMetric('maximumConcurrency', MetricUnit.Count, facts.limit);
  metrics.addMetric('sinksUndrained', MetricUnit.Count, undrained.length);
  metrics.addMetric('segmentsNewer', MetricUnit.Count, drained?.newer ?? 0);
  addWriteMetrics(metrics, facts, 0);
};

const logFlush = (logger: Logger, { drained, backlog, adopted, undrained }: FlushFacts): void => {
  const { bytes, lines, segments } = backlog;
  const { refusals, unwritten, ...figures }: Partial<DrainReport> = drained ?? {};
  logger.info('flush', { ...figures, adopted, waiting: { segments, lines, bytes } });
  if (drained !== undefined) warnOf(logger, drained, { drained: true });
  if ((drained?.newer ?? 0) > 0)
    logger.error('Segments in a newer format wait for a newer version of this function', { segments: drained?.newer });
  if (undrained.length > 0)
    logger.error('Nobody drains what these sinks have left in the state table: were they renamed?', {
      sinks: undrained,
    });
};

/** Of events of the queue and of what was drained alike. */
const warnOf = (
  logger: Logger,
  { refusals, unwritten }: Pick<SinkReport, 'refusals' | 'unwritten'>,
  facts: Readonly<Record<string, unknown>>,
): void => {
  if (Object.keys(refusals).length > 0) logger.warn('Events were refused', { refusals, ...facts });
  if (Object.keys(unwritten).length > 0)
    logger.warn('Lines could not be written: they wait in the state table, or their messages come back', {
      leftOver: unwritten,
      ...facts,
    });
};

/** INFO: all is well. WARN: nothing is lost, but look. ERROR: an operator is needed. */
const logReport = (logger: Logger, { report, attempts, drained, durationMs }: InvocationFacts): void => {
  const { refusals, unwritten, ...figures } = report;
  const facts = {
    ...figures,
    eventsDrained: eventsDrained(drained),
    attempts: attempts.length,
    durationMs: Math.round(durationMs),
  };
  if (report.ledgerImbalance !== 0) logger.error('The ledger does not balance: this is a fault of the sink', facts);
  else logger.info('invocation', facts);
  warnOf(logger, report, {});
  if (drained !== undefined) {
    // What nobody was asked for is told by the flush function, once a minute and not by every invocation.
    const { withheld, ...asked } = drained.unwritten;
    warnOf(logger, { refusals: drained.refusals, unwritten: asked }, { drained: true });
  }
  if (report.implausibleTimes > 0) {
    logger.warn('Times lie far from when their messages were sent: is the precision right?', {
      implausibleTimes: report.implausibleTimes,
    });
  }
};
