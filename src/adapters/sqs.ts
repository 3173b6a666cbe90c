/** Calls to SQS: sending dead letters, changing the visibility of messages, and deleting messages. */

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { VisibilityChange } from '../ingest/delivery.ts';
import type { DeadLetter, Deadline } from '../sink/ports.ts';
import { allOrFirstError } from '../sink/write/in-flight.ts';
import { chunksOf } from './chunks.ts';
import { isFifoQueue } from './queue-url.ts';

/**
 * Time limits of every call to AWS, in milliseconds. A call without a limit could block an invocation until Lambda
 * kills it. Without `throwOnRequestTimeout` the SDK only logs a warning at the limit.
 */
export const AWS_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

/** Creates a client with at most 3 attempts per call. */
export const sqsClient = (): SQSClient => new SQSClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/**
 * Sends at most 10 dead letters of at most 1 MiB together, in one call. Returns `true` for each one that the queue has
 * confirmed. Throws if the call fails; then none is confirmed.
 */
export const sendLetters = async (
  client: SQSClient,
  queueUrl: string,
  letters: readonly DeadLetter[],
  deadline: Deadline,
): Promise<readonly boolean[]> => {
  const fifo = isFifoQueue(queueUrl);
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: letters.map((letter, index) => entryOf(letter, index, fifo)),
  });
  const result = await client.send(command, { abortSignal: deadline.signal });
  const confirmed = new Set(result.Successful?.map((entry) => entry.Id));
  return letters.map((_, index) => confirmed.has(String(index)));
};

const entryOf = (letter: DeadLetter, index: number, fifo: boolean): SendMessageBatchRequestEntry => ({
  Id: String(index),
  MessageBody: letter.body,
  MessageAttributes: Object.fromEntries(
    Object.entries(letter.attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  ),
  ...(fifo ? { MessageGroupId: letter.groupId ?? 'none', MessageDeduplicationId: letter.deduplicationId } : {}),
});

/** Limit of SQS for the entries of a batch. */
const ENTRIES_PER_CALL = 10;

/**
 * Makes one call per ten entries, all concurrently, and returns the sum of their confirmed entries. A failed call
 * confirms none of its ten.
 */
const countConfirmed = async <T>(
  entries: readonly T[],
  call: (ten: readonly T[]) => Promise<number>,
): Promise<number> => {
  const calls = chunksOf(entries, ENTRIES_PER_CALL).map((ten) => call(ten).catch(() => 0));
  return (await allOrFirstError(calls)).reduce((sum, count) => sum + count, 0);
};

/**
 * Sets when returned messages become visible again. Best effort: if a change fails, the message keeps the visibility
 * timeout of the queue. Returns the number of confirmed changes. Never throws.
 */
export const changeVisibility = (
  client: SQSClient,
  queueUrl: string,
  changes: readonly VisibilityChange[],
  deadline: Deadline,
): Promise<number> => countConfirmed(changes, (ten) => changeTen(client, queueUrl, ten, deadline));

/**
 * Deletes messages. Best effort: Lambda deletes the others after the response of the invocation. Returns the number of
 * confirmed deletions. Never throws.
 */
export const deleteMessages = (
  client: SQSClient,
  queueUrl: string,
  receiptHandles: readonly string[],
  { signal }: Deadline,
): Promise<number> =>
  countConfirmed(receiptHandles, async (ten) => {
    const entries = ten.map((receiptHandle, index) => ({ Id: String(index), ReceiptHandle: receiptHandle }));
    const command = new DeleteMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries });
    return (await client.send(command, { abortSignal: signal })).Successful?.length ?? 0;
  });

const changeTen = async (
  client: SQSClient,
  queueUrl: string,
  changes: readonly VisibilityChange[],
  deadline: Deadline,
): Promise<number> => {
  const entries = changes.map(({ receiptHandle, seconds }, index) => ({
    Id: String(index),
    ReceiptHandle: receiptHandle,
    VisibilityTimeout: seconds,
  }));
  const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: queueUrl, Entries: entries });
  const result = await client.send(command, { abortSignal: deadline.signal });
  return result.Successful?.length ?? 0;
};
