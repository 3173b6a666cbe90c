/** Queues with dead letters for tests, as the sink writes them. */

import { DeleteMessageCommand, ReceiveMessageCommand, type SQSClient } from '@aws-sdk/client-sqs';
import { LetterQueue } from '../../../cli/dead-letters/letter-queue.ts';
import type { QueueService, Queues } from '../../../local/queue/queue.ts';
import { systemClock } from '../../../src/adapters/clock.ts';
import { sendLetters } from '../../../src/adapters/sqs.ts';
import { createConverter } from '../../../src/sink/convert/converter.ts';
import { MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import type { Message } from '../../../src/sink/message.ts';
import type { DeadLetter } from '../../../src/sink/ports.ts';
import { deadLetterFactory } from '../../../src/sink/settle/dead-letter.ts';
import { CountingObserver } from '../../../src/testing/counting-observer.ts';
import { BuffersByTarget, mapping as parsed, TARGET } from '../../sink/make.ts';

/** The mapping that refused the letters. */
export const MAPPING = {
  version: 1,
  events: 'readings',
  measurement: 'room',
  timestamp: { path: 'at', precision: 'ms' },
  tags: { room: { path: '$root.room', required: true } },
  fields: { temp: 'temp', '*': 'extra' },
} as const;

/** The same mapping with a change that takes texts. */
export const CORRECTED = { ...MAPPING, mismatch: 'coerce' } as const;

export const AT_MS = 1_780_000_000_000;

/** Returns a body with one reading for each value. */
export const bodyOf = (room: string | undefined, ...values: readonly unknown[]): string =>
  JSON.stringify({ room, readings: values.map((temp, index) => ({ at: AT_MS + index, temp })) });

/** Returns the dead letters of a message, as the function writes them. */
export const deadLettersOf = (message: Message, declared: Record<string, unknown> = MAPPING): DeadLetter[] => {
  const rules = { mapping: parsed(declared), decode: { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX } } as const;
  const converter = createConverter({ ...rules, converter: 'line', target: TARGET, linePrecision: 'ns' });
  const observer = new CountingObserver();
  for (const batch of converter.convert(converter.decode(message, 0), new BuffersByTarget(), observer))
    throw new Error(`${batch.lines} lines left their buffer`);
  return observer.refusedEvents.map(deadLetterFactory(message, { ...rules, sinkVersion: '0.0.0' }));
};

/** Sends letters to a dead-letter queue. */
export const sendAll = async (client: SQSClient, url: string, letters: readonly DeadLetter[]): Promise<void> => {
  const deadline = systemClock.deadlineIn(60_000);
  for (let from = 0; from < letters.length; from += 10) {
    const confirmed = await sendLetters(client, url, letters.slice(from, from + 10), deadline);
    if (confirmed.includes(false)) throw new Error('The queue did not confirm all letters.');
  }
  deadline.release();
};

let queues = 0;

/** Creates an event queue with its dead-letter queue. */
export const newQueues = (service: QueueService, fifo = false): Promise<Queues> =>
  service.createQueues({
    name: `letters-${queues++}`,
    fifo,
    visibilityTimeoutSeconds: 60,
    maxReceiveCount: 1_000,
    retentionSeconds: 3_600,
  });

/** Receives all visible messages without hiding them for long, and deletes none. */
export const contents = async (client: SQSClient, url: string) => {
  const found = [];
  for (;;) {
    const { Messages = [] } = await client.send(
      new ReceiveMessageCommand({
        QueueUrl: url,
        MaxNumberOfMessages: 10,
        VisibilityTimeout: 30,
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      }),
    );
    if (Messages.length === 0) return found;
    found.push(...Messages);
  }
};

/** Returns the number of messages of a queue that are visible and hidden. */
export const depths = async (client: SQSClient, url: string): Promise<{ visible: number; hidden: number }> => {
  const { visible, hidden } = await new LetterQueue(client, url).facts();
  return { visible, hidden };
};

/** Receives and deletes all messages. A FIFO queue returns the next message of a group only then. */
export const consume = async (client: SQSClient, url: string): ReturnType<typeof contents> => {
  const all = [];
  for (;;) {
    const found = await contents(client, url);
    if (found.length === 0) return all;
    for (const { ReceiptHandle } of found)
      await client.send(new DeleteMessageCommand({ QueueUrl: url, ReceiptHandle }));
    all.push(...found);
  }
};
