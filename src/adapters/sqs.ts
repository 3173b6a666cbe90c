/** Dead letters and visibility: what the sink says to SQS beside its answer to Lambda. */

import {
  ChangeMessageVisibilityBatchCommand,
  SendMessageBatchCommand,
  type SendMessageBatchRequestEntry,
  SQSClient,
} from '@aws-sdk/client-sqs';
import type { Deadline } from '../sink/deadline.ts';
import type { Letter } from '../sink/letter.ts';

/** Of every call: a call without a limit could hold an invocation until it is killed. By itself the SDK only warns. */
export const AWS_TIMEOUTS = { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true } as const;

export const sqsClient = (): SQSClient => new SQSClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** True for each letter that the queue has confirmed, by entry; a failed call confirms none. */
export const sendLetters = async (
  client: SQSClient,
  queueUrl: string,
  letters: readonly Letter[],
  deadline: Deadline,
): Promise<readonly boolean[]> => {
  const fifo = queueUrl.endsWith('.fifo');
  const command = new SendMessageBatchCommand({
    QueueUrl: queueUrl,
    Entries: letters.map((letter, index) => entryOf(letter, index, fifo)),
  });
  const result = await client.send(command, { abortSignal: deadline.signal });
  const confirmed = new Set(result.Successful?.map((entry) => entry.Id));
  return letters.map((_, index) => confirmed.has(String(index)));
};

const entryOf = (letter: Letter, index: number, fifo: boolean): SendMessageBatchRequestEntry => ({
  Id: String(index),
  MessageBody: letter.body,
  MessageAttributes: Object.fromEntries(
    Object.entries(letter.attributes).map(([name, value]) => [name, { DataType: 'String', StringValue: value }]),
  ),
  ...(fifo ? { MessageGroupId: letter.groupId ?? 'none', MessageDeduplicationId: letter.deduplicationId } : {}),
});

export interface VisibilityChange {
  readonly receiptHandle: string;
  readonly seconds: number;
}

const CHANGES_PER_CALL = 10;

/**
 * Sets when returned messages are seen again. Best effort: what fails keeps the queue's own timeout. Returns how many
 * changes were confirmed.
 */
export const changeVisibility = async (
  client: SQSClient,
  queueUrl: string,
  changes: readonly VisibilityChange[],
  deadline: Deadline,
): Promise<number> => {
  const calls: Promise<number>[] = [];
  for (let start = 0; start < changes.length; start += CHANGES_PER_CALL) {
    calls.push(changeTen(client, queueUrl, changes.slice(start, start + CHANGES_PER_CALL), deadline).catch(() => 0));
  }
  return (await Promise.all(calls)).reduce((sum, count) => sum + count, 0);
};

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
