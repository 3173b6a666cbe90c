/**
 * Rules for every packaged template that no schema can check. They concern settings of different resources that must
 * fit together, and settings that the guarantees of the sink depend on.
 */

import { VISIBILITY_SECONDS_MAX, visibilitySeconds } from '../../src/ingest/return-schedule.ts';
import { references, resourcesOf, type Template, type TemplateResource } from './template.ts';

const RETENTION_SECONDS = 14 * 24 * 3600;

type Rule = (template: Template) => readonly string[];

/** Returns one sentence per broken rule. Empty if the template is valid. */
export const ruleFaults = (template: Template): readonly string[] => RULES.flatMap((rule) => rule(template));

/** Returns the sentences whose condition does not hold. */
const broken = (conditions: Readonly<Record<string, boolean>>): readonly string[] =>
  Object.entries(conditions)
    .filter(([, holds]) => !holds)
    .map(([sentence]) => sentence);

const idOf = (reference: unknown): string | undefined => [...references(reference)][0]?.id;

const eventSource: Rule = (template) =>
  resourcesOf(template, 'AWS::Lambda::EventSourceMapping').flatMap(([id, { Properties: source }]) => {
    const target = template.Resources[idOf(source.FunctionName) ?? '']?.Properties ?? {};
    const queue = template.Resources[idOf(source.EventSourceArn) ?? '']?.Properties;
    const window = source.MaximumBatchingWindowInSeconds ?? 0;
    const fifo = queue?.FifoQueue === true || String(source.EventSourceArn).endsWith('.fifo');
    return broken({
      [`${id}: without ReportBatchItemFailures Lambda deletes messages that the function returns`]:
        JSON.stringify(source.FunctionResponseTypes) === '["ReportBatchItemFailures"]',
      [`${id}: MaximumConcurrency must be from 2 to 1000`]:
        source.ScalingConfig?.MaximumConcurrency >= 2 && source.ScalingConfig?.MaximumConcurrency <= 1_000,
      [`${id}: batches of more than 10 require a window`]: source.BatchSize <= 10 || window >= 1,
      [`${id}: a FIFO queue delivers at most 10 messages, without a window`]:
        !fifo || (source.BatchSize <= 10 && source.MaximumBatchingWindowInSeconds === undefined),
      [`${id}: filters would delete messages that do not match`]: source.FilterCriteria === undefined,
      [`${id}: it must be enabled`]: source.Enabled === true,
      [`${id}: the visibility of its queue must be 6 x timeout + window`]:
        queue === undefined || queue.VisibilityTimeout === 6 * target.Timeout + window,
    });
  });

/** Returns the shortest time that this number of receives takes, with the most unfavorable random numbers. */
const shortestSeconds = (receives: number): number => {
  let seconds = 0;
  for (let receive = 1; receive < receives; receive++)
    seconds += Math.min(VISIBILITY_SECONDS_MAX, visibilitySeconds(receive, 1));
  return seconds;
};

const queues: Rule = (template) =>
  resourcesOf(template, 'AWS::SQS::Queue').flatMap(([id, { Properties: queue }]) => {
    const deadLetterQueue = template.Resources[idOf(queue.RedrivePolicy?.deadLetterTargetArn) ?? '']?.Properties;
    return [
      ...broken({
        [`${id}: messages must be retained for 14 days`]: queue.MessageRetentionPeriod === RETENTION_SECONDS,
        [`${id}: it must be encrypted`]: queue.SqsManagedSseEnabled === true || queue.KmsMasterKeyId !== undefined,
        [`${id}: only the name of a FIFO queue ends with .fifo`]:
          (queue.FifoQueue === true) === String(queue.QueueName).endsWith('.fifo'),
        [`${id}: deduplication by content would merge equal readings`]: queue.ContentBasedDeduplication !== true,
      }),
      ...(queue.RedriveAllowPolicy === undefined
        ? broken({
            [`${id}: it needs a dead-letter queue`]: queue.RedrivePolicy?.deadLetterTargetArn !== undefined,
            [`${id}: maxReceiveCount x schedule must outlast the retention`]:
              shortestSeconds(queue.RedrivePolicy?.maxReceiveCount ?? 0) > queue.MessageRetentionPeriod,
            [`${id}: its dead-letter queue must have the same type`]:
              deadLetterQueue === undefined || deadLetterQueue.FifoQueue === queue.FifoQueue,
          })
        : []),
    ];
  });

const tables: Rule = (template) =>
  resourcesOf(template, 'AWS::DynamoDB::Table').flatMap(([id, { Properties: table, DeletionPolicy }]) =>
    broken({
      [`${id}: it must be billed on demand`]: table.BillingMode === 'PAY_PER_REQUEST',
      [`${id}: marks must expire by the attribute that data does not have, because data must never expire`]:
        JSON.stringify(table.TimeToLiveSpecification) === '{"AttributeName":"expiresAt","Enabled":true}',
      [`${id}: keys are pk and sk`]:
        JSON.stringify(table.KeySchema) ===
        '[{"AttributeName":"pk","KeyType":"HASH"},{"AttributeName":"sk","KeyType":"RANGE"}]',
      [`${id}: a table with deletion protection must also be retained`]:
        (table.DeletionProtectionEnabled === true) === (DeletionPolicy === 'Retain'),
    }),
  );

