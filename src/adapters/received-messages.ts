/**
 * Calls to SQS for messages that were received: changing their visibility, and deleting them. Separate from `sqs.ts`, because
 * the flush function must not make them.
 */

import { ChangeMessageVisibilityBatchCommand, DeleteMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { VisibilityChange } from '../ingest/delivery.ts';
import type { Deadline } from '../sink/ports.ts';
import { allOrFirstError } from '../sink/write/in-flight.ts';
import { chunksOf } from './chunks.ts';

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
