/**
 * Logs and metrics of both functions. Metrics that openGemini's Flink connector also has have the same names.
 * Neither logs nor metrics contain the contents of events.
 */

import { Logger } from '@aws-lambda-powertools/logger';
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics';
import type { OpenBreaker } from '../breaker/breaker.ts';
import type { Hold } from '../breaker/hold.ts';
import type { Backlog } from '../checkpoint/capacity.ts';
import type { Damage, DrainReport } from '../checkpoint/drain/drain-context.ts';
import type { Decision } from '../controller/decision.ts';
import { LEDGER_FIGURES } from '../sink/ledger.ts';
import type { InvocationReport, SinkReport } from '../sink/report.ts';
import type { Attempt } from '../writer/observed.ts';
import type { NodeEvents } from '../writer/several-nodes.ts';
import { createMetricRecorder, type MetricRecorder, type MetricUnitName } from './metric-recorder.ts';

/** Receives what happened in an invocation. Metrics are collected until they are published at its end. */
export interface Telemetry extends NodeEvents {
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Adds metrics of the program to those of the sink. */
  readonly recorder: MetricRecorder;
  /** Reports one invocation of the ingest function. */
  invocation(facts: InvocationFacts): void;
  /** Reports one pass of the flush function. */
  flushed(facts: FlushFacts): void;
  breakerOpened(breaker: OpenBreaker): void;
  breakerClosed(breaker: OpenBreaker): void;
  /**
   * This instance made a step of the controller. Logs it if the step has reasons, because most steps change nothing.
   */
  stepped(decision: Decision): void;
  /** Something failed that no event depends on. Nothing is lost. `message` is a sentence without values. */
  warning(message: string, facts: Readonly<Record<string, unknown>>): void;
  segmentDamaged(damage: Damage): void;
  /** A dead letter was too large for its queue and was stored in the state table under this id. */
  letterKept(id: string): void;
  /** The flush function has published the `MaximumConcurrency` of the event source. */
  limitPublished(maximumConcurrency: number): void;
  /** The flush function has completed a run. The alarm `flush-heartbeat` depends on this metric. */
  heartbeat(): void;
  /** Begins to keep values for `takeValues`. */
  keepValues(): void;
  /** Returns the values that were added since the last call. Empty before `keepValues`. */
  takeValues(): MetricValues;
}

/** Values of metrics by their names, in the order in which they were added. */
export type MetricValues = ReadonlyMap<string, { readonly unit: MetricUnitName; readonly values: readonly number[] }>;

/** Adds one value of a metric. */
type AddMetric = (name: string, unit: MetricUnitName, value: number) => void;

/** Facts about one invocation of the ingest function. */
export interface InvocationFacts {
  readonly report: InvocationReport;
  readonly attempts: readonly Attempt[];
  /** Report about the backlog that this invocation drained in its spare time. Undefined if it drained none. */
  readonly drained: DrainReport | undefined;
  readonly durationMs: number;
  /** Age of the oldest message, from when it was sent. Undefined without messages. */
  readonly eventLagMs: number | undefined;
  /** Batch size that the controller has decided, in lines. */
  readonly batchLines: number;
  /** Requests that each invocation may have in flight. Undefined with `SINK_CONTROL=off`. */
  readonly share: number | undefined;
  readonly openBreakers: readonly OpenBreaker[];
  /** The hold of an operator that is in force. */
  readonly hold: Hold | undefined;
  /** Nodes that receive no requests now. Undefined with one node. */
  readonly unhealthyNodes?: number | undefined;
  readonly nowMs: number;
}

/** Facts about one pass of the flush function. */
export interface FlushFacts {
  /** Undefined if the pass drained nothing. */
  readonly drained: DrainReport | undefined;
  readonly attempts: readonly Attempt[];
  readonly backlog: Backlog;
  /** Orphans that received a new entry. */
  readonly adopted: number;
  /** Names of other sinks in the table that have a backlog and no flush function. */
  readonly undrained: readonly string[];
  readonly openBreakers: readonly OpenBreaker[];
  /** The hold of an operator that is in force. */
  readonly hold: Hold | undefined;
  /** Nodes that receive no requests now. Undefined with one node. */
  readonly unhealthyNodes?: number | undefined;
  readonly nowMs: number;
}

/**
 * Creates the telemetry of one instance.
 *
 * @param sink - Name of the sink: the dimension of all metrics, and the service of all log records.
 */
