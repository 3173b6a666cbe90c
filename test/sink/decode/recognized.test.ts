/** Bodies that are no telemetry, and rules that take them on purpose. Covers `src/sink/decode/recognized.ts`. */

import { describe, expect, test } from 'vitest';
import type { Mapping } from '../../../src/sink/mapping/mapping.ts';
import { outcomesOf, sendBack } from '../laws/outcomes.ts';
import { convert, mapping, message } from '../make.ts';

const CONFIRMATION = { Type: 'SubscriptionConfirmation', TopicArn: 'arn:t', Token: 'x', SubscribeURL: 'https://x' };
const REMOVAL = { ...CONFIRMATION, Type: 'UnsubscribeConfirmation' };
const TEST_EVENT = { Service: 'Amazon S3', Event: 's3:TestEvent', Bucket: 'b' };
const CONTROL = { messageType: 'CONTROL_MESSAGE', logEvents: [{ message: 'x', timestamp: 1 }] };
const NOTIFICATION = { Records: [{ eventSource: 'aws:s3', s3: { object: { size: 7 } } }] };
const POINTER = ['software.amazon.payloadoffloading.PayloadS3Pointer', { s3BucketName: 'b', s3Key: 'k' }];
const OLD_POINTER = ['com.amazon.sqs.javamessaging.MessageS3Pointer', { s3BucketName: 'b', s3Key: 'k' }];

const BODIES = [
  ['a confirmation of SNS', CONFIRMATION, 'not-telemetry'],
  ['a removal of SNS', REMOVAL, 'not-telemetry'],
  ['a test event of S3', TEST_EVENT, 'control'],
  ['a control message of CloudWatch Logs', CONTROL, 'control'],
  ['a notification of S3', NOTIFICATION, 'payload-elsewhere'],
  ['a pointer of the extended client', POINTER, 'payload-elsewhere'],
  ['a pointer of the old extended client', OLD_POINTER, 'payload-elsewhere'],
] as const;

const several = (...mappings: Record<string, unknown>[]): Mapping => mapping({ measurement: undefined, mappings });
const open = mapping({ otherFields: 'include' });

/** Returns the code of a refusal, `control`, or the number of lines. */
const resultOf = (body: unknown, rules: Mapping | undefined): string | number => {
  const { lines, codes, isControl } = convert(message(body), { mapping: rules });
  return isControl ? 'control' : (codes[0] ?? lines.length);
};

describe('recognition', () => {
  test.each(BODIES)('recognizes %s without a mapping and with one that takes all members', (_, body, expected) => {
    expect(resultOf(body, open)).toBe(expected);
    expect(resultOf(body, undefined)).toBe(expected);
  });

  test.each(BODIES)(
    'recognizes %s although another rule has a "when" or "events" that it does not meet',
    (_, body, expected) => {
      const other = { measurement: 'm', fields: { v: 'v' } };
      expect(resultOf(body, several({ when: { path: 'kind', equals: 'x' }, ...other }, other))).toBe(expected);
      expect(resultOf(body, mapping({ events: 'rows', fields: { v: 'v' } }))).toBe(expected);
    },
  );

  test('recognizes a pointer by each of the attributes of the extended clients', () => {
    for (const name of ['ExtendedPayloadSize', 'SQSLargePayloadSize']) {
      const attributes = { [name]: { type: 'Number', value: '300000' } };
      expect(convert(message({ v: 1 }, { attributes }), { mapping: open }).codes).toEqual(['payload-elsewhere']);
    }
  });
});

describe('rules that take such bodies on purpose', () => {
  test.each(BODIES.filter(([, body]) => !Array.isArray(body)))(
    'takes %s with a rule whose "when" holds for it',
    (_, body) => {
      const [name] = Object.keys(body);
      const rule = {
        when: { path: name, exists: true },
        measurement: 'm',
        fields: { c: { value: 1 } },
        onlyDefaults: 'write',
      };
      expect(resultOf(body, several(rule))).toBe(1);
      expect(resultOf(body, several({ when: { path: name, exists: true }, drop: true }))).toBe(0);
    },
  );

  test.each([
    [NOTIFICATION, 'Records', { size: 's3.object.size' }],
    [CONTROL, 'logEvents', { at: 'timestamp' }],
  ])('takes a body whose array the "events" of a rule or of the mapping name', (body, events, fields) => {
    expect(resultOf(body, mapping({ events, fields }))).toBe(1);
    expect(resultOf(body, mapping({ measurement: undefined, events, mappings: [{ measurement: 'm', fields }] }))).toBe(
      1,
    );
  });

  test('takes elements of a pointer with a rule whose "when" holds for one of them', () => {
    const rule = {
      when: { path: 's3Key', exists: true },
      measurement: 'm',
      fields: { key: { path: 's3Key', type: 'string' } },
    };
    expect(convert(message(POINTER), { mapping: several(rule) })).toMatchObject({
      codes: ['no-mapping'],
      lines: [expect.any(String)],
    });
  });

  test('does not take a body with a rule that has no "when" and drops', () => {
    expect(resultOf(NOTIFICATION, several({ drop: true }))).toBe('payload-elsewhere');
  });

  test('takes a body with the rules of a preset that hold for it, and refuses it with another preset', () => {
    const event = { specversion: '1.0', id: '1', source: 's', type: 't', time: '2026-05-28T20:26:40Z', data: { v: 1 } };
    const body = { ...event, Records: NOTIFICATION.Records };
    expect(resultOf(body, mapping({ measurement: undefined, preset: 'cloudevents' }))).toBe(1);
    expect(resultOf(NOTIFICATION, mapping({ measurement: undefined, preset: 'cloudevents' }))).toBe(
      'payload-elsewhere',
    );
    expect(resultOf(NOTIFICATION, mapping({ measurement: undefined, preset: 'otlp-metrics' }))).toBe(
      'payload-elsewhere',
    );
  });
});

test.each(BODIES.filter(([, body]) => !Array.isArray(body)))(
  'reads %s in a list as an event, and its dead letter too',
  (_, body) => {
    const setting = { mapping: open, input: 'auto' as const };
    const one = message([
      { v: 1 },
      { ...body, Type: body === CONFIRMATION || body === REMOVAL ? body.Type : 'x', v: 2 },
    ]);
    const { events } = outcomesOf(one, setting);
    expect(events).toHaveLength(2);
    for (const [index, back] of sendBack(one, setting, [0, 1]).entries())
      expect(outcomesOf(back, setting).events).toEqual([events[index]]);
  },
);
