/**
 * Client for the queues of the local system. It sends messages, measures the depth, and receives messages, as programs
 * of a user do.
 */

import { randomUUID } from 'node:crypto';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { isFifoQueue } from '../../src/adapters/queue-url.ts';
import { emulatorAccess } from '../loopback.ts';

/** A received message, with its message attributes. */
export interface Received {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Client for queues. */
export interface QueueAccess {
  /**
   * Sends any number of messages, to a FIFO queue in one group. Throws if the queue refuses one. `onSent` receives the
   * number of messages of each call.
   */
  send(queueUrl: string, messages: readonly Outgoing[], onSent?: (count: number) => void): Promise<void>;
  /** Returns the number of messages that are visible, in flight, or delayed. SQS counts them approximately. */
  depth(queueUrl: string): Promise<number>;
  /** Receives all visible messages. They stay hidden for five minutes and are not deleted. */
  receiveAll(queueUrl: string): Promise<readonly Received[]>;
  close(): void;
}

/** A message to send, with string attributes. */
export interface Outgoing {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const MESSAGES_PER_CALL = 10;
const BYTES_PER_CALL = 900 * 1024;
const HIDDEN_SECONDS = 300;

/** Opens a client for the queue service at the endpoint. */
export const openQueues = (endpoint: string, region?: string): QueueAccess => {
  const client = new SQSClient(emulatorAccess(endpoint, region));
  return {
    async send(queueUrl, messages, onSent) {
      for (const batch of batches(messages, isFifoQueue(queueUrl))) {
        const { Failed: [failed] = [] } = await client.send(
          new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: batch }),
        );
        if (failed !== undefined) throw new Error(`The queue refused a message: ${failed.Code}: ${failed.Message}`);
        onSent?.(batch.length);
      }
    },
    async depth(queueUrl) {
      const { Attributes = {} } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
      );
      const names = [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ] as const;
      return names.reduce((sum, name) => sum + Number(Attributes[name] ?? 0), 0);
    },
    async receiveAll(queueUrl) {
      const all: Received[] = [];
      for (;;) {
        const { Messages = [] } = await client.send(
          new ReceiveMessageCommand({
            QueueUrl: queueUrl,
            MaxNumberOfMessages: MESSAGES_PER_CALL,
            MessageAttributeNames: ['All'],
            VisibilityTimeout: HIDDEN_SECONDS,
          }),
        );
        if (Messages.length === 0) return all;
        for (const { Body = '', MessageAttributes = {} } of Messages) {
          all.push({
            body: Body,
            attributes: Object.fromEntries(
              Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
            ),
          });
        }
      }
    },
    close: () => client.destroy(),
  };
};

/**
 * Splits messages into calls of at most ten messages and 900 KiB of bodies, which leaves space for attributes in the 1
 * MiB of SQS.
 */
function* batches(messages: readonly Outgoing[], isFifo: boolean): Generator<SendMessageBatchRequestEntry[]> {
  let batch: SendMessageBatchRequestEntry[] = [];
  let bytes = 0;
  for (const { body, attributes = {} } of messages) {
    const size = Buffer.byteLength(body);
    if (batch.length === MESSAGES_PER_CALL || (batch.length > 0 && bytes + size > BYTES_PER_CALL)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    const named = Object.entries(attributes).map(
      ([name, value]) => [name, { DataType: 'String', StringValue: value }] as const,
    );
    batch.push({
      ...{ Id: String(batch.length), MessageBody: body, MessageAttributes: Object.fromEntries(named) },
      ...(isFifo ? { MessageGroupId: 'local', MessageDeduplicationId: randomUUID() } : {}),
    });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
