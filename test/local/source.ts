/** Queues for tests that receive from or send to them. */

import {
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { type QueueOptions, type QueueService, startQueueService } from '../../local/queue/queue.ts';

/** Starts one queue service for a test file. `createQueues` creates a separate pair of queues on each call. */
export const useQueues = () => {
  let service: QueueService;
  let client: SQSClient;
  let count = 0;

  beforeAll(async () => {
    service = await startQueueService();
    client = new SQSClient(emulatorAccess(service.endpoint));
  });
  afterAll(async () => {
    client.destroy();
    await service.close();
  });

  const createQueues = async (options: Partial<QueueOptions> = {}) => ({
    endpoint: service.endpoint,
    ...(await service.createQueues({
      name: `source-${++count}`,
      visibilityTimeoutSeconds: 30,
      maxReceiveCount: 10,
      retentionSeconds: 3_600,
      ...options,
    })),
  });

  const send = async (queueUrl: string, entries: readonly Omit<SendMessageBatchRequestEntry, 'Id'>[]) => {
    for (let from = 0; from < entries.length; from += 10) {
      const Entries = entries.slice(from, from + 10).map((entry, i) => ({ Id: String(i), ...entry }));
      await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }));
    }
  };
  const sendBodies = (queueUrl: string, bodies: readonly string[]) =>
    send(
      queueUrl,
      bodies.map((MessageBody) => ({ MessageBody })),
    );

  const receive = async (queueUrl: string, waitSeconds = 0): Promise<Message[]> => {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: queueUrl,
        MaxNumberOfMessages: 10,
        WaitTimeSeconds: waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages;
  };

  /** Returns the number of visible messages, and of messages in flight. */
  const depth = async (queueUrl: string): Promise<[number, number]> => {
    const { Attributes = {} } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] }),
    );
    return [Number(Attributes.ApproximateNumberOfMessages), Number(Attributes.ApproximateNumberOfMessagesNotVisible)];
  };

  return { client: () => client, endpoint: () => service.endpoint, createQueues, send, sendBodies, receive, depth };
};
