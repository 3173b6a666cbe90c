/** The emitted CloudFormation, in every shape: what CloudFormation's description knows, and what only we know. */

import { describe, expect, inject, test } from 'vitest';
import type { Shape } from './package-service.ts';
import { ruleFaults } from './rules.ts';
import { specificationFaults } from './specification.ts';
import { readTemplate, resourceOf, resourcesOf, type Template, type TemplateResource } from './template.ts';

const packages = inject('packages');
const template = (shape: Shape): Template => readTemplate(packages[shape]);
const faults = (one: Template): readonly string[] => [...specificationFaults(one), ...ruleFaults(one)];

const SHAPES: readonly Shape[] = ['default', 'prod', 'fifo', 'existing', 'vpc'];

test.each(SHAPES)('the template is without faults: %s', (shape) => {
  expect(faults(template(shape))).toEqual([]);
});

test('by default it has function, flush, queues, table, roles, fourteen alarms and a dashboard', () => {
  const types = Object.groupBy(Object.values(template('default').Resources), ({ Type }) => Type);
  expect(Object.fromEntries(Object.entries(types).map(([type, all]) => [type, all?.length]))).toEqual({
    'AWS::S3::Bucket': 1,
    'AWS::S3::BucketPolicy': 1,
    'AWS::Logs::LogGroup': 2,
    'AWS::Lambda::Function': 2,
    'AWS::Lambda::EventInvokeConfig': 1,
    'AWS::Lambda::EventSourceMapping': 1,
    'AWS::Lambda::Permission': 1,
    'AWS::Events::Rule': 1,
    'AWS::SQS::Queue': 2,
    'AWS::DynamoDB::Table': 1,
    'AWS::IAM::Role': 2,
    'AWS::CloudWatch::Alarm': 14,
    'AWS::CloudWatch::Dashboard': 1,
  });
});

test('by default it has the values that the design names', () => {
  const { Resources } = template('default');
  expect(Resources.IngestLambdaFunction?.Properties).toMatchObject({ Timeout: 60, MemorySize: 1024 });
  expect(resourceOf(template('default'), 'AWS::Lambda::EventSourceMapping').Properties).toMatchObject({
    BatchSize: 1000,
    MaximumBatchingWindowInSeconds: 5,
    ScalingConfig: { MaximumConcurrency: 20 },
  });
  expect(Resources.EventQueue?.Properties).toMatchObject({
    VisibilityTimeout: 365,
    RedrivePolicy: { maxReceiveCount: 1000 },
  });
});

test('a stage to play with leaves nothing behind, any other keeps its data', () => {
  const kept = ({ Resources }: Template): unknown[] =>
    ['EventQueue', 'DeadLetterQueue', 'StateTable'].map((id) => Resources[id]?.DeletionPolicy);
  const table = (shape: Shape): unknown => resourceOf(template(shape), 'AWS::DynamoDB::Table').Properties;
  expect(kept(template('default'))).toEqual(['Delete', 'Delete', 'Delete']);
  expect(kept(template('prod'))).toEqual(['Retain', 'Retain', 'Retain']);
  expect(table('default')).toMatchObject({
    DeletionProtectionEnabled: false,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false },
  });
  expect(table('prod')).toMatchObject({
    DeletionProtectionEnabled: true,
    PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
  });
});

test('FIFO: both queues, ten messages, no window', () => {
  const queues = resourcesOf(template('fifo'), 'AWS::SQS::Queue').map(([, { Properties }]) => Properties);
  expect(queues.map(({ QueueName, FifoQueue }) => [QueueName, FifoQueue])).toEqual([
    ['opengemini-sink-dev-events.fifo', true],
    ['opengemini-sink-dev-dead-letters.fifo', true],
  ]);
  const source = resourceOf(template('fifo'), 'AWS::Lambda::EventSourceMapping').Properties;
  expect(source.BatchSize).toBe(10);
  expect('MaximumBatchingWindowInSeconds' in source).toBe(false);
});

