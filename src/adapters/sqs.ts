/**
 * The client of SQS, and sending dead letters with it. The functions load this file and `received-messages.ts` at the first
 * call, because an invocation whose events are all written makes none (docs/decisions/0044).
 */

import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, SQSClient } from '@aws-sdk/client-sqs';
import type { DeadLetter, Deadline } from '../sink/ports.ts';
import { AWS_TIMEOUTS } from './aws-timeouts.ts';
import { isFifoQueue } from './queue-url.ts';

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
