/** Compares the resources of a deployment, as the services describe them, with the template. */

import { CloudFormationClient, DescribeStackResourcesCommand } from '@aws-sdk/client-cloudformation';
import { CloudWatchClient, DescribeAlarmsCommand, GetDashboardCommand } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  DescribeContinuousBackupsCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { DescribeRuleCommand, EventBridgeClient, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import { GetRolePolicyCommand, IAMClient, ListRolePoliciesCommand } from '@aws-sdk/client-iam';
import {
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  GetFunctionEventInvokeConfigCommand,
  GetPolicyCommand,
  LambdaClient,
} from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Template, TemplateResource } from '../infra/template.ts';

/** Clients of all services that the stack uses. */
export type Clients = ReturnType<typeof openClients>;

/** Keys of a principal. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** The account of an emulator, which has all rights. */
const ROOT: AwsCredentials = { accessKeyId: 'test', secretAccessKey: 'test' };

/** Opens the clients for an emulator. */
export const openClients = (endpoint: string, region: string, credentials = ROOT) => {
  const access = { endpoint, region, credentials };
  return {
    cloudformation: new CloudFormationClient(access),
    cloudwatch: new CloudWatchClient(access),
    logs: new CloudWatchLogsClient(access),
    dynamodb: new DynamoDBClient(access),
    events: new EventBridgeClient(access),
    iam: new IAMClient(access),
    lambda: new LambdaClient(access),
    secrets: new SecretsManagerClient(access),
    sqs: new SQSClient(access),
  };
};

/** Name of a property, its value in the template, and its value in the deployment. */
export type Comparison = readonly [name: string, expected: unknown, found: unknown];

type Rows = Readonly<Record<string, readonly [expected: unknown, found: unknown]>>;

/** Returns the physical ids of the stack's resources by logical id. */
export const physicalIds = async ({ cloudformation }: Clients, stack: string): Promise<ReadonlyMap<string, string>> => {
  const { StackResources = [] } = await cloudformation.send(new DescribeStackResourcesCommand({ StackName: stack }));
  return new Map(
    StackResources.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
      LogicalResourceId,
      PhysicalResourceId,
    ]),
  );
};

/** Compares every visible property of every resource of the template. */
export const compare = async (template: Template, stack: string, clients: Clients): Promise<readonly Comparison[]> => {
  const ids = await physicalIds(clients, stack);
  const comparisons: Comparison[] = [];
  for (const [id, resource] of Object.entries(template.Resources)) {
    const describe = DESCRIBE[resource.Type];
    if (describe === undefined) continue;
    const rows = await describe(ids.get(id) ?? '', resource, clients, (what) => `${stack}-${what}`).catch(
      (error: Error) => ({
        '': ['to exist', `${error.name}: ${error.message}`] as const,
      }),
    );
    for (const [name, [expected, found]] of Object.entries(rows))
      comparisons.push([`${id}${name && `.${name}`}`, expected, found]);
  }
  return comparisons;
};

type Describe = (
  physicalId: string,
  resource: TemplateResource,
  clients: Clients,
  /** Returns the name of a resource of the stack. */
  named: (what: string) => string,
) => Promise<Rows>;

/** Compares properties that have the same name in the template and in the response of the service. */
const same = (names: readonly string[], expected: Record<string, unknown>, found: object): Rows =>
  Object.fromEntries(names.map((name) => [name, [expected[name], (found as Record<string, unknown>)[name]]]));

const ALARM_BEHAVIOR = [
  'AlarmName',
  'AlarmDescription',
  'Threshold',
  'ComparisonOperator',
  'TreatMissingData',
] as const;
const ALARM_METRIC = ['Namespace', 'MetricName', 'Statistic', 'Period', 'EvaluationPeriods', 'Dimensions'] as const;

