/**
 * Translation of SQS events and partial batch responses. Covers `src/lambda/sqs-event.ts` and
 * `src/adapters/queue-url.ts`.
 */

import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import { queueUrlFrom } from '../../src/adapters/queue-url.ts';
import { deliveryFrom, isFifo, partialBatchResponse, recordsOf } from '../../src/lambda/sqs-event.ts';
import { refuse } from '../../src/sink/refusal.ts';
import { deadLetterFactory } from '../../src/sink/settle/dead-letter.ts';

const ARN = 'arn:aws:sqs:eu-west-1:123456789012:events';

const record = (more: Partial<SQSRecord> = {}): SQSRecord => ({
  messageId: 'id-1',
  receiptHandle: 'handle-1',
  body: '{"measurement":"m","fields":{"v":1}}',
  attributes: {
    ApproximateReceiveCount: '7',
    SentTimestamp: '1755216000123',
    SenderId: 'AIDA',
    ApproximateFirstReceiveTimestamp: '1755216000456',
  },
  messageAttributes: {},
  md5OfBody: '',
  eventSource: 'aws:sqs',
  eventSourceARN: ARN,
  awsRegion: 'eu-west-1',
  ...more,
});

describe('records of an event', () => {
  test('returns the records of an SQS event, which may have none', () => {
    expect(recordsOf({ Records: [record()] })).toEqual([record()]);
    expect(recordsOf({ Records: [] })).toEqual([]);
  });
  test.each([
    ['without records', { source: 'aws.s3', detail: {} }, 'an event without records'],
    ['that is null', null, 'an event without records'],
    ['of a bucket', { Records: [{ eventSource: 'aws:s3', s3: {} }] }, 'a record of aws:s3'],
    ['of a topic', { Records: [{ EventSource: 'aws:sns', Sns: {} }] }, 'a record of aws:sns'],
    ['with a record that is null', { Records: [null] }, 'a record of an unknown source'],
  ])('refuses an event %s in a sentence that names what it got', (_, event, got) => {
    expect(() => recordsOf(event as unknown as SQSEvent)).toThrow(
      `This function accepts only records of an SQS event source, and got ${got}. Let the sender send to the queue of the sink.`,
    );
  });
});

describe('delivery from a record', () => {
  test('opens a record as a message with its id, its body, and its times as numbers', () => {
    expect(deliveryFrom(record(), 1_000).open()).toEqual({
      id: 'id-1',
      body: '{"measurement":"m","fields":{"v":1}}',
      sentAtMs: 1_755_216_000_123,
      firstReceivedAtMs: 1_755_216_000_456,
      receiveCount: 7,
      groupId: undefined,
      attributes: {},
      origin: undefined,
    });
  });
  const sentAt = (SentTimestamp: string | undefined) => () =>
    deliveryFrom(
      record({ attributes: { ...record().attributes, SentTimestamp } as SQSRecord['attributes'] }),
      1_000,
    ).open().sentAtMs;
  test.each(['0', '999999999999999'])('reads the time %s of 1 to 15 digits', (text) => {
    expect(sentAt(text)()).toBe(Number(text));
  });
  test.each([undefined, '', '1000000000000000', '-1755216000123', '1755216000.12', '1755216000:23', '17552160001e2'])(
    'refuses a record with the time %j',
    (text) => {
      expect(sentAt(text)).toThrow(
        'Record id-1 has no SentTimestamp. This function accepts records of an SQS event source only.',
      );
    },
  );
  test('opens a record with its group and its attributes, binary ones as base64', () => {
    const { attributes } = record();
    const message = deliveryFrom(
      record({
        attributes: { ...attributes, MessageGroupId: 'tenant' },
        messageAttributes: {
          region: { dataType: 'String', stringValue: 'eu', stringListValues: [], binaryListValues: [] },
          count: { dataType: 'Number.int', stringValue: '3' },
          blob: { dataType: 'Binary', binaryValue: 'AAE=' },
        },
      }),
      1_000,
    ).open();
    expect(message.groupId).toBe('tenant');
    expect(message.attributes).toEqual({
      region: { type: 'String', value: 'eu' },
      count: { type: 'Number.int', value: '3' },
      blob: { type: 'Binary', value: 'AAE=' },
    });
  });
  test('opens a record without the member for attributes', () => {
    const { messageAttributes: _, ...bare } = record();
    expect(deliveryFrom(bare as SQSRecord, 1_000).open().attributes).toEqual({});
  });
  test('restores the first identity of a dead letter that was sent back', () => {
    const first = deliveryFrom(record(), 1_000).open();
    const cut = deadLetterFactory(first, {
      decode: { input: 'auto', messageBytesMax: 1_000 },
      mapping: undefined,
      sinkVersion: '0.0.0',
    });
    const letter = cut({
      messageIndex: 0,
      eventIndex: 0,
      refusal: refuse('no-fields', 'none'),
      measurement: undefined,
      partlyStored: false,
    });
    const back = deliveryFrom(
      record({
        messageId: 'id-2',
        body: letter.body,
        messageAttributes: Object.fromEntries(
          Object.entries(letter.attributes).map(([name, value]) => [name, { dataType: 'String', stringValue: value }]),
        ),
        attributes: { ...record().attributes, SentTimestamp: '1755300000000' },
      }),
      1_000,
    ).open();
    expect(back).toMatchObject({ id: 'id-2', body: first.body, sentAtMs: 1_755_300_000_000 });
    expect(back.origin).toMatchObject({ messageId: 'id-1', sentAtMs: 1_755_216_000_123, eventIndex: 0 });
  });
});

describe('partial batch response', () => {
  const records = ['a', 'b', 'a', 'c'].map((messageId) => record({ messageId }));
  test.each<[readonly number[], readonly string[]]>([
    [[], []],
    [[1], ['b']],
    [
      [3, 1],
      ['c', 'b'],
    ],
    [
      [0, 1, 2],
      ['a', 'b'],
    ],
  ])('responds to the failed records %j with each of the messages %j once', (failed, ids) => {
    expect(partialBatchResponse(failed.map((index) => deliveryFrom(records[index] as SQSRecord, 1_000)))).toEqual({
      batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
    });
  });
});

test('recognizes a FIFO queue by its ARN, not by group ids', () => {
  const grouped = record({ attributes: { ...record().attributes, MessageGroupId: 'g' } });
  expect(isFifo([grouped])).toBe(false);
  expect(isFifo([record({ eventSourceARN: `${ARN}.fifo` })])).toBe(true);
  expect(isFifo([])).toBe(false);
});

test.each([
  [ARN, undefined, 'https://sqs.eu-west-1.amazonaws.com/123456789012/events'],
  [`${ARN}.fifo`, undefined, 'https://sqs.eu-west-1.amazonaws.com/123456789012/events.fifo'],
  ['arn:aws-cn:sqs:cn-north-1:123456789012:q', undefined, 'https://sqs.cn-north-1.amazonaws.com.cn/123456789012/q'],
  [
    'arn:aws-us-gov:sqs:us-gov-west-1:123456789012:q',
    undefined,
    'https://sqs.us-gov-west-1.amazonaws.com/123456789012/q',
  ],
  [ARN, 'http://127.0.0.1:4566', 'http://127.0.0.1:4566/123456789012/events'],
  [
    ARN,
    'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/',
    'https://vpce-1.sqs.eu-west-1.vpce.amazonaws.com/123456789012/events',
  ],
])('derives for the queue %s and the endpoint %s the address %s', (arn, endpoint, url) => {
  expect(queueUrlFrom(arn, endpoint)).toBe(url);
});
