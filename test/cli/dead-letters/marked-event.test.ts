/** Tests of `cli/dead-letters/failing-place.ts` and `cli/dead-letters/marked-event.ts`. */

import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { failingPlace } from '../../../cli/dead-letters/failing-place.ts';
import { letterOfMessage } from '../../../cli/dead-letters/letter.ts';
import { markedEvent } from '../../../cli/dead-letters/marked-event.ts';
import { progressText } from '../../../cli/dead-letters/progress.ts';
import { remedyFor } from '../../../cli/dead-letters/remedies.ts';
import { REFUSAL_CODES } from '../../../src/sink/refusal.ts';
import { eventBridgeBody, snsBody } from '../../../src/testing/messages.ts';

test.each([
  ['field "temp" (temp): expected a number, found string', 'field "temp"', 'temp', ['temp']],
  ['tag "a: (b)" (x.y or $root.z): the event has none', 'tag "a: (b)"', 'a: (b)', ['x.y', '$root.z']],
  ['timestamp (at): expected a number', 'timestamp', undefined, ['at']],
  ['events (readings): expected an array, found object', 'events', undefined, ['readings']],
  ['field "caf\\u00e9" (caf\\u00e9): the number is NaN', 'field "café"', 'café', ['café']],
  ['field "v": the number is NaN', 'field "v"', 'v', []],
  [
    'partial write: field type conflict: input field "used" on measurement "m" is type string, already exists as type float',
    'field "used"',
    'used',
    [],
  ],
  ['the event has no value for any of its fields', undefined, undefined, []],
  ['', undefined, undefined, []],
])('the detail %j names %j', (detail, rule, column, paths) => {
  expect(failingPlace(detail)).toMatchObject({ rule, column, paths });
});

const marked = (body: string, detail: string, attributes = {}) =>
  markedEvent(letterOfMessage({ MessageId: 'id', Body: body, MessageAttributes: attributes }), failingPlace(detail));

const lineOf = ({ lines, failing }: ReturnType<typeof marked>): string | undefined =>
  failing === undefined ? undefined : lines[failing]?.trim();

test('the innermost event is searched before the root', () => {
  const event = marked('{"temp":1,"rooms":[{"readings":[{"temp":"x"}]}]}', 'field "temp" (temp): wrong');
  expect(lineOf(event)).toBe('"temp": "x"');
  expect(lineOf(marked('{"temp":1,"rooms":[{"readings":[{"temp":"x"}]}]}', 'field "t" ($root.temp): wrong'))).toBe(
    '"temp": 1,',
  );
});

test('numbers and texts stay as they were written', () => {
  const body = String.raw`{"a":1.50,"b":9007199254740993,"c":"\u00e9 \"{}[],:","d":[],"e":{ }}`;
  expect(marked(body, '').lines.join('\n')).toBe(
    [
      '{',
      '  "a": 1.50,',
      '  "b": 9007199254740993,',
      String.raw`  "c": "\u00e9 \"{}[],:",`,
      '  "d": [],',
      '  "e": {}',
      '}',
    ].join('\n'),
  );
});

test('an absent member is named at the object that lacks it', () => {
  const event = marked('{"a":{"b":1}}', 'tag "x" (a.c.d): the event has none');
  expect([lineOf(event), event.absent]).toEqual(['"a": {', 'c']);
});

test('a member that "*" takes is marked itself', () => {
  expect(lineOf(marked('{"values":{"time":1}}', 'field "time" (values): reserved'))).toBe('"time": 1');
});

test('envelopes and packed bodies are opened', () => {
  const inner = { temp: 'x' };
  const detail = 'field "temp" (temp): wrong';
  expect(marked(snsBody(inner), detail)).toMatchObject({ envelopes: ['sns'] });
  expect(lineOf(marked(snsBody(inner), detail))).toBe('"temp": "x"');
  expect(lineOf(marked(eventBridgeBody(inner), detail))).toBe('"temp": "x"');
  expect(lineOf(marked(gzipSync(JSON.stringify(inner)).toString('base64'), detail))).toBe('"temp": "x"');
});

test.each(['hello world', '{"a":', '', 'm v=1 1', '[1]'])('the body %j is shown without a mark', (body) => {
  expect(marked(body, 'field "v" (v): wrong').failing).toBeUndefined();
});

test('every reason has a remedy', () => {
  for (const reason of [...REFUSAL_CODES, 'moved-by-sqs']) expect(remedyFor(reason)).toMatch(/^[A-Z].*\.$/);
  expect(remedyFor('toString')).toBe('This version does not know the reason.');
});

test('progress has a bar, counts, and a rate', () => {
  expect(progressText(5, 10, 'letters', 1_000)).toBe(`[${'#'.repeat(15)}${'.'.repeat(15)}] 5 of 10 letters, 5/s`);
  expect(progressText(12, 10, 'letters', 0)).toContain('] 12 of 12 letters, 0/s');
  expect(progressText(0, 0, 'letters', 5)).toContain('0 of 0');
});