const DESCRIBE: Readonly<Record<string, Describe>> = {
  async 'AWS::SQS::Queue'(url, { Properties: expected }, { sqs }, named) {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    const { Attributes: found = {} } = await sqs.send(command);
    const redrive = JSON.parse(found.RedrivePolicy ?? '{}');
    const allow = JSON.parse(found.RedriveAllowPolicy ?? '{}');
    return {
      QueueName: [expected.QueueName, url.split('/').at(-1)],
      VisibilityTimeout: [String(expected.VisibilityTimeout ?? 30), found.VisibilityTimeout],
      MessageRetentionPeriod: [String(expected.MessageRetentionPeriod), found.MessageRetentionPeriod],
      SqsManagedSseEnabled: [String(expected.SqsManagedSseEnabled), found.SqsManagedSseEnabled],
      maxReceiveCount: [
        expected.RedrivePolicy?.maxReceiveCount,
        redrive.maxReceiveCount && Number(redrive.maxReceiveCount),
      ],
      deadLetterQueue: [
        expected.RedrivePolicy && named('dead-letters'),
        redrive.deadLetterTargetArn?.split(':').at(-1),
      ],
      redrivePermission: [expected.RedriveAllowPolicy?.redrivePermission, allow.redrivePermission],
      redriveSource: [expected.RedriveAllowPolicy && named('events'), allow.sourceQueueArns?.[0]?.split(':').at(-1)],
    };
  },
  async 'AWS::DynamoDB::Table'(name, { Properties: expected }, { dynamodb }) {
    const { Table: found = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
    const backups = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName: name }));
    const { TimeToLiveDescription: expiry } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: name }));
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    return {
      BillingMode: [expected.BillingMode, found.BillingModeSummary?.BillingMode],
      ...same(['KeySchema', 'AttributeDefinitions', 'DeletionProtectionEnabled'], expected, found),
      PointInTimeRecoveryEnabled: [
        expected.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
        recovery === 'ENABLED',
      ],
      TimeToLive: [
        expected.TimeToLiveSpecification.AttributeName,
        expiry?.TimeToLiveStatus === 'ENABLED' ? expiry.AttributeName : undefined,
      ],
    };
  },
  async 'AWS::Lambda::Function'(name, { Properties: expected }, { lambda }, named) {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    const { STATE_TABLE, DEAD_LETTER_QUEUE_URL, ...plain } = expected.Environment.Variables;
    const { Variables = {} } = found.Environment ?? {};
    const names = ['FunctionName', 'Handler', 'Runtime', 'MemorySize', 'Timeout', 'Architectures'];
    return {
      ...same(names, expected, found),
      LogFormat: [expected.LoggingConfig.LogFormat, found.LoggingConfig?.LogFormat],
      ...Object.fromEntries(
        Object.entries(plain).map(([variable, value]) => [variable, [value, Variables[variable]] as const]),
      ),
      DEAD_LETTER_QUEUE_URL: [named('dead-letters'), Variables.DEAD_LETTER_QUEUE_URL?.split('/').at(-1)],
      STATE_TABLE: [true, Variables.STATE_TABLE !== undefined && Variables.STATE_TABLE !== ''],
      Role: [true, found.Role?.includes(':role/')],
    };
  },
  async 'AWS::Lambda::EventSourceMapping'(uuid, { Properties: expected }, { lambda }, named) {
    const found = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    const names = ['BatchSize', 'MaximumBatchingWindowInSeconds', 'FunctionResponseTypes', 'ScalingConfig'];
    return {
      ...same(names, expected, found),
      Enabled: ['Enabled', found.State],
      EventSourceArn: [named('events'), found.EventSourceArn?.split(':').at(-1)],
      FunctionName: [named('ingest'), found.FunctionArn?.split(':').at(-1)],
    };
  },
  async 'AWS::Lambda::EventInvokeConfig'(_id, { Properties: expected }, { lambda }, named) {
    const command = new GetFunctionEventInvokeConfigCommand({
      FunctionName: named('flush'),
      Qualifier: expected.Qualifier,
    });
    return same(['MaximumEventAgeInSeconds', 'MaximumRetryAttempts'], expected, await lambda.send(command));
  },
  async 'AWS::Lambda::Permission'(_id, { Properties: expected }, { lambda }, named) {
    const { Policy = '{}' } = await lambda.send(new GetPolicyCommand({ FunctionName: named('flush') }));
    const [statement] = JSON.parse(Policy).Statement ?? [];
    return {
      Action: [expected.Action, statement?.Action],
      Principal: [expected.Principal, statement?.Principal?.Service],
    };
  },
  async 'AWS::Events::Rule'(name, { Properties: expected }, { events }, named) {
    const rule = name.split('/').at(-1);
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
    return {
      ...same(['ScheduleExpression', 'State'], expected, await events.send(new DescribeRuleCommand({ Name: rule }))),
      Target: [named('flush'), Targets[0]?.Arn?.split(':').at(-1)],
    };
  },
  async 'AWS::Logs::LogGroup'(_id, { Properties: expected }, { logs }) {
    const { logGroups = [] } = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: expected.LogGroupName }),
    );
    return { RetentionInDays: [expected.RetentionInDays, logGroups[0]?.retentionInDays] };
  },
  async 'AWS::IAM::Role'(name, { Properties: expected }, { iam }) {
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: name }));
    const [policy] = expected.Policies;
    const found = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policy.PolicyName }));
    const actions = (statements: readonly { readonly Action: unknown }[]): unknown =>
      statements.map(({ Action }) => Action);
    const document = JSON.parse(decodeURIComponent(found.PolicyDocument ?? '{}'));
    const references = JSON.stringify(document).match(/Fn::|"Ref"|\$\{/);
    return {
      Policies: [[policy.PolicyName], PolicyNames],
      Actions: [actions(policy.PolicyDocument.Statement), actions(document.Statement ?? [])],
      'unresolved references': [null, references],
    };
  },
  async 'AWS::CloudWatch::Alarm'(_id, { Properties: expected }, { cloudwatch }) {
    const { MetricAlarms: [found = {}] = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [expected.AlarmName] }),
    );
    return same([...ALARM_BEHAVIOR, ...ALARM_METRIC], expected, found);
  },
  async 'AWS::CloudWatch::Dashboard'(name, { Properties: expected }, { cloudwatch }) {
    const { DashboardBody = '' } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: name }));
    const widgets = (text: string): number => JSON.parse(text).widgets.length;
    return {
      widgets: [widgets(expected.DashboardBody['Fn::Sub']), widgets(DashboardBody)],
      'unresolved references': [null, DashboardBody.match(/\$\{/)],
    };
  },
};
