/** Lists what exists in the emulator, to check that a removed stack leaves nothing behind. */

import { DescribeAlarmsCommand, ListDashboardsCommand } from '@aws-sdk/client-cloudwatch';
import { DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { ListRulesCommand } from '@aws-sdk/client-eventbridge';
import { ListRolesCommand } from '@aws-sdk/client-iam';
import { ListEventSourceMappingsCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import { ListQueuesCommand } from '@aws-sdk/client-sqs';
import type { Clients } from './deployed.ts';

/** Returns all resources that exist in the emulator. */
export const remaining = async ({
  sqs,
  dynamodb,
  lambda,
  cloudwatch,
  logs,
  events,
  iam,
}: Clients): Promise<readonly string[]> => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
  const { TableNames = [] } = await dynamodb.send(new ListTablesCommand({}));
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}));
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({}));
  const { DashboardEntries = [] } = await cloudwatch.send(new ListDashboardsCommand({}));
  const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({}));
  const { Rules = [] } = await events.send(new ListRulesCommand({}));
  const { Roles = [] } = await iam.send(new ListRolesCommand({}));
  return [
    ...QueueUrls,
    ...TableNames,
    ...Functions.map(({ FunctionName }) => `function ${FunctionName}`),
    ...EventSourceMappings.map(({ UUID }) => `event source mapping ${UUID}`),
    ...MetricAlarms.map(({ AlarmName }) => `alarm ${AlarmName}`),
    ...DashboardEntries.map(({ DashboardName }) => `dashboard ${DashboardName}`),
    ...logGroups.map(({ logGroupName }) => `log group ${logGroupName}`),
    ...Rules.map(({ Name }) => `rule ${Name}`),
    ...Roles.map(({ RoleName }) => `role ${RoleName}`),
  ];
};
