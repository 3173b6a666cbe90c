/**
 * The whole stack as one CloudFormation template, for deployments without the Serverless Framework. Logical ids and
 * properties are those that the Framework generates. A test compares them.
 */

import { attribute, type Resource, type Resources, ref } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import { type FlushDeclaration, type FunctionDeclaration, functions, type IngestDeclaration } from './functions.ts';
import { eventSourceResource, FUNCTIONS, type FunctionName, functionResource, named } from './names.ts';
import { resources } from './service.ts';

/** Parameters of the template: where the zip files are. */
const CODE = {
  CodeBucket: 'Bucket in the region of the stack that contains both zip files.',
  IngestKey: 'Key of ingest.zip. A new key deploys new code.',
  FlushKey: 'Key of flush.zip. A new key deploys new code.',
} as const;

const KEYS: Readonly<Record<FunctionName, keyof typeof CODE>> = { ingest: 'IngestKey', flush: 'FlushKey' };

/** A template of CloudFormation. */
export interface PlainTemplate {
  readonly AWSTemplateFormatVersion: string;
  readonly Description: string;
  readonly Parameters: Readonly<Record<string, { readonly Type: string; readonly Description: string }>>;
  readonly Resources: Resources;
  readonly Outputs: Readonly<Record<string, unknown>>;
}

/** Returns the template. Only the parameters for the code are left to the deployment. */
export const plainTemplate = (parameters: Parameters): PlainTemplate => {
  const { Resources, Outputs, extensions } = resources(parameters);
  const declared = functions(parameters);
  return {
    AWSTemplateFormatVersion: '2010-09-09',
    Description: `Writes events from SQS to openGemini (${parameters.service}, stage ${parameters.stage}).`,
    Parameters: Object.fromEntries(
      Object.entries(CODE).map(([name, Description]) => [name, { Type: 'String', Description }]),
    ),
    Resources: {
      ...Object.assign(
        {},
        ...FUNCTIONS.map((name) =>
          functionResources(name, declared[name], parameters, extensions[functionResource(name)]),
        ),
      ),
      [eventSourceResource(parameters)]: eventSourceMapping(declared.ingest),
      ...schedule(declared.flush),
      ...Resources,
    },
    Outputs,
  };
};

const logGroupResource = (name: FunctionName): string => `${name === 'ingest' ? 'Ingest' : 'Flush'}LogGroup`;

const functionResources = (
  name: FunctionName,
  declared: FunctionDeclaration,
  parameters: Parameters,
  extension: { readonly Properties: Readonly<Record<string, unknown>> } | undefined,
): Resources => {
  const functionName = named(parameters, name);
  return {
    [logGroupResource(name)]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: { LogGroupName: `/aws/lambda/${functionName}`, RetentionInDays: declared.logRetentionInDays },
    },
    [functionResource(name)]: {
      Type: 'AWS::Lambda::Function',
      // Otherwise Lambda could create the log group first, without a retention.
      DependsOn: [logGroupResource(name)],
      Properties: {
        Code: { S3Bucket: ref('CodeBucket'), S3Key: ref(KEYS[name]) },
        Handler: declared.handler,
        Runtime: declared.runtime,
        FunctionName: functionName,
        MemorySize: declared.memorySize,
        Timeout: declared.timeout,
        Architectures: [declared.architecture],
        Description: declared.description,
        Environment: { Variables: declared.environment },
        Role: declared.role,
        LoggingConfig: { LogFormat: declared.logs.logFormat },
        ...extension?.Properties,
      },
    },
  };
};

const eventSourceMapping = ({ events: [{ sqs }] }: IngestDeclaration): Resource => {
  const { arn, batchSize, maximumBatchingWindow, maximumConcurrency, functionResponseType } = sqs;
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      BatchSize: batchSize,
      ...(maximumBatchingWindow === undefined ? {} : { MaximumBatchingWindowInSeconds: maximumBatchingWindow }),
      EventSourceArn: arn,
      FunctionName: attribute(functionResource('ingest'), 'Arn'),
      Enabled: true,
      FunctionResponseTypes: [functionResponseType],
      ScalingConfig: { MaximumConcurrency: maximumConcurrency },
    },
  };
};

const RULE = 'FlushEventsRuleSchedule1';

const schedule = ({ events, maximumEventAge, maximumRetryAttempts }: FlushDeclaration): Resources => {
  const flush = functionResource('flush');
  return {
    FlushLambdaEvConf: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: ref(flush),
        DestinationConfig: {},
        Qualifier: '$LATEST',
        MaximumEventAgeInSeconds: maximumEventAge,
        MaximumRetryAttempts: maximumRetryAttempts,
      },
    },
    [RULE]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        ScheduleExpression: events[0].schedule,
        State: 'ENABLED',
        Targets: [{ Arn: attribute(flush, 'Arn'), Id: 'flushSchedule' }],
      },
    },
    FlushLambdaPermissionEventsRuleSchedule1: {
      Type: 'AWS::Lambda::Permission',
      Properties: {
        FunctionName: attribute(flush, 'Arn'),
        Action: 'lambda:InvokeFunction',
        Principal: 'events.amazonaws.com',
        SourceArn: attribute(RULE, 'Arn'),
      },
    },
  };
};
