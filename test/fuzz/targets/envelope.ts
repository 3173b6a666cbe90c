/** Envelopes of SNS and EventBridge, and bodies that are recognized as no telemetry. */

import { checkConversion, delivered, settingOf } from '../conversion.ts';
import { inputOf, must, mustEqual, selected, type Target } from '../target.ts';

const INPUTS = ['auto', 'auto', 'sns', 'eventbridge', 'json'] as const;

const sns = (text: string): string =>
  JSON.stringify({
    Type: 'Notification',
    TopicArn: 'arn:aws:sns:eu-central-1:123456789012:t',
    Message: text,
    Timestamp: '2026-05-28T20:26:40.000Z',
    MessageAttributes: { n: { Type: 'Number', Value: '1.50' }, __proto__: { Type: 'String', Value: 'x' } },
  });

const eventBridge = (detail: string): string =>
  `{"version":"0","detail-type":"x","source":"y","time":"2026-05-28T20:26:40Z","detail":${detail}}`;

const EVENT = '{"v":1,"a":"x","temperature":2.5,"ts":1780000000000}';

const SEEDS = [
  sns(EVENT),
  sns(`[${EVENT},${EVENT}]`),
  sns(`${EVENT}\n${EVENT}`),
  sns('m,t=a v=1'),
  sns(eventBridge(EVENT)),
  eventBridge(EVENT),
  eventBridge(JSON.stringify({ Type: 'Notification', TopicArn: 't', Message: EVENT })),
  '{"Type":"SubscriptionConfirmation","TopicArn":"t","SubscribeURL":"u"}',
  '{"Type":"UnsubscribeConfirmation","TopicArn":"t"}',
  '{"Event":"s3:TestEvent","Bucket":"b"}',
  '{"Records":[{"eventSource":"aws:s3","s3":{"object":{"key":"k"}}}]}',
  '{"messageType":"CONTROL_MESSAGE","logEvents":[{"message":"x"}]}',
  '{"messageType":"DATA_MESSAGE","logEvents":[{"timestamp":1780000000000,"message":"{\\"v\\":1}"}]}',
  '["software.amazon.payloadoffloading.PayloadS3Pointer",{"s3BucketName":"b","s3Key":"k"}]',
  '["com.amazon.sqs.javamessaging.MessageS3Pointer",{"s3BucketName":"b","s3Key":"k"}]',
];

/** Lines of the events; `undefined` if any event became none. */
const linesOf = (events: readonly string[]): readonly string[] | undefined =>
  events.length > 0 && events.every((event) => !/^(?:refused |dropped)/.test(event)) ? events : undefined;

export const target: Target = {
  meaning: 'envelopes of SNS and EventBridge, notifications, and pointers to S3',
  selectors: 3,
  seeds: () => SEEDS.flatMap((body) => [0, 1, 9, 10].map((mapping) => inputOf([mapping, 0, 0], body))),
  run: (input) => {
    const text = Buffer.from(input.subarray(3)).toString('utf8');
    const setting = settingOf(input[0] ?? 0, selected(INPUTS, input[1]));
    const events = checkConversion(delivered(text), setting);
    if ((input[2] ?? 0) % 4 !== 1 || setting.input !== 'auto') return;
    // An envelope around a body changes no line. A mapping may read the envelope, but none of these does. An envelope of
    // SNS inside another one is not removed.
    const expected = /"(?:Type|detail-type)"|\\/.test(text) ? undefined : linesOf(events);
    if (expected === undefined) return;
    const wrapped = checkConversion(delivered(sns(text)), setting);
    must(wrapped.length === expected.length, 'an envelope of SNS changes the number of events', wrapped);
    mustEqual(wrapped, expected, 'an envelope of SNS changes a line');
  },
};
