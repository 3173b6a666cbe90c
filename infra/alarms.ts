/**
 * Alarms for conditions that need an operator. Each description states the condition, the consequence, and where to
 * look, and is complete without the documentation. docs/operating/metrics-and-alarms.md lists what to do.
 */

import type { Part, Resource } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import { deadLetterQueueMetric, eventQueueMetric, functionMetric, type Metric, sinkMetric } from './metrics.ts';
import { named } from './names.ts';

interface Alarm {
  readonly description: string;
  readonly metric: Metric;
  readonly statistic: 'Sum' | 'Maximum';
  /** Threshold: the alarm goes off above this value. */
  readonly above: number;
  /** Number of minutes in a row in which the value must be above the threshold; 1 if absent. */
  readonly minutes?: number;
}

const PERIOD_SECONDS = 60;

/** A single minute without a run of the flush function is no alarm, because schedules may be late. */
const HEARTBEAT_MINUTES = 5;

type Alarms = Readonly<Record<string, Alarm>>;

/** Returns all alarms of the stack, under the ids that `named` turns into their names. */
export const alarms = (parameters: Parameters): Part => {
  const thresholds: Alarms = {
    ...lossAlarms(parameters),
    ...delayAlarms(parameters),
    ...functionAlarms(parameters),
    ...backlogAlarms(parameters),
  };
  return {
    Resources: {
      ...Object.fromEntries(
        Object.entries(thresholds).map(([id, alarm]) => [id, thresholdAlarm(parameters, id, alarm)]),
      ),
      FlushHeartbeatAlarm: heartbeatAlarm(parameters),
    },
  };
};

/** Events that were not written, and a ledger that does not balance. */
const lossAlarms = (parameters: Parameters): Alarms => ({
  DeadLettersAlarm: {
    description: 'The dead-letter queue contains events that need an operator. docs/refusals.md explains each reason.',
    metric: deadLetterQueueMetric(parameters, 'ApproximateNumberOfMessagesVisible'),
    statistic: 'Maximum',
    above: 0,
  },
  LargeLettersAlarm: {
    description:
      'A dead letter was too large for its queue and was stored in the state table. It needs an operator. An ERROR record in the log contains its id.',
    metric: sinkMetric(parameters, 'lettersKept'),
    statistic: 'Sum',
    above: 0,
  },
  LedgerImbalanceAlarm: {
    description:
      'The ledger does not balance, so the path of some events is unknown. This is a bug in the sink. Report it to the project, with the ERROR record of the log.',
    metric: sinkMetric(parameters, 'ledgerImbalance'),
    statistic: 'Maximum',
    above: 0,
  },
});

