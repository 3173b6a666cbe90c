/** The SQS event of Lambda, and back: the only place that knows its shape. */

import type { SQSBatchResponse, SQSRecord } from 'aws-lambda';
import type { Delivery, Returnable } from '../ingest/delivery.ts';
import type { Message, MessageAttribute } from '../sink/message.ts';
import { isEnclosed, restoreOrigin } from '../sink/settle/letter-origin.ts';

/** A record as a delivery: everything but its body is looked at now. */
export const deliveryFrom = (record: SQSRecord, messageBytesMax: number): Delivery => {
  const message = messageFrom(record);
  return {
    ...returnFrom(record),
    id: message.id,
    sentAtMs: message.sentAtMs,
    // A dead letter that came back gets its first identity.
    open: () => restoreOrigin(message, messageBytesMax),
    unopened: () => (isEnclosed(message) ? message : restoreOrigin(message, messageBytesMax)),
  };
};

export const returnFrom = ({ receiptHandle, attributes }: SQSRecord): Returnable => ({
  receiptHandle,
  receiveCount: Number(attributes.ApproximateReceiveCount) || 1,
  groupId: attributes.MessageGroupId,
});

const messageFrom = (record: SQSRecord): Message => {
  const { attributes } = record;
  return {
    id: record.messageId,
    body: record.body,
    sentAtMs: milliseconds(attributes.SentTimestamp, record, 'SentTimestamp'),
    firstReceivedAtMs: milliseconds(
      attributes.ApproximateFirstReceiveTimestamp,
      record,
      'ApproximateFirstReceiveTimestamp',
    ),
    receiveCount: returnFrom(record).receiveCount,
    groupId: attributes.MessageGroupId,
    attributes: attributesFrom(record),
    origin: undefined,
  };
};

/** Times of events are made of these: a record without them did not come from a queue, and nothing may be written for it. */
const milliseconds = (text: string | undefined, { messageId }: SQSRecord, name: string): number => {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`Record ${messageId} has no ${name}: this function takes events of SQS event sources only.`);
};

const attributesFrom = (record: SQSRecord): Record<string, MessageAttribute> =>
  Object.fromEntries(
    Object.entries(record.messageAttributes ?? {}).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { type: dataType, value: stringValue ?? binaryValue ?? '' },
    ]),
  );

/**
 * The only answer this function ever gives. Anything without `batchItemFailures` would tell Lambda to delete every
 * message, so it is made here and nowhere else.
 */
export const partialBatchResponse = (records: readonly SQSRecord[], failed: readonly number[]): SQSBatchResponse => ({
  // An id that is listed twice is not documented; a record that came twice is one message.
  batchItemFailures: [...new Set(failed.map((index) => (records[index] as SQSRecord).messageId))].map(
    (itemIdentifier) => ({ itemIdentifier }),
  ),
});

/** FIFO by the ARN: a group id alone means fairness on a standard queue. */
export const isFifo = (records: readonly SQSRecord[]): boolean => records[0]?.eventSourceARN.endsWith('.fifo') ?? false;
