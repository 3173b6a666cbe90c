/** Limits and records of Lambda's SQS event. */

import type { Message, MessageAttributeValue } from '@aws-sdk/client-sqs';
import type { SQSMessageAttribute, SQSRecord, SQSRecordAttributes } from 'aws-lambda';

/** Lambda's limit for the JSON of an event (6 MiB), including everything around the bodies. */
export const EVENT_BYTES_MAX = 6_291_456;
/** Bytes of `{"Records":[]}`. */
export const EMPTY_EVENT_BYTES = 14;

const toAttribute = ({ DataType = '', StringValue, BinaryValue }: MessageAttributeValue): SQSMessageAttribute => ({
  ...(StringValue === undefined ? {} : { stringValue: StringValue }),
  ...(BinaryValue === undefined ? {} : { binaryValue: Buffer.from(BinaryValue).toString('base64') }),
  stringListValues: [],
  binaryListValues: [],
  dataType: DataType,
});

const toAttributes = (message: Message): Record<string, SQSMessageAttribute> =>
  Object.fromEntries(
    Object.entries(message.MessageAttributes ?? {}).map(([name, value]) => [name, toAttribute(value)]),
  );

/** Returns the record that Lambda creates from a received message. */
export const toRecord = (message: Message, queueArn: string): SQSRecord => ({
  messageId: message.MessageId ?? '',
  receiptHandle: message.ReceiptHandle ?? '',
  body: message.Body ?? '',
  attributes: { ...message.Attributes } as unknown as SQSRecordAttributes,
  messageAttributes: toAttributes(message),
  ...(message.MD5OfMessageAttributes === undefined ? {} : { md5OfMessageAttributes: message.MD5OfMessageAttributes }),
  md5OfBody: message.MD5OfBody ?? '',
  eventSource: 'aws:sqs',
  eventSourceARN: queueArn,
  awsRegion: regionOf(queueArn),
});

/** Returns the region of an ARN like `arn:aws:sqs:REGION:ACCOUNT:NAME`. */
export const regionOf = (queueArn: string): string => queueArn.split(':')[3] ?? '';
