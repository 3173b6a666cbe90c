/**
 * One role per function, with only the actions and resources that the function uses. `test/infra/rights.test.ts`
 * compares them with the calls in the code.
 */

import { type Part, type Resource, sub } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import {
  deadLetterQueueArn,
  eventQueueArn,
  eventSourceArn,
  FUNCTIONS,
  type FunctionName,
  flushFunctionArn,
  named,
  tableArn,
} from './names.ts';
import { invokesFlush } from './network.ts';

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: unknown;
}

const allow = (Resource: unknown, ...Action: readonly string[]): Statement => ({ Effect: 'Allow', Action, Resource });

/** Returns the permissions for the calls that the code of each function makes. */
const calls = (parameters: Parameters): Readonly<Record<FunctionName, readonly Statement[]>> => {
  const secret = secretCalls(parameters);
  return {
    ingest: [
      allow(eventQueueArn(parameters), 'sqs:ChangeMessageVisibility'),
      allow(deadLetterQueueArn(parameters), 'sqs:SendMessage'),
      allow(tableArn(parameters), ...STATE),
      ...(invokesFlush(parameters) ? [allow(flushFunctionArn(parameters), 'lambda:InvokeFunction')] : []),
      ...secret,
    ],
    flush: [
      allow(deadLetterQueueArn(parameters), 'sqs:SendMessage'),
      // Orphans can only be found by a scan of the whole table.
      allow(tableArn(parameters), ...STATE, 'dynamodb:Scan'),
      ...(parameters.moveMaximumConcurrency
        ? [allow(eventSourceArn(parameters), 'lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping')]
        : []),
      ...secret,
    ],
  };
};

/**
 * The ARN of a secret ends in a hyphen and six characters. A user may give it without them, and its name may end in the
 * same way, so both forms are permitted.
 */
const secretCalls = ({ secretArn, secretKmsKeyArn }: Parameters): readonly Statement[] =>
  secretArn === undefined
    ? []
    : [
        allow([secretArn, `${secretArn}-??????`], 'secretsmanager:GetSecretValue'),
        ...(secretKmsKeyArn === undefined ? [] : [allow(secretKmsKeyArn, 'kms:Decrypt')]),
      ];

/** Actions of both functions on the state table. */
const STATE = [
  'dynamodb:BatchGetItem',
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
] as const;

/**
 * Returns the permissions that Lambda needs in the role of a function: to read its queue, write its log, and join its
 * VPC. The code of the ingest function also deletes messages, with the same permission.
 */
const serviceCalls = (name: FunctionName, parameters: Parameters): readonly Statement[] => {
  const { vpc, tracing, kmsKeyArn } = parameters;
  const group = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:/aws/lambda/${named(parameters, name)}`;
  return [
    allow(sub(`${group}:*`), 'logs:CreateLogStream', 'logs:PutLogEvents'),
    ...(name === 'ingest'
      ? [allow(eventQueueArn(parameters), 'sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes')]
      : []),
    // A customer managed key encrypts the queues and the environment variables.
    ...(kmsKeyArn === undefined ? [] : [allow(kmsKeyArn, 'kms:Decrypt', 'kms:GenerateDataKey')]),
    // These actions do not support resource-level permissions.
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

/** Returns the logical id of the role of a function. */
export const roleResource = (name: FunctionName): string => `${name === 'ingest' ? 'Ingest' : 'Flush'}Role`;

/** Returns the roles of all functions. */
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
          Statement: [...serviceCalls(name, parameters), ...calls(parameters)[name]],
        },
      },
    ],
  },
});
