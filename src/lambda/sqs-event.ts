/** Converts Lambda's SQS event and its response. No other file depends on their structure. */

import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { isFifoQueue } from '../adapters/queue-url.ts';
import type { Delivery, Returnable } from '../ingest/delivery.ts';
import type { Message, MessageAttribute } from '../sink/message.ts';
import { isEnclosed, restoreOrigin } from '../sink/settle/letter-origin.ts';

/**
 * Returns the records of an event.
 *
 * @throws If the event does not come from SQS, as when a topic, a rule, or a test of the console calls the function.
 */
export const recordsOf = (event: SQSEvent): readonly SQSRecord[] => {
  const records: unknown = (event as SQSEvent | null | undefined)?.Records;
  if (!Array.isArray(records)) throw otherEvent('an event without records');
  for (const record of records)
    if (record?.eventSource !== 'aws:sqs') throw otherEvent(`a record of ${sourceOf(record)}`);
  return records;
};

const otherEvent = (what: string): Error =>
  new Error(
    `This function accepts only records of an SQS event source, and got ${what}. Let the sender send to the queue of the sink.`,
  );

/** SNS writes the name of the member with a capital letter. */
const sourceOf = (record: { eventSource?: unknown; EventSource?: unknown } | null): string =>
  String(record?.eventSource ?? record?.EventSource ?? 'an unknown source');

/**
 * Returns the delivery of a record. Reads everything except the body.
 *
 * @throws If the record lacks the times that every SQS message has.
 */
export const deliveryFrom = (record: SQSRecord, messageBytesMax: number): Delivery => {
  const message = messageFrom(record);
  return {
    ...returnFrom(record),
    id: message.id,
    sentAtMs: message.sentAtMs,
    // A dead letter that was sent back gets the identity of its first message.
    open: () => restoreOrigin(message, messageBytesMax),
    unopened: () => (isEnclosed(message) ? message : restoreOrigin(message, messageBytesMax)),
  };
};

/** Returns the data that makes a record's message visible again. */
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

/** Returns a time of a record. Times of events depend on it, so nothing may be written for a record without it. */
const milliseconds = (text: string | undefined, { messageId }: SQSRecord, name: string): number => {
  if (text !== undefined && /^\d{1,15}$/.test(text)) return Number(text);
  throw new Error(`Record ${messageId} has no ${name}. This function accepts records of an SQS event source only.`);
};

const attributesFrom = (record: SQSRecord): Record<string, MessageAttribute> =>
  Object.fromEntries(
    Object.entries(record.messageAttributes ?? {}).map(([name, { dataType, stringValue, binaryValue }]) => [
      name,
      { type: dataType, value: stringValue ?? binaryValue ?? '' },
    ]),
  );

/**
 * Creates the partial batch response. Only this function creates it, because Lambda treats any response without
 * `batchItemFailures` as success and deletes every message.
 */
export const partialBatchResponse = (returned: readonly Delivery[]): SQSBatchResponse => ({
  // The effect of an id that is listed twice is not documented. A message that was received twice is one message.
  batchItemFailures: [...new Set(returned.map(({ id }) => id))].map((itemIdentifier) => ({ itemIdentifier })),
});

/**
 * Whether records come from a FIFO queue. The ARN decides, because standard queues also use group ids, for fairness.
 */
export const isFifo = ([first]: readonly SQSRecord[]): boolean =>
  first !== undefined && isFifoQueue(first.eventSourceARN);
