import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { SQSRecord } from 'aws-lambda';
import { emulatorAccess } from '../loopback.ts';
import { regionOf, toRecord } from './sqs-event.ts';

/** The queue as an event source mapping sees it. */
export interface SourceQueue {
  /** At most ten messages, after at most so many whole seconds. */
  receive(count: number, waitSeconds: number): Promise<SQSRecord[]>;
  /** Returns the records that could not be deleted; they will come back. */
  remove(records: readonly SQSRecord[]): Promise<SQSRecord[]>;
  /** Gives messages back that nobody has worked on. */
  release(records: readonly SQSRecord[]): Promise<void>;
  visibilityTimeoutMs(): Promise<number>;
  close(): void;
}

export interface SourceQueueOptions {
  readonly queueUrl: string;
  readonly queueArn: string;
  readonly endpoint: string;
}

export const RECEIVE_MAX = 10;
const ENTRIES_MAX = 10;
const ATTEMPTS_MAX = 3;
/** More requests at once only stand in line before one emulator. */
const REQUESTS_AT_ONCE = 8;

const chunksOf = <T>(items: readonly T[], size: number): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));

/** Entry ids are positions, because two records of one batch can have the same message id. */
const toEntries = (records: readonly SQSRecord[]) =>
  records.map((record, index) => ({ Id: String(index), ReceiptHandle: record.receiptHandle }));

const removeTen = async (client: SQSClient, queueUrl: string, records: readonly SQSRecord[]): Promise<SQSRecord[]> => {
  let left = [...records];
  for (let attempt = 1; attempt <= ATTEMPTS_MAX && left.length > 0; attempt++) {
    const request = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: toEntries(left) });
    // A request that failed whole was already tried again by the SDK.
    const answer = await client.send(request).catch(() => undefined);
    if (!answer) break;
    const done = new Set(answer.Successful?.map((entry) => entry.Id));
    left = left.filter((_, index) => !done.has(String(index)));
  }
  return left;
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
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, worker));
  return results;
};

export const openSourceQueue = ({ queueUrl, queueArn, endpoint }: SourceQueueOptions): SourceQueue => {
  const client = new SQSClient({
    ...emulatorAccess(endpoint, regionOf(queueArn)),
    // Long polls hold a connection each; the default of 50 would make the deletions wait for them.
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
        // Best effort: without it the messages come back by themselves, only later.
        await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries })).catch(() => {});
        return [];
      });
    },
    visibilityTimeoutMs: async () => {
      const asked = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['VisibilityTimeout'] });
      const { Attributes } = await client.send(asked);
      return Number(Attributes?.VisibilityTimeout) * 1_000;
    },
    close: () => client.destroy(),
  };
};