test('queues and table that are there already are used, and nothing is made in their place', () => {
  const existing = template('existing');
  expect(resourcesOf(existing, 'AWS::SQS::Queue')).toEqual([]);
  expect(resourcesOf(existing, 'AWS::DynamoDB::Table')).toEqual([]);
  expect(resourceOf(existing, 'AWS::Lambda::EventSourceMapping').Properties.EventSourceArn).toBe(
    'arn:aws:sqs:eu-central-1:123456789012:their-events',
  );
  expect(existing.Resources.IngestLambdaFunction?.Properties.Environment.Variables).toMatchObject({
    STATE_TABLE: 'their-state',
    DEAD_LETTER_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/123456789012/their-letters',
  });
  expect(JSON.stringify(existing.Resources.DeadLettersAlarm)).toContain('"Value":"their-letters"');
  const granted = JSON.stringify(existing.Resources.IngestRole);
  for (const name of ['their-events', 'their-letters', 'table/their-state']) expect(granted).toContain(name);
});

test('in a VPC: functions, endpoints, key, tracing and topic are where they belong', () => {
  const vpc = template('vpc');
  for (const id of ['IngestLambdaFunction', 'FlushLambdaFunction']) {
    expect(vpc.Resources[id]?.Properties).toMatchObject({
      VpcConfig: { SubnetIds: ['subnet-0a1b2c3d', 'subnet-0a1b2c3e'], SecurityGroupIds: ['sg-0a1b2c3d'] },
      KmsKeyArn: expect.stringContaining(':key/'),
      TracingConfig: { Mode: 'Active' },
    });
  }
  const endpoints = resourcesOf(vpc, 'AWS::EC2::VPCEndpoint').map(([, { Properties }]) => [
    Properties.ServiceName['Fn::Sub'].split('.').at(-1),
    Properties.VpcEndpointType,
  ]);
  expect(endpoints).toEqual([
    ['sqs', 'Interface'],
    ['secretsmanager', 'Interface'],
    ['lambda', 'Interface'],
    ['dynamodb', 'Gateway'],
  ]);
  for (const [, { Properties }] of resourcesOf(vpc, 'AWS::SQS::Queue'))
    expect([Properties.KmsMasterKeyId !== undefined, Properties.SqsManagedSseEnabled]).toEqual([true, undefined]);
  for (const [, { Properties }] of resourcesOf(vpc, 'AWS::CloudWatch::Alarm'))
    expect(Properties.AlarmActions).toEqual(['arn:aws:sns:eu-central-1:123456789012:alarms']);
});

type Mutable = Record<string, TemplateResource & { Properties: Record<string, unknown> }>;

