/** Dead letters and visibility: what the sink says to SQS beside its answer to Lambda. */

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

/** Of every call: a call without a limit could hold an invocation until it is killed. By itself the SDK only warns. */
export const AWS_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

export const sqsClient = (): SQSClient => new SQSClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** True for each letter that the queue has confirmed, by entry; a failed call confirms none. */
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

const ENTRIES_PER_CALL = 10;

/** Calls once per ten entries, concurrently, and returns the sum of what was confirmed. A failed call confirms none of its ten. */
const countConfirmed = async <T>(
  entries: readonly T[],
  call: (ten: readonly T[]) => Promise<number>,
): Promise<number> => {
  const calls = chunksOf(entries, ENTRIES_PER_CALL).map((ten) => call(ten).catch(() => 0));
  return (await allOrFirstError(calls)).reduce((sum, count) => sum + count, 0);
};

/**
 * Sets when returned messages are seen again. Best effort: what fails keeps the queue's own timeout. Returns how many
 * changes were confirmed.
 */
export const changeVisibility = (
  client: SQSClient,
  queueUrl: string,
  changes: readonly VisibilityChange[],
  deadline: Deadline,
): Promise<number> => countConfirmed(changes, (ten) => changeTen(client, queueUrl, ten, deadline));

/** Best effort: Lambda deletes what is left when the invocation has answered. Returns how many are gone for certain. */
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
