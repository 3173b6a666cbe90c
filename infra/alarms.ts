/** What needs a person. Each alarm says in its description what it means; docs/operating/metrics-and-alarms.md says what to do. */

import type { Part, Resource } from './cloudformation.ts';
import { deadLetterQueueMetric, eventQueueMetric, functionMetric, type Metric, sinkMetric } from './metrics.ts';
import { named } from './names.ts';
import type { Parameters } from './parameters.ts';

interface Alarm {
  readonly description: string;
  readonly metric: Metric;
  readonly statistic: 'Sum' | 'Maximum';
  /** Alarms above it. */
  readonly above: number;
  /** How many minutes in a row it must be so. */
  readonly minutes?: number;
}

const PERIOD_SECONDS = 60;

/** A minute in which the flush function did not run is no alarm yet; schedules may be late. */
const HEARTBEAT_MINUTES = 5;

type Alarms = Readonly<Record<string, Alarm>>;

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
    description:
      'The dead-letter queue holds events that need a person: docs/refusals.md tells what each reason means.',
    metric: deadLetterQueueMetric(parameters, 'ApproximateNumberOfMessagesVisible'),
    statistic: 'Maximum',
    above: 0,
  },
  LargeLettersAlarm: {
    description: 'A dead letter was too large for its queue and waits in the state table.',
    metric: sinkMetric(parameters, 'lettersKept'),
    statistic: 'Sum',
    above: 0,
  },
  LedgerImbalanceAlarm: {
    description:
      'The ledger does not balance: this is a fault of the sink. Please tell its makers, with the ERROR line of the log.',
    metric: sinkMetric(parameters, 'ledgerImbalance'),
    statistic: 'Maximum',
    above: 0,
  },
});

/** Events that are written late. */
const delayAlarms = (parameters: Parameters): Alarms => ({
  OldestMessageAlarm: {
    description: `The oldest message has been in the queue for ${ageText(parameters)}: openGemini is away or too slow, or nobody reads the queue.`,
    metric: eventQueueMetric(parameters, 'ApproximateAgeOfOldestMessage'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds,
    minutes: 3,
  },
  EventLagAlarm: {
    description: `Events were sent ${ageText(parameters)} before they were worked on.`,
    metric: sinkMetric(parameters, 'eventLag'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds * 1_000,
    minutes: 3,
  },
});

/** Functions that fail, or for which the account has no capacity. */
const functionAlarms = (parameters: Parameters): Alarms => ({
  IngestErrorsAlarm: {
    description: 'Invocations fail as a whole: nothing is lost, but each failure counts as a receive. Look at the log.',
    metric: functionMetric(parameters, 'ingest', 'Errors'),
    statistic: 'Sum',
    above: 0,
  },
  FlushErrorsAlarm: {
    description: 'The flush function fails: what waits in the state table stays there. Look at its log.',
    metric: functionMetric(parameters, 'flush', 'Errors'),
    statistic: 'Sum',
    above: 0,
  },
  IngestThrottlesAlarm: {
    description:
      'The account has no room for invocations: throttled batches count as receives. Raise its limit, or lower maximumConcurrency.',
    metric: functionMetric(parameters, 'ingest', 'Throttles'),
    statistic: 'Sum',
    above: 0,
    minutes: 3,
  },
  FlushThrottlesAlarm: {
    description: 'The account has no room for the flush function.',
    metric: functionMetric(parameters, 'flush', 'Throttles'),
    statistic: 'Sum',
    above: 0,
    minutes: 3,
  },
});

/** A backlog that is not written, or cannot be. */
const backlogAlarms = (parameters: Parameters): Alarms => ({
  BreakerOpenAlarm: {
    description: 'The circuit breaker is open: openGemini cannot be written to. The log says why; events wait.',
    metric: sinkMetric(parameters, 'breakerOpen'),
    statistic: 'Maximum',
    above: 0,
    minutes: 3,
  },
  CheckpointAgeAlarm: {
    description: `Events have been waiting in the state table for ${ageText(parameters)}.`,
    metric: sinkMetric(parameters, 'checkpointAge'),
    statistic: 'Maximum',
    above: parameters.alarmAgeSeconds * 1_000,
    minutes: 3,
  },
  SegmentsDamagedAlarm: {
    description: 'What waited in the state table could not be read, and is put aside there. The log says what and why.',
    metric: sinkMetric(parameters, 'segmentsDamaged'),
    statistic: 'Sum',
    above: 0,
  },
  SinksUndrainedAlarm: {
    description:
      'Events of another sink wait in the same state table, and no flush function drains them: was it renamed or removed?',
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
    ...told(parameters),
    ...properties,
  },
});

const kebab = (name: string): string => name.replace(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

const told = ({ alarmTopicArn }: Parameters): Readonly<Record<string, unknown>> =>
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
    // Nothing to measure is nothing to worry about: an idle sink says nothing.
    TreatMissingData: 'notBreaching',
  });

/** Here silence is the alarm. */
const heartbeatAlarm = (parameters: Parameters): Resource =>
  resource(
    parameters,
    'FlushHeartbeatAlarm',
    'The flush function has not come to its end for five minutes: what waits in the state table stays there.',
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