/** A slip of the pen, and the words that must be in what is said of it. */
const SLIPS: readonly (readonly [slip: string, make: (resources: Mutable) => void, said: string])[] = [
  [
    'the response type is forgotten',
    (r) => delete source(r).FunctionResponseTypes,
    'deletes what the function returns',
  ],
  [
    'the response type is misspelt',
    (r) => set(source(r), 'FunctionResponseTypes', ['ReportBatchItemFailure']),
    'deletes what the function returns',
  ],
  ['the visibility is left at the timeout', (r) => set(of(r, 'EventQueue'), 'VisibilityTimeout', 60), '6 x timeout'],
  ['the timeout grows alone', (r) => set(of(r, 'IngestLambdaFunction'), 'Timeout', 300), '6 x timeout'],
  [
    'the receive count is that of a tutorial',
    (r) => set(of(r, 'EventQueue').RedrivePolicy as Record<string, unknown>, 'maxReceiveCount', 5),
    'must outlast the retention',
  ],
  ['there is no redrive', (r) => delete of(r, 'EventQueue').RedrivePolicy, 'needs a dead-letter queue'],
  ['letters are kept for four days', (r) => delete of(r, 'DeadLetterQueue').MessageRetentionPeriod, 'for 14 days'],
  ['the concurrency is 1', (r) => set(source(r), 'ScalingConfig', { MaximumConcurrency: 1 }), 'must be from 2 to 1000'],
  ['the window is gone', (r) => delete source(r).MaximumBatchingWindowInSeconds, 'need a window'],
  ['a filter is added', (r) => set(source(r), 'FilterCriteria', { Filters: [{ Pattern: '{}' }] }), 'would delete'],
  ['the table is paid by the hour', (r) => set(of(r, 'StateTable'), 'BillingMode', 'PROVISIONED'), 'on demand'],
  ['the billing mode is misspelt', (r) => set(of(r, 'StateTable'), 'BillingMode', 'PAY_BY_REQUEST'), 'on demand'],
  [
    'the table forgets by another attribute',
    (r) => set(of(r, 'StateTable'), 'TimeToLiveSpecification', { AttributeName: 'savedAtMs', Enabled: true }),
    'for data must not',
  ],
  [
    'the table does not forget',
    (r) => set(of(r, 'StateTable'), 'TimeToLiveSpecification', { AttributeName: 'expiresAt', Enabled: false }),
    'marks must expire',
  ],
  ['time to live is forgotten', (r) => delete of(r, 'StateTable').TimeToLiveSpecification, 'marks must expire'],
  [
    'an operator is misspelt',
    (r) => set(of(r, 'DeadLettersAlarm'), 'ComparisonOperator', 'GreaterThan'),
    'an operator that is known',
  ],
  ['an operator is missing', (r) => delete of(r, 'DeadLettersAlarm').ComparisonOperator, 'an operator that is known'],
  [
    'a missing heartbeat is no alarm',
    (r) => set(of(r, 'FlushHeartbeatAlarm'), 'TreatMissingData', 'notBreaching'),
    'silence must be an alarm',
  ],
  ['the dashboard is broken', (r) => set(of(r, 'Dashboard'), 'DashboardBody', { 'Fn::Sub': '{' }), 'is not JSON'],
  ['a property is misspelt', (r) => set(of(r, 'EventQueue'), 'VisibilityTimeoutSeconds', 9), 'there is no property'],
  [
    'a nested property is misspelt',
    (r) => set(source(r), 'ScalingConfig', { MaxConcurrency: 9 }),
    'there is no property',
  ],
  ['a type is misspelt', (r) => set(r.Dashboard as never, 'Type', 'AWS::CloudWatch::Board'), 'there is no resource'],
  [
    'a reference leads nowhere',
    (r) => set(source(r), 'EventSourceArn', { 'Fn::GetAtt': ['EventQueues', 'Arn'] }),
    'there is no resource EventQueues',
  ],
  [
    'an attribute does not exist',
    (r) => set(source(r), 'EventSourceArn', { 'Fn::GetAtt': ['EventQueue', 'URN'] }),
    'has no attribute URN',
  ],
  [
    'two functions share a role',
    (r) => set(of(r, 'FlushLambdaFunction'), 'Role', of(r, 'IngestLambdaFunction').Role),
    'a role of its own',
  ],
  [
    'the schedule is by the hour',
    (r) => set(of(r, 'FlushEventsRuleSchedule1'), 'ScheduleExpression', 'rate(1 hour)'),
    'every minute',
  ],
  ['a queue is not encrypted', (r) => set(of(r, 'EventQueue'), 'SqsManagedSseEnabled', false), 'must be encrypted'],
];

const set = (target: Record<string, unknown>, name: string, value: unknown): void => {
  target[name] = value;
};
const of = (resources: Mutable, id: string): Record<string, unknown> => {
  const found = resources[id];
  if (found === undefined) throw new Error(`There is no ${id} to be spoilt`);
  return found.Properties;
};
const source = (resources: Mutable): Record<string, unknown> => of(resources, 'IngestEventSourceMappingSQSEventQueue');

describe('a slip is caught', () => {
  test.each(SLIPS)('%s', (_slip, make, said) => {
    const spoilt = structuredClone(template('default'));
    make(spoilt.Resources as Mutable);
    expect(faults(spoilt).join('\n')).toContain(said);
  });
});
