/** The queue that events are sent to, and the one where those wait that can never become points. */

import { type Part, type Resource, when } from './cloudformation.ts';
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
import type { Parameters } from './parameters.ts';

/** SQS keeps nothing longer. */
const RETENTION_SECONDS = 14 * 24 * 3600;

/**
 * The most that SQS allows. The sink decides what is poison, not the receive count: with its visibility schedule a
 * thousand receives outlast the retention, so an outage of openGemini never fills the dead-letter queue with healthy
 * events.
 */
const RECEIVES_MAX = 1_000;

/** As AWS advises: a message is not shown again while it may still be worked on, throttled batches included. */
export const visibilitySeconds = ({ timeoutSeconds, windowSeconds = 0 }: Parameters): number =>
  6 * timeoutSeconds + windowSeconds;

export const queues = (parameters: Parameters): Part => ({
  Resources: {
    ...when(parameters.queueArn === undefined, { [EVENT_QUEUE]: eventQueue(parameters) }),
    ...when(parameters.deadLetterQueueArn === undefined, { [DEAD_LETTER_QUEUE]: deadLetterQueue(parameters) }),
  },
  Outputs: {
    EventQueueUrl: { Description: 'Send events here.', Value: eventQueueUrl(parameters) },
    EventQueueArn: { Description: 'For rules and topics that send events.', Value: eventQueueArn(parameters) },
    DeadLetterQueueUrl: {
      Description: 'Events that could not become points, one a letter, with the reason.',
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
    // Nobody else's queue may put its messages among the letters.
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
 * Order and throughput by group. No deduplication by content: two readings that look the same are two readings, so
 * producers give each message an id.
 */
const FIFO = { FifoQueue: true, DeduplicationScope: 'messageGroup', FifoThroughputLimit: 'perMessageGroupId' };