/** Events that are written late. */
const delayAlarms = (parameters: Parameters): Alarms => ({
  OldestMessageAlarm: {
    description: `The oldest message has been in the queue for ${ageText(parameters)}. openGemini is unavailable or too slow, or no function reads the queue. Check the circuit breaker, the latency of writes, and the event source mapping.`,
    metric: eventQueueMetric(parameters, 'ApproximateAgeOfOldestMessage'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds,
    minutes: 3,
  },
  EventLagAlarm: {
    description: `Events were sent ${ageText(parameters)} before an invocation processed them. Check the queue and the concurrency of the ingest function.`,
    metric: sinkMetric(parameters, 'eventLag'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds * 1_000,
    minutes: 3,
  },
});

/** Functions that fail, or for which the account has no capacity. */
const functionAlarms = (parameters: Parameters): Alarms => ({
  IngestErrorsAlarm: {
    description:
      'Invocations of the ingest function fail completely. Nothing is lost, but each failure counts as a receive of its messages. The log contains the error.',
    metric: functionMetric(parameters, 'ingest', 'Errors'),
    statistic: 'Sum',
    above: 0,
  },
  FlushErrorsAlarm: {
    description: 'The flush function fails, so the backlog stays in the state table. Its log contains the error.',
    metric: functionMetric(parameters, 'flush', 'Errors'),
    statistic: 'Sum',
    above: 0,
  },
  IngestThrottlesAlarm: {
    description:
      'The concurrency limit of the account throttles the ingest function. Throttled batches count as receives of their messages. Raise the limit of the account, or lower maximumConcurrency.',
    metric: functionMetric(parameters, 'ingest', 'Throttles'),
    statistic: 'Sum',
    above: 0,
    minutes: 3,
  },
  FlushThrottlesAlarm: {
    description:
      'The concurrency limit of the account throttles the flush function, so the backlog stays in the state table. Raise the limit of the account.',
    metric: functionMetric(parameters, 'flush', 'Throttles'),
    statistic: 'Sum',
    above: 0,
    minutes: 3,
  },
});

/** A backlog that is not written, or cannot be. */
const backlogAlarms = (parameters: Parameters): Alarms => ({
  BreakerOpenAlarm: {
    description:
      'A circuit breaker is open because openGemini does not accept writes. Events are checkpointed or returned until it closes. The log contains the reason.',
    metric: sinkMetric(parameters, 'breakerOpen'),
    statistic: 'Maximum',
    above: 0,
    minutes: 3,
  },
  OnHoldAlarm: {
    description:
      'An operator paused the sink, so no event is written. Events are checkpointed or returned until it is resumed. The log of the flush function contains the reason and the end.',
    metric: sinkMetric(parameters, 'onHold'),
    statistic: 'Maximum',
    above: 0,
    minutes: 3,
  },
  CheckpointAgeAlarm: {
    description: `The oldest events of the backlog have been in the state table for ${ageText(parameters)}. Check the circuit breaker and the log of the flush function.`,
    metric: sinkMetric(parameters, 'checkpointAge'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds * 1_000,
    minutes: 3,
  },
  SegmentsDamagedAlarm: {
    description:
      'A stored segment could not be read and was set aside in the state table. The log names the segment and the reason.',
    metric: sinkMetric(parameters, 'segmentsDamaged'),
    statistic: 'Sum',
    above: 0,
  },
  SinksUndrainedAlarm: {
    description:
      'Another sink has a backlog in the same state table, and no flush function drains it. The log of the flush function names the sink. Was it renamed or removed?',
    metric: sinkMetric(parameters, 'sinksUndrained'),
    statistic: 'Maximum',
    above: 0,
    minutes: 3,
  },
});

const ageText = ({ alarmAgeSeconds }: Parameters): string => `more than ${alarmAgeSeconds} s`;

const resource = (
  parameters: Parameters,
  logicalId: string,
  AlarmDescription: string,
  properties: Readonly<Record<string, unknown>>,
): Resource => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    AlarmName: named(parameters, kebab(logicalId.replace(/Alarm$/, ''))),
    AlarmDescription,
    ...notifications(parameters),
    ...properties,
  },
});

const kebab = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

const notifications = ({ alarmTopicArn }: Parameters): Readonly<Record<string, unknown>> =>
  alarmTopicArn === undefined ? {} : { AlarmActions: [alarmTopicArn], OKActions: [alarmTopicArn] };

const metricOf = ({ namespace, name, dimensions }: Metric): Readonly<Record<string, unknown>> => ({
  Namespace: namespace,
  MetricName: name,
  Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
});

const thresholdAlarm = (
  parameters: Parameters,
  logicalId: string,
  { description, metric, statistic, above, minutes = 1 }: Alarm,
): Resource =>
  resource(parameters, logicalId, description, {
    ...metricOf(metric),
    Statistic: statistic,
    Period: PERIOD_SECONDS,
    EvaluationPeriods: minutes,
    Threshold: above,
    ComparisonOperator: 'GreaterThanThreshold',
    // An idle sink publishes no values. That is normal operation.
    TreatMissingData: 'notBreaching',
  });

/** The only alarm that goes off when values are missing. */
const heartbeatAlarm = (parameters: Parameters): Resource =>
  resource(
    parameters,
    'FlushHeartbeatAlarm',
    'The flush function has not completed a run for 5 minutes, so the backlog stays in the state table. Check its schedule, its log, and its throttles.',
    {
      ...metricOf(sinkMetric(parameters, 'flushHeartbeat')),
      Statistic: 'Sum',
      Period: PERIOD_SECONDS,
      EvaluationPeriods: HEARTBEAT_MINUTES,
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
    },
  );
