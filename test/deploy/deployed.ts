/** What a deployment really made, described by the services themselves, beside what the template asked for. */

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
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { Template, TemplateResource } from '../infra/template.ts';

export type Clients = ReturnType<typeof openClients>;

export const openClients = (endpoint: string, region: string) => {
  const access = { endpoint, region, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  return {
    cloudformation: new CloudFormationClient(access),
    cloudwatch: new CloudWatchClient(access),
    logs: new CloudWatchLogsClient(access),
    dynamodb: new DynamoDBClient(access),
    events: new EventBridgeClient(access),
    iam: new IAMClient(access),
    lambda: new LambdaClient(access),
    sqs: new SQSClient(access),
  };
};

/** Name of a property, what the template asks for, what is there. */
export type Comparison = readonly [name: string, asked: unknown, found: unknown];

type Rows = Readonly<Record<string, readonly [asked: unknown, found: unknown]>>;

/** The stack's resources: logical id -> physical id. */
export const physicalIds = async ({ cloudformation }: Clients, stack: string): Promise<ReadonlyMap<string, string>> => {
  const { StackResources = [] } = await cloudformation.send(new DescribeStackResourcesCommand({ StackName: stack }));
  return new Map(
    StackResources.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
      LogicalResourceId,
      PhysicalResourceId,
    ]),
  );
};

/** Every property that can be seen from outside, of every resource of ours. */
export const compare = async (template: Template, stack: string, clients: Clients): Promise<readonly Comparison[]> => {
  const ids = await physicalIds(clients, stack);
  const comparisons: Comparison[] = [];
  for (const [id, resource] of Object.entries(template.Resources)) {
    const describe = DESCRIBE[resource.Type];
    if (describe === undefined) continue;
    const rows = await describe(ids.get(id) ?? '', resource, clients, (what) => `${stack}-${what}`).catch(
      (error: Error) => ({
        '': ['to be there', `${error.name}: ${error.message}`] as const,
      }),
    );
    for (const [name, [asked, found]] of Object.entries(rows))
      comparisons.push([`${id}${name && `.${name}`}`, asked, found]);
  }
  return comparisons;
};

type Describe = (
  physicalId: string,
  resource: TemplateResource,
  clients: Clients,
  /** Name of a part of the stack. */
  named: (what: string) => string,
) => Promise<Rows>;

/** The same names on both sides. */
const same = (names: readonly string[], asked: Record<string, unknown>, found: object): Rows =>
  Object.fromEntries(names.map((name) => [name, [asked[name], (found as Record<string, unknown>)[name]]]));

const ALARM_SAYS = ['AlarmName', 'AlarmDescription', 'Threshold', 'ComparisonOperator', 'TreatMissingData'] as const;
const ALARM_LOOKS_AT = ['Namespace', 'MetricName', 'Statistic', 'Period', 'EvaluationPeriods', 'Dimensions'] as const;

