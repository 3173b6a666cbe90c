/** Dead letters that were sent back: the attribute `origin`, and the enclosed body. Any producer can send both. */

import { gzipSync } from 'node:zlib';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { outcomesOf, sendBack } from '../../sink/laws/outcomes.ts';
import { BODY_BYTES_MAX, delivered, MAPPINGS, settingOf } from '../conversion.ts';
import { inputOf, must, mustEqual, selected, type Target } from '../target.ts';

const ORIGIN = {
  messageId: 'first',
  sentAt: 1_780_000_000_000,
  eventIndex: 7,
  firstSeen: 1_780_000_000_001,
  groupId: 'g',
  attributes: { region: 'us', n: { type: 'Number', value: '1.50' } },
  measurement: 'm',
  sinkVersion: '1',
  form: 'text',
  cut: { unit: 'json', wraps: 1, event: 2, index: 3, levels: [0, 4] },
  partlyStored: true,
};

/** Bodies of a dead letter: the text itself, and the text packed as the forms require it. */
const PACKS = [
  (body: string): string => body,
  (body: string): string => gzipSync(body).toString('base64'),
  (body: string, origin: string): string =>
    gzipSync(`{"origin":${origin},"body":${JSON.stringify(body)}}`).toString('base64'),
];

const FORMS = ['text', 'gzip', 'canonical', 'enclosed'];
const BODIES = [
  '{"v":1,"temperature":2,"ts":1780000000000}',
  '[{"v":1},{"v":2}]',
  '{"Type":"Notification","TopicArn":"t","Message":"{\\"v\\":1}"}',
  'm,t=a v=1i',
  '{"measurement":"m","fields":{"v":1}}',
];

/** Text of an input: the attribute, a line break, and the body. */
const parts = (input: Uint8Array): readonly [origin: string, body: string] => {
  const text = Buffer.from(input).toString('utf8');
  const end = text.indexOf('\n');
  return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
};

export const target: Target = {
  meaning: 'dead letters that were sent back, with their origins',
  selectors: 3,
  seeds: () =>
    FORMS.flatMap((form) =>
      BODIES.map((body, index) =>
        inputOf(
          [index, 0, form === 'gzip' ? 1 : form === 'enclosed' ? 2 : 0],
          `${JSON.stringify({ ...ORIGIN, form })}\n${body}`,
        ),
      ),
    ),
  run: (input) => {
    const [origin, body] = parts(input.subarray(3));
    const setting = settingOf(selected([...MAPPINGS.keys()], input[0]), (input[1] ?? 0) % 2 === 0 ? 'auto' : 'json');
    const packed = selected(PACKS, input[2])(body, origin);
    const one = restoreOrigin(delivered(packed, { origin: { type: 'String', value: origin } }), BODY_BYTES_MAX);
    const outcomes = outcomesOf(one, setting);
    must(outcomes.uneven.length === 0, 'an event became more or less than one line, refusal, or drop', outcomes);
    mustEqual(outcomesOf(one, setting, 'point'), outcomes, 'the point converter differs from the line converter');
    mustEqual(outcomesOf(one, setting, 'line', true), outcomes, 'source texts change the result');
    if (outcomes.events.length === 0) return;
    const [again] = sendBack(one, setting, [0]);
    if (again === undefined) return;
    must(again.origin !== undefined, 'the sink does not recognize the origin that it has written', again);
    mustEqual(again.origin?.messageId, one.origin?.messageId ?? one.id, 'a dead letter has another first message');
    mustEqual(
      outcomesOf(again, setting).events.slice(0, 1).map(kindOf),
      [kindOf(outcomes.events[0] as string)],
      'a dead letter became something other than its event',
    );
  },
};

/** The line of an event, or the code of its refusal. */
const kindOf = (outcome: string): string =>
  outcome.startsWith('refused ') ? outcome.split(' ').slice(0, 2).join(' ') : outcome;
