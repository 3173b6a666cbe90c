/** Names, ARNs and references of the resources, whether the stack creates them or uses existing ones. */

import { queueUrlFrom } from '../src/adapters/queue-url.ts';
import { attribute, ref, sub } from './cloudformation.ts';
import type { NamingParameters } from './deployment.ts';

/** Logical id of the event queue, if the stack creates it. */
export const EVENT_QUEUE = 'EventQueue';
/** Logical id of the dead-letter queue, if the stack creates it. */
export const DEAD_LETTER_QUEUE = 'DeadLetterQueue';
/** Logical id of the state table, if the stack creates it. */
export const STATE_TABLE = 'StateTable';

/** Returns the name of a resource of this stack, `<service>-<stage>-<what>`. */
export const named = ({ service, stage }: NamingParameters, what: string): string => `${service}-${stage}-${what}`;

/** The functions of the stack. */
export const FUNCTIONS = ['ingest', 'flush'] as const;
/** Name of a function. */
export type FunctionName = (typeof FUNCTIONS)[number];

/** Returns a name with a capital first letter, as in logical ids. */
export const capitalized = (name: string): string => `${name.charAt(0).toUpperCase()}${name.slice(1)}`;

/** Returns the logical id that the Framework gives to a function. */
export const functionResource = (name: FunctionName): string => `${capitalized(name)}LambdaFunction`;

/** Returns the ARN of the flush function. By its name, because the ingest function refers to it too. */
export const flushFunctionArn = (parameters: NamingParameters): unknown =>
  sub(`arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:function:${named(parameters, 'flush')}`);

/** Returns the logical id that the Framework gives to the event source mapping of the ingest function. */
export const eventSourceResource = ({ queueArn }: NamingParameters): string => {
  const letters = queueArn === undefined ? EVENT_QUEUE : lastPart(queueArn).replaceAll(/[^0-9A-Za-z]/g, '');
  return `IngestEventSourceMappingSQS${capitalized(letters)}`;
};

/** Returns the ARN of the event source mapping. Its last part is the id, which is also the `Ref`. */
export const eventSourceArn = (parameters: NamingParameters): unknown =>
  sub(
    `arn:\${AWS::Partition}:lambda:\${AWS::Region}:\${AWS::AccountId}:event-source-mapping:\${${eventSourceResource(parameters)}}`,
  );

const lastPart = (arn: string): string => arn.split(':').at(-1) as string;

const queueName = (parameters: NamingParameters, what: string, existingArn: string | undefined): string =>
  existingArn === undefined ? named(parameters, `${what}${parameters.fifo ? '.fifo' : ''}`) : lastPart(existingArn);

/** Returns the name of the event queue. */
export const eventQueueName = (parameters: NamingParameters): string =>
  queueName(parameters, 'events', parameters.queueArn);

/** Returns the name of the dead-letter queue. */
export const deadLetterQueueName = (parameters: NamingParameters): string =>
  queueName(parameters, 'dead-letters', parameters.deadLetterQueueArn);

/** Returns the ARN of the event queue, or a reference to it. */
export const eventQueueArn = ({ queueArn }: NamingParameters): unknown => queueArn ?? attribute(EVENT_QUEUE, 'Arn');

/** Returns the ARN of the dead-letter queue, or a reference to it. */
export const deadLetterQueueArn = ({ deadLetterQueueArn }: NamingParameters): unknown =>
  deadLetterQueueArn ?? attribute(DEAD_LETTER_QUEUE, 'Arn');

/** Returns the URL of the dead-letter queue. For a queue of this stack, `Ref` is its URL. */
export const deadLetterQueueUrl = ({ deadLetterQueueArn: arn }: NamingParameters): unknown =>
  arn === undefined ? ref(DEAD_LETTER_QUEUE) : queueUrlFrom(arn, undefined);

/** Returns the URL of the event queue. */
export const eventQueueUrl = ({ queueArn: arn }: NamingParameters): unknown =>
  arn === undefined ? ref(EVENT_QUEUE) : queueUrlFrom(arn, undefined);

/** Returns the ARN of the state table, or a reference to it. */
export const tableArn = ({ tableArn }: NamingParameters): unknown => tableArn ?? attribute(STATE_TABLE, 'Arn');

/** Returns the name of the state table, or a reference to it. */
export const tableName = ({ tableArn }: NamingParameters): unknown =>
  tableArn === undefined ? ref(STATE_TABLE) : (tableArn.split('/').at(-1) as string);

/** Returns the name of the state table for a text inside `sub`. */
export const tableNameIn = ({ tableArn }: NamingParameters): string =>
  tableArn === undefined ? `\${${STATE_TABLE}}` : (tableArn.split('/').at(-1) as string);

/** Returns the ARN of a queue by its name. For policies in which a reference would be circular. */
export const arnByName = (name: string): unknown =>
  sub(`arn:\${AWS::Partition}:sqs:\${AWS::Region}:\${AWS::AccountId}:${name}`);
