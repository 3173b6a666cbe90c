/**
 * The generated template in every shape, compared with the specification of CloudFormation and with the rules of this
 * project.
 */

import { expect, inject, test } from 'vitest';
import type { Shape } from './package-service.ts';
import { ruleFaults } from './rules.ts';
import { specificationFaults } from './specification.ts';
import { readTemplate, resourceOf, resourcesOf, type Template, type TemplateResource } from './template.ts';

const packages = inject('packages');
const template = (shape: Shape): Template => readTemplate(packages[shape]);
const faults = (one: Template): readonly string[] => [...specificationFaults(one), ...ruleFaults(one)];

const SHAPES: readonly Shape[] = ['default', 'prod', 'fifo', 'existing', 'vpc'];

test.each(SHAPES)('the template of the shape %s has no faults', (shape) => {
  expect(faults(template(shape))).toEqual([]);
});

test('the default template contains two functions, two queues, a table, two roles, fifteen alarms and a dashboard', () => {
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
    'AWS::CloudWatch::Alarm': 15,
    'AWS::CloudWatch::Dashboard': 1,
  });
});

test('the default template has the documented timeout, memory, batch size, window, concurrency and receive count', () => {
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

test('removing the stage dev deletes its data, and removing any other stage retains it', () => {
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

test('with fifo both queues are FIFO queues, and batches have at most ten messages and no window', () => {
  const queues = resourcesOf(template('fifo'), 'AWS::SQS::Queue').map(([, { Properties }]) => Properties);
  expect(queues.map(({ QueueName, FifoQueue }) => [QueueName, FifoQueue])).toEqual([
    ['opengemini-sink-dev-events.fifo', true],
    ['opengemini-sink-dev-dead-letters.fifo', true],
  ]);
  const source = resourceOf(template('fifo'), 'AWS::Lambda::EventSourceMapping').Properties;
  expect(source.BatchSize).toBe(10);
  expect('MaximumBatchingWindowInSeconds' in source).toBe(false);
});

test('existing queues and an existing table are used, and none are created', () => {
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

test('VPC, endpoints, key, tracing and alarm topic are set on every resource that needs them', () => {
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

test('the policy of the event queue permits each sender, and only for its own resource', () => {
  const { Queues, PolicyDocument } = resourceOf(template('vpc'), 'AWS::SQS::QueuePolicy').Properties;
  expect(Queues).toEqual([{ Ref: 'EventQueue' }]);
  const queue = { Resource: { 'Fn::GetAtt': ['EventQueue', 'Arn'] }, Effect: 'Allow', Action: 'sqs:SendMessage' };
  const sends = (service: string, arn: string, more = {}) => ({
    ...queue,
    Principal: { Service: service },
    Condition: { ArnEquals: { 'aws:SourceArn': arn }, ...more },
  });
  expect(PolicyDocument.Statement).toEqual([
    sends('sns.amazonaws.com', 'arn:aws:sns:eu-central-1:123456789012:readings'),
    sends('events.amazonaws.com', 'arn:aws:events:eu-central-1:123456789012:rule/all'),
    sends('s3.amazonaws.com', 'arn:aws:s3:::uploads', {
      StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
    }),
    { ...queue, Principal: { AWS: '210987654321' } },
  ]);
  expect(resourcesOf(template('default'), 'AWS::SQS::QueuePolicy')).toEqual([]);
});

type Mutable = Record<string, TemplateResource & { Properties: Record<string, unknown> }>;

/** A mistake in the template, and a part of the fault that must report it. */
const MISTAKES: readonly (readonly [mistake: string, make: (resources: Mutable) => void, fault: string])[] = [
  [
    'a missing response type',
    (r) => delete source(r).FunctionResponseTypes,
    'deletes messages that the function returns',
  ],
  [
    'a misspelled response type',
    (r) => set(source(r), 'FunctionResponseTypes', ['ReportBatchItemFailure']),
    'deletes messages that the function returns',
  ],
  [
    'a visibility timeout equal to the timeout',
    (r) => set(of(r, 'EventQueue'), 'VisibilityTimeout', 60),
    '6 x timeout',
  ],
  [
    'a longer timeout without a longer visibility timeout',
    (r) => set(of(r, 'IngestLambdaFunction'), 'Timeout', 300),
    '6 x timeout',
  ],
  [
    'a low maximum receive count',
    (r) => set(of(r, 'EventQueue').RedrivePolicy as Record<string, unknown>, 'maxReceiveCount', 5),
    'must outlast the retention',
  ],
  ['a missing redrive policy', (r) => delete of(r, 'EventQueue').RedrivePolicy, 'needs a dead-letter queue'],
  [
    'dead letters that are retained for four days',
    (r) => delete of(r, 'DeadLetterQueue').MessageRetentionPeriod,
    'retained for 14 days',
  ],
  [
    'a maximum concurrency of 1',
    (r) => set(source(r), 'ScalingConfig', { MaximumConcurrency: 1 }),
    'must be from 2 to 1000',
  ],
  ['a missing window', (r) => delete source(r).MaximumBatchingWindowInSeconds, 'require a window'],
  ['a filter', (r) => set(source(r), 'FilterCriteria', { Filters: [{ Pattern: '{}' }] }), 'would delete'],
  ['provisioned capacity of the table', (r) => set(of(r, 'StateTable'), 'BillingMode', 'PROVISIONED'), 'on demand'],
  ['a misspelled billing mode', (r) => set(of(r, 'StateTable'), 'BillingMode', 'PAY_BY_REQUEST'), 'on demand'],
  [
    'a time to live on another attribute',
    (r) => set(of(r, 'StateTable'), 'TimeToLiveSpecification', { AttributeName: 'savedAtMs', Enabled: true }),
    'because data must never expire',
  ],
  [
    'a disabled time to live',
    (r) => set(of(r, 'StateTable'), 'TimeToLiveSpecification', { AttributeName: 'expiresAt', Enabled: false }),
    'marks must expire',
  ],
  ['a missing time to live', (r) => delete of(r, 'StateTable').TimeToLiveSpecification, 'marks must expire'],
  [
    'a misspelled comparison operator',
    (r) => set(of(r, 'DeadLettersAlarm'), 'ComparisonOperator', 'GreaterThan'),
    'a known comparison operator',
  ],
  [
    'a missing comparison operator',
    (r) => delete of(r, 'DeadLettersAlarm').ComparisonOperator,
    'a known comparison operator',
  ],
  [
    'a heartbeat alarm that ignores missing data',
    (r) => set(of(r, 'FlushHeartbeatAlarm'), 'TreatMissingData', 'notBreaching'),
    'missing data must be an alarm',
  ],
  ['a dashboard that is not JSON', (r) => set(of(r, 'Dashboard'), 'DashboardBody', { 'Fn::Sub': '{' }), 'is not JSON'],
  ['a misspelled property', (r) => set(of(r, 'EventQueue'), 'VisibilityTimeoutSeconds', 9), 'there is no property'],
  [
    'a misspelled nested property',
    (r) => set(source(r), 'ScalingConfig', { MaxConcurrency: 9 }),
    'there is no property',
  ],
  [
    'a misspelled resource type',
    (r) => set(r.Dashboard as never, 'Type', 'AWS::CloudWatch::Board'),
    'there is no resource',
  ],
  [
    'a reference to a missing resource',
    (r) => set(source(r), 'EventSourceArn', { 'Fn::GetAtt': ['EventQueues', 'Arn'] }),
    'there is no resource EventQueues',
  ],
  [
    'a reference to a missing attribute',
    (r) => set(source(r), 'EventSourceArn', { 'Fn::GetAtt': ['EventQueue', 'URN'] }),
    'has no attribute URN',
  ],
  [
    'a role that two functions share',
    (r) => set(of(r, 'FlushLambdaFunction'), 'Role', of(r, 'IngestLambdaFunction').Role),
    'a separate role',
  ],
  [
    'an hourly schedule',
    (r) => set(of(r, 'FlushEventsRuleSchedule1'), 'ScheduleExpression', 'rate(1 hour)'),
    'every minute',
  ],
  ['a queue without encryption', (r) => set(of(r, 'EventQueue'), 'SqsManagedSseEnabled', false), 'must be encrypted'],
];

const set = (target: Record<string, unknown>, name: string, value: unknown): void => {
  target[name] = value;
};
const of = (resources: Mutable, id: string): Record<string, unknown> => {
  const found = resources[id];
  if (found === undefined) throw new Error(`The template has no resource ${id}`);
  return found.Properties;
};
const source = (resources: Mutable): Record<string, unknown> => of(resources, 'IngestEventSourceMappingSQSEventQueue');

test.each(MISTAKES)('the checks report %s', (_mistake, make, fault) => {
  const changed = structuredClone(template('default'));
  make(changed.Resources as Mutable);
  expect(faults(changed).join('\n')).toContain(fault);
});
