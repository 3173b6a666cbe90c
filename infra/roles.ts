/**
 * One role for each function, with the actions that it uses on the things that it uses. `test/infra/rights.test.ts` holds
 * them against the code.
 */

import { type Part, type Resource, sub } from './cloudformation.ts';
import {
  deadLetterQueueArn,
  eventQueueArn,
  eventSourceArn,
  FUNCTIONS,
  type FunctionName,
  named,
  tableArn,
} from './names.ts';
import type { Parameters } from './parameters.ts';

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
}

const allow = (Resource: unknown, ...Action: readonly string[]): Statement => ({ Effect: 'Allow', Action, Resource });

/** What the code of each function calls. */
const calls = (parameters: Parameters): Readonly<Record<FunctionName, readonly Statement[]>> => {
  const secret =
    parameters.secretArn === undefined ? [] : [allow(parameters.secretArn, 'secretsmanager:GetSecretValue')];
  return {
    ingest: [
      allow(eventQueueArn(parameters), 'sqs:ChangeMessageVisibility'),
      allow(deadLetterQueueArn(parameters), 'sqs:SendMessage'),
      allow(tableArn(parameters), ...STATE),
      ...secret,
    ],
    flush: [
      allow(deadLetterQueueArn(parameters), 'sqs:SendMessage'),
      // Only by looking at all of the table payloads are found that have lost their entry.
      allow(tableArn(parameters), ...STATE, 'dynamodb:Scan'),
      ...(parameters.moveMaximumConcurrency
        ? [allow(eventSourceArn(parameters), 'lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping')]
        : []),
      ...secret,
    ],
  };
};

/** What both functions do with the state table. */
const STATE = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
] as const;

/** What Lambda does in a function's name: reading its queue (which the code ends messages of, too), writing its log, joining its VPC. */
const errands = (name: FunctionName, parameters: Parameters): readonly Statement[] => {
  const { vpc, tracing, kmsKeyArn } = parameters;
  const group = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${named(parameters, name)}`;
  return [
    allow(sub(`${group}:*`), 'logs:CreateLogStream', 'logs:PutLogEvents'),
    ...(name === 'ingest'
      ? [allow(eventQueueArn(parameters), 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes')]
      : []),
    // Queues that are encrypted with a key of yours are read and written with it, and so are variables.
    ...(kmsKeyArn === undefined ? [] : [allow(kmsKeyArn, 'kms:Decrypt', 'kms:GenerateDataKey')]),
    // These have no resource that could be named.
    ...(vpc === undefined ? [] : [allow('*', ...NETWORK)]),
    ...(tracing ? [allow('*', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords')] : []),
  ];
};

const NETWORK = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DescribeSubnets',
  'ec2:DeleteNetworkInterface',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
] as const;

export const roleResource = (name: FunctionName): string => `${name === 'ingest' ? 'Ingest' : 'Flush'}Role`;

export const roles = (parameters: Parameters): Part => ({
  Resources: Object.fromEntries(FUNCTIONS.map((name) => [roleResource(name), role(name, parameters)])),
});

const role = (name: FunctionName, parameters: Parameters): Resource => ({
  Type: 'AWS::IAM::Role',
  Properties: {
    AssumeRolePolicyDocument: {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    },
    Policies: [
      {
        PolicyName: name,
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [...errands(name, parameters), ...calls(parameters)[name]],
        },
      },
    ],
  },
});