export const createTelemetry = (sink: string): Telemetry => {
  const logger = new Logger({ serviceName: sink });
  const metrics = new Metrics({ namespace: 'opengemini', serviceName: sink });
  metrics.clearDefaultDimensions();
  metrics.setDefaultDimensions({ [DIMENSION]: sink });
  const warnOfReplaced = createReplacedWarning(logger);
  let kept: Map<string, { unit: MetricUnitName; values: number[] }> | undefined;
  const add: AddMetric = (name, unit, value) => {
    metrics.addMetric(name, unit, value);
    const known = kept?.get(name);
    if (known === undefined) kept?.set(name, { unit, values: [value] });
    else known.values.push(value);
  };
  return {
    logger,
    metrics,
    recorder: createMetricRecorder(OWN_NAMES, add),
    invocation(facts) {
      addMetrics(add, facts);
      logReport(logger, facts);
      warnOfReplaced(facts.report);
    },
    flushed(facts) {
      addFlushMetrics(add, facts);
      logFlush(logger, facts);
    },
    breakerOpened({ key, kind, text }) {
      logger.error('The circuit breaker opened. Events are checkpointed or returned until it closes.', {
        breaker: key,
        kind,
        reason: text,
      });
    },
    breakerClosed({ key, openedAtMs }) {
      logger.info('The circuit breaker closed.', { breaker: key, openSince: new Date(openedAtMs).toISOString() });
    },
    nodeFailed(node, reason) {
      logger.warn('A node of openGemini is unhealthy. Other nodes receive its requests until it works again.', {
        node,
        reason,
      });
    },
    nodeRecovered(node) {
      logger.info('A node of openGemini works again.', { node });
    },
    stepped({ epoch, batchLines, share, maximumConcurrency, reasons }) {
      if (reasons.length === 0) return;
      const limit = maximumConcurrency === undefined ? {} : { maximumConcurrency: maximumConcurrency.wanted };
      logger.info('control', { epoch, batchLines, share, ...limit, reasons });
    },
    warning(message, facts) {
      logger.warn(message, { ...facts });
    },
    segmentDamaged(damage) {
      logger.error('A segment is damaged. Its lines were not written.', { ...damage });
    },
    letterKept(id) {
      add('lettersKept', MetricUnit.Count, 1);
      logger.error('A dead letter was too large for the queue. It was stored in the state table.', { letter: id });
    },
    limitPublished(maximumConcurrency) {
      add('maximumConcurrency', MetricUnit.Count, maximumConcurrency);
    },
    heartbeat() {
      add('flushHeartbeat', MetricUnit.Count, 1);
    },
    keepValues() {
      kept ??= new Map();
    },
    takeValues() {
      const taken: MetricValues = kept ?? new Map();
      if (kept !== undefined) kept = new Map();
      return taken;
    },
  };
};

/** Returns a warning that is logged once per instance, because a mapping that causes it does so in every message. */
const createReplacedWarning = (logger: Logger): ((report: InvocationReport) => void) => {
  let hasWarned = false;
  return ({ firstReplaced: measurement, pointsReplaced }) => {
    if (measurement === undefined || hasWarned) return;
    hasWarned = true;
    logger.warn('Points of one message have the same series and time, so that openGemini keeps only one of them.', {
      measurement,
      pointsReplaced,
    });
  };
};

const COUNTS = [
  ...LEDGER_FIGURES,
  ...(['valuesAltered', 'implausibleTimes', 'fieldsOmitted', 'branchesIgnored'] as const),
  ...(['pointsReplaced', 'conflictsResolved'] as const),
] as const;

/** Names of all metrics of the sink. A program must not add values to them. */
const DIMENSION = 'sink';
/** Names of the sink's metrics, and of the other members of their JSON (CloudWatch's embedded metric format). */
const OWN_NAMES: ReadonlySet<string> = new Set([
  ...[DIMENSION, '_aws'],
  ...COUNTS,
  ...['lettersKept', 'flushHeartbeat', 'currentBatchSize', 'dynamicBatchSize', 'requestShare', 'pointsPerSecond'],
  ...['eventLag', 'writeErrors', 'totalPointsWritten', 'totalBytesWritten', 'eventsDrained', 'segmentsDamaged'],
  ...['eventsDrainedQuarantined', 'breakerOpen', 'lastSuccessfulWriteTime', 'writeLatency', 'checkpointBytes'],
  ...['onHold', 'checkpointAge', 'maximumConcurrency', 'sinksUndrained', 'segmentsNewer', 'unhealthyNodes'],
]);

const addMetrics = (add: AddMetric, facts: InvocationFacts): void => {
  const { report, durationMs, eventLagMs, batchLines, share } = facts;
  // Absolute values, so that one alarm detects an imbalance in both directions.
  for (const name of COUNTS) add(name, MetricUnit.Count, Math.abs(report[name]));
  add('currentBatchSize', MetricUnit.Count, report.largestBatch);
  add('dynamicBatchSize', MetricUnit.Count, batchLines);
  if (share !== undefined) add('requestShare', MetricUnit.Count, share);
  if (durationMs > 0) add('pointsPerSecond', MetricUnit.CountPerSecond, (report.eventsWritten * 1000) / durationMs);
  if (eventLagMs !== undefined) add('eventLag', MetricUnit.Milliseconds, eventLagMs);
  addWriteMetrics(add, facts, report.eventsWritten);
};

/** Facts that both functions have. */
type WriteFacts = Pick<FlushFacts, 'drained' | 'attempts' | 'openBreakers' | 'hold' | 'unhealthyNodes' | 'nowMs'>;

