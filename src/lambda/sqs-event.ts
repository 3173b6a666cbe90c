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
export const deliveryFrom = (record: SQSRecord, messageBytesMax: number): Delivery =>
  new RecordDelivery(messageFrom(record), record.receiptHandle, messageBytesMax);

/** The delivery of a record. A dead letter that was sent back gets the identity of its first message. */
class RecordDelivery implements Delivery {
  readonly id: string;
  readonly sentAtMs: number;
  readonly receiptHandle: string;
  readonly receiveCount: number;
  readonly groupId: string | undefined;
  readonly #message: Message;
  readonly #messageBytesMax: number;

  constructor(message: Message, receiptHandle: string, messageBytesMax: number) {
    this.id = message.id;
    this.sentAtMs = message.sentAtMs;
    this.receiptHandle = receiptHandle;
    this.receiveCount = message.receiveCount;
    this.groupId = message.groupId;
    this.#message = message;
    this.#messageBytesMax = messageBytesMax;
  }

  open(): Message {
    return restoreOrigin(this.#message, this.#messageBytesMax);
  }

  unopened(): Message {
    return isEnclosed(this.#message) ? this.#message : this.open();
  }
}

/** Returns the data that makes a record's message visible again. */
export const returnFrom = ({ receiptHandle, attributes }: SQSRecord): Returnable => ({
  receiptHandle,
  receiveCount: receiveCountOf(attributes.ApproximateReceiveCount),
  groupId: attributes.MessageGroupId,
});

const receiveCountOf = (text: string): number => Number(text) || 1;

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
    receiveCount: receiveCountOf(attributes.ApproximateReceiveCount),
    groupId: attributes.MessageGroupId,
    attributes: attributesFrom(record),
    origin: undefined,
  };
};

/** Returns a time of a record. Times of events depend on it, so nothing may be written for a record without it. */
const milliseconds = (text: string | undefined, { messageId }: SQSRecord, name: string): number => {
  const ms = text === undefined ? -1 : digitsOf(text);
  if (ms >= 0) return ms;
  throw new Error(`Record ${messageId} has no ${name}. This function accepts records of an SQS event source only.`);
};

/** Returns the number of 1 to 15 digits, or -1 for another text. A loop is faster than an expression and `Number`. */
const digitsOf = (text: string): number => {
  if (text.length === 0 || text.length > 15) return -1;
  let number = 0;
  for (let at = 0; at < text.length; at++) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
};

const NO_ATTRIBUTES: Readonly<Record<string, MessageAttribute>> = {};

const attributesFrom = ({ messageAttributes = {} }: SQSRecord): Readonly<Record<string, MessageAttribute>> =>
  Object.keys(messageAttributes).length === 0 ? NO_ATTRIBUTES : attributesOf(messageAttributes);

const attributesOf = (given: SQSRecord['messageAttributes']): Record<string, MessageAttribute> =>
  Object.fromEntries(
    Object.entries(given).map(([name, { dataType, stringValue, binaryValue }]) => [
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
