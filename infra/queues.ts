/** The event queue, and the dead-letter queue for events that can never become points. */

import { type Part, type Resource, when } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import {
  arnByName,
  DEAD_LETTER_QUEUE,
  deadLetterQueueArn,
  deadLetterQueueName,
  deadLetterQueueUrl,
  EVENT_QUEUE,
  eventQueueArn,
  eventQueueName,
  eventQueueUrl,
} from './names.ts';

/** Retention of both queues: 14 days, the maximum of SQS. */
const RETENTION_SECONDS = 14 * 24 * 3600;

/**
 * Receives before SQS moves a message to the dead-letter queue: the maximum of SQS. The sink identifies poison messages
 * itself, so the receive count must never move one. With the sink's visibility schedule, 1,000 receives outlast the
 * retention, so an outage of openGemini never fills the dead-letter queue with healthy events (docs/decisions/0001).
 */
const RECEIVES_MAX = 1_000;

/**
 * Returns the visibility timeout of the event queue, as AWS recommends: a message stays hidden while an invocation may
 * still process it, throttled batches included.
 */
export const visibilitySeconds = ({ timeoutSeconds, windowSeconds = 0 }: Parameters): number =>
  6 * timeoutSeconds + windowSeconds;

/** Returns the queues that the stack creates, and their outputs. */
export const queues = (parameters: Parameters): Part => ({
  Resources: {
    ...when(parameters.queueArn === undefined, { [EVENT_QUEUE]: eventQueue(parameters) }),
    ...when(parameters.deadLetterQueueArn === undefined, { [DEAD_LETTER_QUEUE]: deadLetterQueue(parameters) }),
  },
  Outputs: {
    EventQueueUrl: { Description: 'URL that producers send events to.', Value: eventQueueUrl(parameters) },
    EventQueueArn: { Description: 'ARN for rules and topics that send events.', Value: eventQueueArn(parameters) },
    DeadLetterQueueUrl: {
      Description: 'URL of the dead letters: one event each, with the reason.',
      Value: deadLetterQueueUrl(parameters),
    },
  },
});

const eventQueue = (parameters: Parameters): Resource =>
  queue(parameters, eventQueueName(parameters), {
    VisibilityTimeout: visibilitySeconds(parameters),
    RedrivePolicy: { deadLetterTargetArn: deadLetterQueueArn(parameters), maxReceiveCount: RECEIVES_MAX },
  });

const deadLetterQueue = (parameters: Parameters): Resource =>
  queue(parameters, deadLetterQueueName(parameters), {
    // Only the event queue may move messages to it.
    RedriveAllowPolicy: {
      redrivePermission: 'byQueue',
      sourceQueueArns: [parameters.queueArn ?? arnByName(eventQueueName(parameters))],
    },
  });

const queue = (parameters: Parameters, QueueName: string, properties: Readonly<Record<string, unknown>>): Resource => {
  const policy = parameters.deletionProtection ? 'Retain' : 'Delete';
  return {
    Type: 'AWS::SQS::Queue',
    DeletionPolicy: policy,
    UpdateReplacePolicy: policy,
    Properties: {
      QueueName,
      MessageRetentionPeriod: RETENTION_SECONDS,
      ...encryption(parameters),
      ...when(parameters.fifo, FIFO),
      ...properties,
    },
  };
};

const encryption = ({ kmsKeyArn }: Parameters): Readonly<Record<string, unknown>> =>
  kmsKeyArn === undefined ? { SqsManagedSseEnabled: true } : { KmsMasterKeyId: kmsKeyArn };

/**
 * Properties of FIFO queues: order and throughput per message group. There is no deduplication by content, because two
 * equal readings are two readings. Producers must therefore give each message a deduplication id.
 */
const FIFO = { FifoQueue: true, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