/** Adds the metrics that both functions have. */
const addWriteMetrics = (
  add: AddMetric,
  { drained, attempts, openBreakers, hold, unhealthyNodes, nowMs }: WriteFacts,
  eventsWritten: number,
): void => {
  const written = attempts.filter(({ outcome }) => outcome.kind === 'written');
  const bytes = written.reduce((sum, attempt) => sum + attempt.bytes, 0);
  add('writeErrors', MetricUnit.Count, attempts.length - written.length);
  add('totalPointsWritten', MetricUnit.Count, eventsWritten + (drained?.eventsWritten ?? 0));
  add('totalBytesWritten', MetricUnit.Bytes, bytes);
  add('eventsDrained', MetricUnit.Count, eventsDrained(drained));
  // Not part of `eventsQuarantined`: the ledger counted these events as checkpointed when they were received.
  add('eventsDrainedQuarantined', MetricUnit.Count, drained?.eventsQuarantined ?? 0);
  add('segmentsDamaged', MetricUnit.Count, drained?.damaged ?? 0);
  const holds = hold === undefined ? 0 : 1;
  // A hold stops writes as an open breaker does, so both alarms cover it.
  add('breakerOpen', MetricUnit.Count, openBreakers.length + holds);
  add('onHold', MetricUnit.Count, holds);
  if (unhealthyNodes !== undefined) add('unhealthyNodes', MetricUnit.Count, unhealthyNodes);
  if (written.length > 0) add('lastSuccessfulWriteTime', MetricUnit.Milliseconds, nowMs);
  // Last, because Powertools publishes all collected metrics as soon as one of them has 100 values.
  for (const { latencyMs } of attempts) add('writeLatency', MetricUnit.Milliseconds, latencyMs);
};

const eventsDrained = (drained: DrainReport | undefined): number =>
  (drained?.eventsWritten ?? 0) + (drained?.eventsQuarantined ?? 0);

const addFlushMetrics = (add: AddMetric, facts: FlushFacts): void => {
  const { drained, backlog, undrained, nowMs } = facts;
  add('checkpointBytes', MetricUnit.Bytes, backlog.bytes);
  add('checkpointAge', MetricUnit.Milliseconds, Math.max(0, nowMs - (backlog.oldestMs ?? nowMs)));
  add('sinksUndrained', MetricUnit.Count, undrained.length);
  add('segmentsNewer', MetricUnit.Count, drained?.newer ?? 0);
  addWriteMetrics(add, facts, 0);
};

const logFlush = (logger: Logger, { drained, backlog, adopted, undrained, hold }: FlushFacts): void => {
  const { bytes, lines, segments } = backlog;
  const { refusals, unwritten, ...figures }: Partial<DrainReport> = drained ?? {};
  logger.info('flush', { ...figures, adopted, waiting: { segments, lines, bytes } });
  if (hold !== undefined)
    logger.warn('An operator paused the sink. Events are checkpointed or returned until it is resumed.', {
      reason: hold.reason,
      since: new Date(hold.sinceMs).toISOString(),
      ...(hold.untilMs === undefined ? {} : { until: new Date(hold.untilMs).toISOString() }),
    });
  if (drained !== undefined) warnOf(logger, drained, { drained: true });
  if ((drained?.newer ?? 0) > 0)
    logger.error(
      'The backlog contains segments in a newer format. They stay there until a newer version of this function runs.',
      { segments: drained?.newer },
    );
  if (undrained.length > 0)
    logger.error('No flush function drains the backlog of these sinks. Were they renamed?', {
      sinks: undrained,
    });
};

/** Logs refused events and unwritten lines, of messages and of drained segments alike. */
const warnOf = (
  logger: Logger,
  { refusals, unwritten }: Pick<SinkReport, 'refusals' | 'unwritten'>,
  facts: Readonly<Record<string, unknown>>,
): void => {
  if (Object.keys(refusals).length > 0) logger.warn('Some events were refused.', { refusals, ...facts });
  if (Object.keys(unwritten).length > 0)
    logger.warn('Some lines were not written. They are checkpointed, or their messages are returned.', {
      leftOver: unwritten,
      ...facts,
    });
};

/**
 * Levels: INFO is normal operation; WARN means that nothing is lost, but the cause needs a check; ERROR needs an
 * operator.
 */
const logReport = (logger: Logger, { report, attempts, drained, durationMs }: InvocationFacts): void => {
  const { refusals, unwritten, firstReplaced, ...figures } = report;
  const facts = {
    ...figures,
    eventsDrained: eventsDrained(drained),
    attempts: attempts.length,
    durationMs: Math.round(durationMs),
  };
  if (report.ledgerImbalance !== 0) logger.error('The ledger does not balance. This is a bug in the sink.', facts);
  else logger.info('invocation', facts);
  warnOf(logger, report, {});
  if (drained !== undefined) {
    // The flush function logs withheld lines once a minute. Every invocation would repeat them.
    const { withheld, ...attempted } = drained.unwritten;
    warnOf(logger, { refusals: drained.refusals, unwritten: attempted }, { drained: true });
  }
  if (report.implausibleTimes > 0) {
    logger.warn('Some times are far from when their messages were sent. Is the precision correct?', {
      implausibleTimes: report.implausibleTimes,
    });
  }
};
