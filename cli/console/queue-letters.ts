/** Reads and redrives the dead letters in the queue of the local system. */

import { randomUUID } from 'node:crypto';
import {
  ChangeMessageVisibilityBatchCommand,
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { emulatorAccess } from '../../local/loopback.ts';
import { isFifoQueue } from '../../src/adapters/queue-url.ts';
import type { DeadLetterSource, QueuedLetter } from './dead-letter-source.ts';

/** Queues of a system. */
export interface LetterQueues {
  readonly sqsEndpoint: string;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}

const MESSAGES_PER_CALL = 10;
/** Time for which received letters are hidden, so that the next call gets others. They are made visible again earlier. */
const HIDDEN_SECONDS = 30;

/** Opens the dead-letter queue. Calls run one after the other, because a received letter is hidden from another call. */
export const openQueueLetters = ({ sqsEndpoint, queueUrl, deadLetterQueueUrl }: LetterQueues): DeadLetterSource => {
  const client = new SQSClient(emulatorAccess(sqsEndpoint));
  const inTurn = createTurns();
  const send = (message: Message): Promise<unknown> => sendBack(client, queueUrl, message);
  const receive = (): Promise<readonly Message[]> => receiveLetters(client, deadLetterQueueUrl);
  const release = (messages: readonly Message[]): Promise<void> => releaseLetters(client, deadLetterQueueUrl, messages);

  const redrive = async (isChosen: (message: Message) => boolean): Promise<number> => {
    const others: Message[] = [];
    let sent = 0;
    try {
      for (let some = await receive(); some.length > 0; some = await receive()) {
        others.push(...some.filter((message) => !isChosen(message)));
        for (const message of some.filter(isChosen)) {
          await send(message);
          await client.send(
            new DeleteMessageCommand({ QueueUrl: deadLetterQueueUrl, ReceiptHandle: message.ReceiptHandle }),
          );
          sent += 1;
        }
      }
    } finally {
      await release(others);
    }
    return sent;
  };

  return {
    list: (lettersMax) =>
      inTurn(async () => {
        const messages: Message[] = [];
        try {
          for (let some = await receive(); some.length > 0; some = await receive()) {
            messages.push(...some);
            if (messages.length > lettersMax) break;
          }
        } finally {
          await release(messages);
        }
        return { letters: messages.slice(0, lettersMax).map(letterOf), hasMore: messages.length > lettersMax };
      }),
    redrive: (ids) => inTurn(() => redrive(({ MessageId = '' }) => ids === undefined || ids.has(MessageId))),
    close: () => client.destroy(),
  };
};

/** Returns a function that runs one task after the other, also after a failure. */
const createTurns = (): (<T>(task: () => Promise<T>) => Promise<T>) => {
  let last: Promise<unknown> = Promise.resolve();
  return (task) => {
    const turn = last.then(task, task);
    last = turn;
    return turn;
  };
};

const receiveLetters = async (client: SQSClient, url: string): Promise<readonly Message[]> => {
  const request = new ReceiveMessageCommand({
    QueueUrl: url,
    MaxNumberOfMessages: MESSAGES_PER_CALL,
    MessageAttributeNames: ['All'],
    MessageSystemAttributeNames: ['MessageGroupId'],
    VisibilityTimeout: HIDDEN_SECONDS,
  });
  const { Messages = [] } = await client.send(request);
  return Messages;
};

const releaseLetters = async (client: SQSClient, url: string, messages: readonly Message[]): Promise<void> => {
  for (let at = 0; at < messages.length; at += MESSAGES_PER_CALL) {
    const some = messages.slice(at, at + MESSAGES_PER_CALL);
    const entries = some.map(({ ReceiptHandle }, index) => ({
      Id: String(index),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await client.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries: entries }));
  }
};

/** A letter is deleted only after the source queue has confirmed it, because sending it twice changes nothing. */
const sendBack = (client: SQSClient, url: string, { Body, MessageAttributes, Attributes }: Message): Promise<unknown> =>
  client.send(
    new SendMessageCommand({
      QueueUrl: url,
      MessageBody: Body,
      ...(MessageAttributes === undefined ? {} : { MessageAttributes }),
      ...(isFifoQueue(url)
        ? { MessageGroupId: Attributes?.MessageGroupId ?? 'default', MessageDeduplicationId: randomUUID() }
        : {}),
    }),
  );

const letterOf = ({ MessageId = '', Body = '', MessageAttributes = {} }: Message): QueuedLetter => ({
  id: MessageId,
  body: Body,
  attributes: Object.fromEntries(
    Object.entries(MessageAttributes).map(([name, { StringValue = '' }]) => [name, StringValue]),
  ),
});
