/** Builds messages and bodies as producers send them, for tests of mappings. */

import { gzipSync } from 'node:zlib';
import type { Message, MessageAttribute } from '../sink/message.ts';

/**
 * When messages were sent, unless a test states otherwise: 2025-08-15T00:00:00Z. It is fixed, because the time of events
 * without one depends on it.
 */
const SENT_AT_MS = 1_755_216_000_000;

/** Returns the text of a body: a text as it is, any other value as JSON. */
const textOf = (body: unknown): string => (typeof body === 'string' ? body : JSON.stringify(body));

/**
 * Builds a message as the function receives it: received once, on a standard queue, without attributes, sent at
 * 2025-08-15T00:00:00Z. The time of events without one depends on `id` and `sentAtMs`.
 *
 * @param body - A text is the body as it is. Any other value becomes the body as JSON.
 * @param members - Members that differ.
 */
export const buildMessage = (body: unknown, members: Partial<Omit<Message, 'body'>> = {}): Message => {
  const sentAtMs = members.sentAtMs ?? SENT_AT_MS;
  return {
    id: 'message-1',
    body: textOf(body),
    sentAtMs,
    firstReceivedAtMs: sentAtMs,
    receiveCount: 1,
    groupId: undefined,
    attributes: {},
    origin: undefined,
    ...members,
  };
};

/**
 * Builds the body of a message that an SNS topic sent to the queue, without raw message delivery.
 *
 * @param body - The message that was published: a text as it is, any other value as JSON.
 * @param attributes - Attributes of the published message.
 */
export const snsBody = (body: unknown, attributes: Readonly<Record<string, MessageAttribute>> = {}): string =>
  JSON.stringify({
    Type: 'Notification',
    MessageId: '00000000-0000-4000-8000-000000000001',
    TopicArn: 'arn:aws:sns:us-east-1:000000000000:topic',
    Message: textOf(body),
    Timestamp: new Date(SENT_AT_MS).toISOString(),
    MessageAttributes: Object.fromEntries(
      Object.entries(attributes).map(([name, { type, value }]) => [name, { Type: type, Value: value }]),
    ),
  });

/**
 * Builds the body of a message that an EventBridge rule sent to the queue.
 *
 * @param detail - The event.
 * @param members - Members of the envelope that differ, for example `source` or `detail-type`.
 */
export const eventBridgeBody = (detail: object, members: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({
    version: '0',
    id: '00000000-0000-4000-8000-000000000001',
    'detail-type': 'event',
    source: 'test',
    account: '000000000000',
    time: new Date(SENT_AT_MS).toISOString(),
    region: 'us-east-1',
    resources: [],
    detail,
    ...members,
  });

/**
 * Builds a body that is compressed with gzip and encoded in base64. Text stays as it is, any other value becomes JSON.
 */
export const gzipBody = (body: unknown): string => gzipSync(textOf(body)).toString('base64');