const functions: Rule = (template) =>
  resourcesOf(template, 'AWS::Lambda::Function').flatMap(([id, { Properties: one }]) => {
    const logs = resourcesOf(template, 'AWS::Logs::LogGroup').find(
      ([, { Properties }]) => Properties.LogGroupName === `/aws/lambda/${one.FunctionName}`,
    );
    return broken({
      [`${id}: the runtime must be nodejs24.x on arm64`]:
        one.Runtime === 'nodejs24.x' && JSON.stringify(one.Architectures) === '["arm64"]',
      [`${id}: its log must have a retention`]: logs?.[1].Properties.RetentionInDays > 0,
      [`${id}: it must have the variables of table and dead-letter queue`]:
        one.Environment.Variables.STATE_TABLE !== undefined &&
        one.Environment.Variables.DEAD_LETTER_QUEUE_URL !== undefined,
      [`${id}: it must have a separate role`]:
        resourcesOf(template, 'AWS::Lambda::Function').filter(
          ([, other]) => idOf(other.Properties.Role) === idOf(one.Role),
        ).length === 1,
    });
  });

const schedule: Rule = (template) => {
  const rules = resourcesOf(template, 'AWS::Events::Rule');
  const targets = rules.flatMap(([, { Properties }]) =>
    Properties.Targets.map(({ Arn }: { Arn: unknown }) => idOf(Arn)),
  );
  return broken({
    'the flush function must run every minute':
      targets.includes('FlushLambdaFunction') &&
      rules.every(
        ([, { Properties }]) => Properties.ScheduleExpression === 'rate(1 minute)' && Properties.State === 'ENABLED',
      ),
  });
};

const OPERATORS = new Set(['GreaterThanThreshold', 'LessThanThreshold']);

const alarms: Rule = (template) => {
  const all = resourcesOf(template, 'AWS::CloudWatch::Alarm');
  const onMissingData = all
    .filter(([, { Properties }]) => Properties.TreatMissingData === 'breaching')
    .map(([id]) => id);
  return [
    ...all.flatMap(([id, { Properties: alarm }]) =>
      broken({
        [`${id}: it needs a known comparison operator`]: OPERATORS.has(alarm.ComparisonOperator),
        [`${id}: it needs a threshold`]: typeof alarm.Threshold === 'number',
        [`${id}: it must have a description`]: String(alarm.AlarmDescription).length > 20,
        [`${id}: it must define the treatment of missing data`]: ['breaching', 'notBreaching'].includes(
          alarm.TreatMissingData,
        ),
        [`${id}: it needs a metric, a statistic and a period`]:
          alarm.MetricName !== undefined && alarm.Statistic !== undefined && alarm.Period > 0,
        [`${id}: all alarms must notify the topic, or none`]:
          (alarm.AlarmActions === undefined) === (all[0]?.[1].Properties.AlarmActions === undefined),
      }),
    ),
    ...broken({
      'missing data must be an alarm for the heartbeat only':
        JSON.stringify(onMissingData) === '["FlushHeartbeatAlarm"]',
    }),
  ];
};

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly properties: { readonly metrics: readonly (readonly unknown[])[]; readonly region: string };
}

const dashboards: Rule = (template) =>
  resourcesOf(template, 'AWS::CloudWatch::Dashboard').flatMap(([id, { Properties }]) => {
    let widgets: readonly Widget[];
    try {
      widgets = JSON.parse(Properties.DashboardBody['Fn::Sub']).widgets;
    } catch {
      return [`${id}: its body is not JSON`];
    }
    return broken({
      [`${id}: it must have widgets`]: widgets.length > 0,
      [`${id}: widgets must be within the grid and must not overlap`]:
        widgets.every(({ x, width }) => x + width <= 24) &&
        new Set(widgets.map(({ x, y }) => `${x} ${y}`)).size === widgets.length,
      [`${id}: each widget must show metrics of this region`]: widgets.every(
        ({ properties: { metrics, region } }) => region === `\${AWS::Region}` && metrics.length > 0,
      ),
    });
  });

const one = (template: Template, id: string): TemplateResource | undefined => template.Resources[id];

const protection: Rule = (template) => {
  const retained = ['EventQueue', 'DeadLetterQueue', 'StateTable'].map((id) => one(template, id)?.DeletionPolicy);
  const kept = new Set(retained.filter((policy) => policy !== undefined));
  return broken({ 'queues and table must have the same deletion policy': kept.size <= 1 });
};

const RULES: readonly Rule[] = [eventSource, queues, tables, functions, schedule, alarms, dashboards, protection];
