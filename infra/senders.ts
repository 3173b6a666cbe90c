/**
 * Senders that may send to the event queue: topics, rules, buckets, and other accounts. Without a policy of the queue,
 * SNS, EventBridge, and S3 cannot send to it, and their messages are lost without an error at the sink.
 */

import type { Setting } from '../src/config/setting.ts';
import { type Part, type Resource, ref } from './cloudformation.ts';
import type { Parameters } from './deployment.ts';
import { EVENT_QUEUE, eventQueueArn } from './names.ts';

interface Kind {
  readonly pattern: RegExp;
  /** The form, as a user would write it. */
  readonly form: string;
  /** Service that sends in the name of the resource. Undefined for an account, which sends itself. */
  readonly service: string | undefined;
  /** Whether the kind can send to FIFO queues. */
  readonly fifo: boolean;
}

const KINDS: readonly Kind[] = [
  {
    pattern: /^arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[\w-]{1,256}(?:\.fifo)?$/,
    form: 'arn:aws:sns:REGION:ACCOUNT:TOPIC',
    service: 'sns.amazonaws.com',
    fifo: true,
  },
  {
    pattern: /^arn:aws[a-z-]*:events:[a-z0-9-]+:\d{12}:rule\/[\w./-]+$/,
    form: 'arn:aws:events:REGION:ACCOUNT:rule/RULE',
    service: 'events.amazonaws.com',
    fifo: true,
  },
  {
    pattern: /^arn:aws[a-z-]*:s3:::[a-z0-9.-]{3,63}$/,
    form: 'arn:aws:s3:::BUCKET',
    service: 's3.amazonaws.com',
    fifo: false,
  },
  { pattern: /^\d{12}$/, form: 'an account of 12 digits', service: undefined, fifo: true },
];

const kindOf = (sender: string): Kind | undefined => KINDS.find(({ pattern }) => pattern.test(sender));

/** ARNs of topics, rules, and buckets, and account ids, separated by commas. */
export const senderList = (meaning: string): Setting<readonly string[]> => ({
  read: (value) => {
    const senders = value.split(',').map((sender) => sender.trim());
    const wrong = senders.find((sender) => kindOf(sender) === undefined);
    if (wrong === undefined) return { value: senders };
    const which = senders.length === 1 ? '' : `. Wrong: ${JSON.stringify(wrong)}`;
    return {
      fault: `must be ARNs and accounts (${KINDS.map(({ form }) => form).join(', ')}), separated by commas${which}`,
    };
  },
  default: undefined,
  range: 'ARNs and account ids, separated by commas',
  meaning,
});

/** Returns the faults of senders in combination with the queue. */
export const senderFaults = ({
  senders,
  queueArn,
  fifo,
}: Pick<Parameters, 'senders' | 'queueArn' | 'fifo'>): string[] => {
  if (senders.length > 0 && queueArn !== undefined)
    return [
      'senders cannot be combined with queueArn, because the policy of an existing queue is set where the queue is.',
    ];
  return senders
    .filter((sender) => fifo && kindOf(sender)?.fifo === false)
    .map((sender) => `senders must not contain ${sender} with fifo, because S3 cannot send to FIFO queues.`);
};

/** Returns the policy of the event queue, or nothing if no senders are given. */
export const senderPolicy = (parameters: Parameters): Part => ({
  Resources: parameters.senders.length === 0 ? {} : { EventQueuePolicy: policy(parameters) },
});

const policy = (parameters: Parameters): Resource => ({
  Type: 'AWS::SQS::QueuePolicy',
  Properties: {
    Queues: [ref(EVENT_QUEUE)],
    PolicyDocument: {
      Version: '2012-10-17',
      Statement: parameters.senders.map((sender) => ({
        Effect: 'Allow',
        Action: 'sqs:SendMessage',
        Resource: eventQueueArn(parameters),
        ...principalOf(sender),
      })),
    },
  },
});

/** The ARN of a bucket does not contain its account, so another account could later own a bucket of that name. */
const principalOf = (sender: string): Readonly<Record<string, unknown>> => {
  const service = kindOf(sender)?.service;
  if (service === undefined) return { Principal: { AWS: sender } };
  const isBucket = service === 's3.amazonaws.com';
  return {
    Principal: { Service: service },
    Condition: {
      ArnEquals: { 'aws:SourceArn': sender },
      ...(isBucket ? { StringEquals: { 'aws:SourceAccount': ref('AWS::AccountId') } } : {}),
    },
  };
};
