/** The requests to the queue that an event source mapping makes: receive, delete, and release messages. */

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { chunksOf } from '../../src/adapters/chunks.ts';
import { emulatorAccess } from '../loopback.ts';
import { regionOf, toRecord } from './sqs-event.ts';

/** The source queue of a mapping. */
export interface SourceQueue {
  /** Receives up to `count` messages (1 to 10). Waits up to `waitSeconds` whole seconds for a first one. */
  receive(count: number, waitSeconds: number): Promise<SQSRecord[]>;
  /** Deletes the messages. Returns the records that could not be deleted; they are received again. */
  remove(records: readonly SQSRecord[]): Promise<SQSRecord[]>;
  /** Makes messages visible again that no invocation has received. Never throws. */
  release(records: readonly SQSRecord[]): Promise<void>;
  visibilityTimeoutMs(): Promise<number>;
  close(): void;
}

/** Names of the queue and its endpoint. */
export interface SourceQueueOptions {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly endpoint: string;
}

/** SQS limit for the messages of one receive. */
export const RECEIVE_MAX = 10;
const ENTRIES_MAX = 10;
const ATTEMPTS_MAX = 3;
/** Concurrent requests to the queue. More would only wait in front of the single emulator. */
const CONCURRENT_REQUESTS = 8;

/** Entry ids are positions, because two records of one batch can have the same message id. */
const toEntries = (records: readonly SQSRecord[]) =>
  records.map((record, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));

const removeTen = async (client: SQSClient, queueUrl: string, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  let remaining = [...records];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX && remaining.length > 0; attempt++) {
    const request = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: toEntries(remaining) });
    // The SDK has already retried a request that failed as a whole.
    const response = await client.send(request).catch(() => undefined);
    if (!response) break;
    const done = new Set(response.Successful?.map((entry) => entry.Id));
    remaining = remaining.filter((_, index) => !done.has(String(index)));
  }
  return remaining;
};

const forChunks = async <T>(
  records: readonly SQSRecord[],
  work: (chunk: readonly SQSRecord[]) => Promise<T[]>,
): Promise<T[]> => {
  const chunks = chunksOf(records, ENTRIES_MAX).values();
  const results: T[] = [];
  const worker = async () => {
    for (const chunk of chunks) results.push(...(await work(chunk)));
  };
  await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, worker));
  return results;
};

/** Opens a client for the queue. */
export const openSourceQueue = ({ queueUrl, queueArn, endpoint }: SourceQueueOptions): SourceQueue => {
  const client = new SQSClient({
    ...emulatorAccess(endpoint, regionOf(queueArn)),
    // Each long poll occupies a connection. With the default of 50 connections, deletions would wait for long polls.
    requestHandler: { httpAgent: { maxSockets: 1_000, keepAlive: true } },
  });
  return {
    receive: async (count, waitSeconds) => {
      const { Messages = [] } = await client.send(
        new ReceiveMessageCommand({
          QueueUrl: queueUrl,
          MaxNumberOfMessages: count,
          WaitTimeSeconds: waitSeconds,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      );
      return Messages.map((message) => toRecord(message, queueArn));
    },
    remove: (records) => forChunks(records, (chunk) => removeTen(client, queueUrl, chunk)),
    release: async (records) => {
      await forChunks(records, async (chunk) => {
        const Entries = toEntries(chunk).map((entry) => ({ ...entry, VisibilityTimeout: 0 }));
        // Best effort: if it fails, the messages become visible after their visibility timeout.
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => {});
        return [];
      });
    },
    visibilityTimeoutMs: async () => {
      const { Attributes } = await client.send(
        new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] }),
      );
      return Number(Attributes?.VisibilityTimeout) * 1_000;
    },
    close: () => client.destroy(),
  };
};
