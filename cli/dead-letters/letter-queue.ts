/** The dead-letter queue: receiving without losing, giving back, sending to another queue, and deleting. */

import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  GetQueueAttributesCommand,
  type MessageAttributeValue,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { chunksOf } from '../../src/adapters/chunks.ts';
import { isFifoQueue } from '../../src/adapters/queue-url.ts';
import type { MessageAttribute } from '../../src/sink/message.ts';
import { allOrFirstError } from '../../src/sink/write/in-flight.ts';
import { isOnLoopback } from '../sink-names.ts';
import { UsageError } from '../usage-error.ts';
import { type Letter, letterOfMessage } from './letter.ts';

/** A letter that this process has received, and that no other process receives for a time. */
export interface HeldLetter {
  readonly letter: Letter;
  readonly receiptHandle: string;
  /** Until when it is hidden, by the clock of `performance.now()`. */
  readonly hiddenUntilMs: number;
}

/** What is sent of a letter. */
export type SentLetter = Pick<Letter, 'id' | 'body' | 'attributes' | 'groupId'>;

/** Properties of a queue that decide what may be done with it. */
export interface QueueFacts {
  readonly arn: string;
  /** Messages that can be received now, approximately. */
  readonly visible: number;
  /** Messages that another process has received, or that are delayed, approximately. */
  readonly hidden: number;
  /** Receives after which the queue moves a message to another one; undefined if it never does. */
  readonly maxReceiveCount: number | undefined;
  /** ARN of the queue to which this one moves messages. */
  readonly movesTo: string | undefined;
}

/** Limit of SQS for the messages of one receive, and for the entries of a batch. */
export const RECEIVE_MAX = 10;

/** One queue. Methods throw the errors of the SDK. */
export class LetterQueue {
  readonly url: string;
  readonly isFifo: boolean;
  readonly #client: SQSClient;
  /** A long poll asks all servers of SQS. A short one asks some of them, and may find nothing. */
  readonly #waitSeconds: number;

  constructor(client: SQSClient, url: string) {
    this.#client = client;
    this.url = url;
    this.isFifo = isFifoQueue(url);
    this.#waitSeconds = isOnLoopback(url) ? 0 : 1;
  }

  /**
   * Receives up to `count` letters (1 to 10), and hides them for a time. Nothing is visible if it returns none.
   */
  async receive(count: number, hideSeconds: number): Promise<readonly HeldLetter[]> {
    const hiddenUntilMs = performance.now() + hideSeconds * 1_000;
    const { Messages = [] } = await this.#client.send(
      new ReceiveMessageCommand({
        QueueUrl: this.url,
        MaxNumberOfMessages: Math.min(RECEIVE_MAX, count),
        VisibilityTimeout: hideSeconds,
        WaitTimeSeconds: this.#waitSeconds,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    return Messages.map((message) => ({
      letter: letterOfMessage(message),
      receiptHandle: message.ReceiptHandle ?? '',
      hiddenUntilMs,
    }));
  }

  /**
   * Makes letters visible again. Returns the number that SQS confirmed; the others become visible by themselves when
   * their time is over. Never throws.
   */
  async giveBack(receiptHandles: readonly string[]): Promise<number> {
    const counts = await allOrFirstError(
      chunksOf(receiptHandles, RECEIVE_MAX).map(async (chunk) => {
        const Entries = chunk.map((ReceiptHandle, index) => ({
          Id: String(index),
          ReceiptHandle,
          VisibilityTimeout: 0,
        }));
        const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.url, Entries });
        const result = await this.#client.send(command).catch(() => undefined);
        return result?.Successful?.length ?? 0;
      }),
    );
    return counts.reduce((sum, count) => sum + count, 0);
  }

  /**
   * Sends a letter to this queue, and returns when SQS has confirmed it. To a FIFO queue it is sent with the group of its
   * event. The deduplication id is that of the letter, so that the queue discards a second copy within five minutes.
   */
  async send({ id, body, attributes, groupId }: SentLetter): Promise<void> {
    await this.#client.send(
      new SendMessageCommand({
        QueueUrl: this.url,
        MessageBody: body,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, attribute]) => [name, attributeValue(attribute)]),
        ),
        ...(this.isFifo ? { MessageGroupId: groupId ?? 'none', MessageDeduplicationId: id } : {}),
        // On standard queues a group serves fairness between tenants.
        ...(!this.isFifo && groupId !== undefined ? { MessageGroupId: groupId } : {}),
      }),
    );
  }

  /** Deletes a received letter. */
  async delete({ receiptHandle }: HeldLetter): Promise<void> {
    await this.#client.send(new DeleteMessageCommand({ QueueUrl: this.url, ReceiptHandle: receiptHandle }));
  }

  async facts(): Promise<QueueFacts> {
    const { Attributes = {} } = await this.#client.send(
      new GetQueueAttributesCommand({ QueueUrl: this.url, AttributeNames: ['All'] }),
    );
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes.RedrivePolicy ?? '{}');
    return {
      arn: Attributes.QueueArn ?? '',
      visible: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      hidden:
        Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0) +
        Number(Attributes.ApproximateNumberOfMessagesDelayed ?? 0),
      maxReceiveCount: maxReceiveCount === undefined ? undefined : Number(maxReceiveCount),
      movesTo: deadLetterTargetArn,
    };
  }
}

const attributeValue = ({ type, value }: MessageAttribute): MessageAttributeValue =>
  type.startsWith('Binary')
    ? { DataType: type, BinaryValue: Buffer.from(value, 'base64') }
    : { DataType: type, StringValue: value };

/** Receives that a queue must permit at least before the tools look into it. */
const RECEIVES_MIN = 100;

/**
 * Throws a `UsageError` if the queue would move its messages elsewhere after a few receives, because each look at a
 * message is a receive.
 */
export const assertMayReceive = (url: string, { maxReceiveCount, movesTo }: QueueFacts): void => {
  if (maxReceiveCount === undefined || maxReceiveCount >= RECEIVES_MIN) return;
  throw new UsageError(
    `The queue ${url} moves messages to ${movesTo} after ${maxReceiveCount} receives, and each look at a message is a receive. ` +
      'A dead-letter queue should have no redrive policy of its own. Remove it, or raise its maxReceiveCount to 1,000.',
  );
};
