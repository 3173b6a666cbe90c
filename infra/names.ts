/** How the parts of the template speak of each other, whether they are made here or were there already. */

import { queueUrlFrom } from '../src/adapters/queue-url.ts';
import { attribute, ref, sub } from './cloudformation.ts';
import type { Parameters } from './parameters.ts';

export const EVENT_QUEUE = 'EventQueue';
export const DEAD_LETTER_QUEUE = 'DeadLetterQueue';
export const STATE_TABLE = 'StateTable';

/** Name of anything that has one in this stack. */
export const named = ({ service, stage }: Parameters, what: string): string => `${service}-${stage}-${what}`;

export const FUNCTIONS = ['ingest', 'flush'] as const;
export type FunctionName = (typeof FUNCTIONS)[number];

/** The Framework's names for what it makes of a function. */
export const functionResource = (name: FunctionName): string =>
  `${name.charAt(0).toUpperCase()}${name.slice(1)}LambdaFunction`;

/** The Framework's name for what reads the queue on behalf of the function. */
export const eventSourceResource = ({ queueArn }: Parameters): string => {
  const letters = queueArn === undefined ? EVENT_QUEUE : lastPart(queueArn).replaceAll(/[^0-9A-Za-z]/g, '');
  return `IngestEventSourceMappingSQS${letters.charAt(0).toUpperCase()}${letters.slice(1)}`;
};

/** Its `Ref` is its id, and the last part of its ARN. */
export const eventSourceArn = (parameters: Parameters): unknown =>
  sub(
    `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:event-source-mapping:\${${eventSourceResource(parameters)}}`,
  );

const lastPart = (arn: string): string => arn.split(':').at(-1) as string;

const queueName = (parameters: Parameters, what: string, existingArn: string | undefined): string =>
  existingArn === undefined ? named(parameters, `${what}${parameters.fifo ? '.fifo' : ''}`) : lastPart(existingArn);

export const eventQueueName = (parameters: Parameters): string => queueName(parameters, 'events', parameters.queueArn);

export const deadLetterQueueName = (parameters: Parameters): string =>
  queueName(parameters, 'dead-letters', parameters.deadLetterQueueArn);

export const eventQueueArn = ({ queueArn }: Parameters): unknown => queueArn ?? attribute(EVENT_QUEUE, 'Arn');

export const deadLetterQueueArn = ({ deadLetterQueueArn }: Parameters): unknown =>
  deadLetterQueueArn ?? attribute(DEAD_LETTER_QUEUE, 'Arn');

/** The address of a queue that is made here is its `Ref`. */
export const deadLetterQueueUrl = ({ deadLetterQueueArn: arn }: Parameters): unknown =>
  arn === undefined ? ref(DEAD_LETTER_QUEUE) : queueUrlFrom(arn, undefined);

export const eventQueueUrl = ({ queueArn: arn }: Parameters): unknown =>
  arn === undefined ? ref(EVENT_QUEUE) : queueUrlFrom(arn, undefined);

export const tableArn = ({ tableArn }: Parameters): unknown => tableArn ?? attribute(STATE_TABLE, 'Arn');

export const tableName = ({ tableArn }: Parameters): unknown =>
  tableArn === undefined ? ref(STATE_TABLE) : (tableArn.split('/').at(-1) as string);

/** The name of the table inside a text that is substituted. */
export const tableNameIn = ({ tableArn }: Parameters): string =>
  tableArn === undefined ? `\${${STATE_TABLE}}` : (tableArn.split('/').at(-1) as string);

/** ARN of a queue that is not made yet, for policies that would otherwise go in a circle. */
export const arnByName = (name: string): unknown =>
  sub(`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}`);