const DESCRIBE: Readonly<Record<string, Describe>> = {
  async 'AWS::SQS::Queue'(url, { Properties: asked }, { sqs }, named) {
    const command = new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] });
    const { Attributes: found = {} } = await sqs.send(command);
    const redrive = JSON.parse(found.RedrivePolicy ?? '{}');
    const allow = JSON.parse(found.RedriveAllowPolicy ?? '{}');
    return {
      QueueName: [asked.QueueName, url.split('/').at(-1)],
      VisibilityTimeout: [String(asked.VisibilityTimeout ?? 30), found.VisibilityTimeout],
      MessageRetentionPeriod: [String(asked.MessageRetentionPeriod), found.MessageRetentionPeriod],
      SqsManagedSseEnabled: [String(asked.SqsManagedSseEnabled), found.SqsManagedSseEnabled],
      maxReceiveCount: [
        asked.RedrivePolicy?.maxReceiveCount,
        redrive.maxReceiveCount && Number(redrive.maxReceiveCount),
      ],
      deadLetterQueue: [asked.RedrivePolicy && named('dead-letters'), redrive.deadLetterTargetArn?.split(':').at(-1)],
      redrivePermission: [asked.RedriveAllowPolicy?.redrivePermission, allow.redrivePermission],
      redriveSource: [asked.RedriveAllowPolicy && named('events'), allow.sourceQueueArns?.[0]?.split(':').at(-1)],
    };
  },
  async 'AWS::DynamoDB::Table'(name, { Properties: asked }, { dynamodb }) {
    const { Table: found = {} } = await dynamodb.send(new DescribeTableCommand({ TableName: name }));
    const backups = await dynamodb.send(new DescribeContinuousBackupsCommand({ TableName: name }));
    const { TimeToLiveDescription: expiry } = await dynamodb.send(new DescribeTimeToLiveCommand({ TableName: name }));
    const recovery = backups.ContinuousBackupsDescription?.PointInTimeRecoveryDescription?.PointInTimeRecoveryStatus;
    return {
      BillingMode: [asked.BillingMode, found.BillingModeSummary?.BillingMode],
      ...same(['KeySchema', 'AttributeDefinitions', 'DeletionProtectionEnabled'], asked, found),
      PointInTimeRecoveryEnabled: [
        asked.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled,
        recovery === 'ENABLED',
      ],
      TimeToLive: [
        asked.TimeToLiveSpecification.AttributeName,
        expiry?.TimeToLiveStatus === 'ENABLED' ? expiry.AttributeName : undefined,
      ],
    };
  },
  async 'AWS::Lambda::Function'(name, { Properties: asked }, { lambda }, named) {
    const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
    const { STATE_TABLE, DEAD_LETTER_QUEUE_URL, ...plain } = asked.Environment.Variables;
    const { Variables = {} } = found.Environment ?? {};
    const names = ['FunctionName', 'Handler', 'Runtime', 'MemorySize', 'Timeout', 'Architectures'];
    return {
      ...same(names, asked, found),
      LogFormat: [asked.LoggingConfig.LogFormat, found.LoggingConfig?.LogFormat],
      ...Object.fromEntries(
        Object.entries(plain).map(([variable, value]) => [variable, [value, Variables[variable]] as const]),
      ),
      DEAD_LETTER_QUEUE_URL: [named('dead-letters'), Variables.DEAD_LETTER_QUEUE_URL?.split('/').at(-1)],
      STATE_TABLE: [true, Variables.STATE_TABLE !== undefined && Variables.STATE_TABLE !== ''],
      Role: [true, found.Role?.includes(':role/')],
    };
  },
  async 'AWS::Lambda::EventSourceMapping'(uuid, { Properties: asked }, { lambda }, named) {
    const found = await lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
    const names = ['BatchSize', 'MaximumBatchingWindowInSeconds', 'FunctionResponseTypes', 'ScalingConfig'];
    return {
      ...same(names, asked, found),
      Enabled: ['Enabled', found.State],
      EventSourceArn: [named('events'), found.EventSourceArn?.split(':').at(-1)],
      FunctionName: [named('ingest'), found.FunctionArn?.split(':').at(-1)],
    };
  },
  async 'AWS::Lambda::EventInvokeConfig'(_id, { Properties: asked }, { lambda }, named) {
    const command = new GetFunctionEventInvokeConfigCommand({
      FunctionName: named('flush'),
      Qualifier: asked.Qualifier,
    });
    return same(['MaximumEventAgeInSeconds', 'MaximumRetryAttempts'], asked, await lambda.send(command));
  },
  async 'AWS::Lambda::Permission'(_id, { Properties: asked }, { lambda }, named) {
    const { Policy = '{}' } = await lambda.send(new GetPolicyCommand({ FunctionName: named('flush') }));
    const [statement] = JSON.parse(Policy).Statement ?? [];
    return { Action: [asked.Action, statement?.Action], Principal: [asked.Principal, statement?.Principal?.Service] };
  },
  async 'AWS::Events::Rule'(name, { Properties: asked }, { events }, named) {
    const rule = name.split('/').at(-1);
    const { Targets = [] } = await events.send(new ListTargetsByRuleCommand({ Rule: rule }));
    return {
      ...same(['ScheduleExpression', 'State'], asked, await events.send(new DescribeRuleCommand({ Name: rule }))),
      Target: [named('flush'), Targets[0]?.Arn?.split(':').at(-1)],
    };
  },
  async 'AWS::Logs::LogGroup'(_id, { Properties: asked }, { logs }) {
    const { logGroups = [] } = await logs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: asked.LogGroupName }),
    );
    return { RetentionInDays: [asked.RetentionInDays, logGroups[0]?.retentionInDays] };
  },
  async 'AWS::IAM::Role'(name, { Properties: asked }, { iam }) {
    const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName: name }));
    const [policy] = asked.Policies;
    const found = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: policy.PolicyName }));
    const actions = (statements: readonly { readonly Action: unknown }[]): unknown =>
      statements.map(({ Action }) => Action);
    const document = JSON.parse(decodeURIComponent(found.PolicyDocument ?? '{}'));
    const references = JSON.stringify(document).match(/Fn::|"Ref"|\$\{/);
    return {
      Policies: [[policy.PolicyName], PolicyNames],
      Actions: [actions(policy.PolicyDocument.Statement), actions(document.Statement ?? [])],
      'references that are not resolved': [null, references],
    };
  },
  async 'AWS::CloudWatch::Alarm'(_id, { Properties: asked }, { cloudwatch }) {
    const { MetricAlarms: [found = {}] = [] } = await cloudwatch.send(
      new DescribeAlarmsCommand({ AlarmNames: [asked.AlarmName] }),
    );
    return same([...ALARM_SAYS, ...ALARM_LOOKS_AT], asked, found);
  },
  async 'AWS::CloudWatch::Dashboard'(name, { Properties: asked }, { cloudwatch }) {
    const { DashboardBody = '' } = await cloudwatch.send(new GetDashboardCommand({ DashboardName: name }));
    const widgets = (text: string): number => JSON.parse(text).widgets.length;
    return {
      widgets: [widgets(asked.DashboardBody['Fn::Sub']), widgets(DashboardBody)],
      'references that are not resolved': [null, DashboardBody.match(/\$\{/)],
    };
  },
};
