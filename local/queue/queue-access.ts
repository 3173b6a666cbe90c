/** Sending to, watching and reading queues of the local system, as a user's own programs would. */

import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { emulatorAccess } from '../loopback.ts';

export interface Received {
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
}

export interface QueueAccess {
  /** Any number of messages; throws when the queue refuses one. */
  send(queueUrl: string, messages: readonly Outgoing[], onSent?: (count: number) => void): Promise<void>;
  /** Messages that are waiting, being worked on, or delayed. */
  depth(queueUrl: string): Promise<number>;
  /** Everything that can be received now; it stays hidden for five minutes. */
  receiveAll(queueUrl: string): Promise<readonly Received[]>;
  close(): void;
}

export interface Outgoing {
  readonly body: string;
  readonly attributes?: Readonly<Record<string, string>>;
}

const MESSAGES_PER_CALL = 10;
const BYTES_PER_CALL = 900 * 1024;
const HIDDEN_SECONDS = 300;

export const openQueues = (endpoint: string, region?: string): QueueAccess => {
  const client = new SQSClient(emulatorAccess(endpoint, region));
  return {
    async send(queueUrl, messages, onSent) {
      for (const batch of batches(messages)) {
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

/** At most ten messages and one MiB a call. */
function* batches(messages: readonly Outgoing[]): Generator<SendMessageBatchRequestEntry[]> {
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
    batch.push({ Id: String(batch.length), MessageBody: body, MessageAttributes: Object.fromEntries(named) });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
