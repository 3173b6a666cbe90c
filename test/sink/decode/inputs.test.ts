/** What becomes of a body under each `SINK_INPUT`. Covers `src/sink/decode/body-reader.ts`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Input } from '../../../src/sink/decode/decode-options.ts';
import { eventBridgeBody, snsBody } from '../../../src/testing/messages.ts';
import { convert, mapping, message, refusalTexts } from '../make.ts';

const RULES = mapping({ timestamp: 'ts', fields: { v: 'v' } });
const EVENT = '{"ts":1755216000000,"v":1}';
const LINE = 'm v=1 1755216000000000000';

/** Returns the lines of a body, and its refusals as text. */
const resultOf = (input: Input, body: string): readonly string[] => {
  const { lines, refused } = convert(message(body), { mapping: RULES, input });
  return [...lines, ...refusalTexts(refused)];
};

const zipped = (body: string): string => gzipSync(body).toString('base64');

const NOT_ONE = (input: Input, hint: string): string =>
  `undecodable: the body is not one JSON document, which SINK_INPUT=${input} expects; the body ${hint}`;
const NO_JSON = (hint: string): string => `undecodable: the body ${hint}`;
const CUT = 'is not valid JSON at character 7: expected "," or "}", found the end of the text';
const SEVERAL = 'contains several JSON documents';
const UNKNOWN = (hint: string): string =>
  `undecodable: the body is neither a JSON object or array, nor line protocol, nor gzip in base64; the body ${hint}`;
const NO_FIELDS = 'no-fields: the event has no value for any of its fields';

describe('auto', () => {
  test.each<[string, string, readonly string[]]>([
    ['nothing', '', []],
    ['spaces', ' \n ', []],
    ['an empty array', '[]', []],
    ['an event', EVENT, [LINE]],
    ['an event after a byte order mark', `\uFEFF${EVENT}`, [LINE]],
    ['an array of events', `[${EVENT},${EVENT}]`, [LINE, LINE]],
    [
      'an array with another value',
      `[${EVENT},5]`,
      [LINE, 'undecodable: expected an object, found number; in a mapping, $value is the element itself (no-fields)'],
    ],
    ['an event per line', `${EVENT}\n\n  ${EVENT}  \n`, [LINE, LINE]],
    ['a line with another value', `${EVENT}\n5`, [LINE, 'undecodable: expected an object, found number']],
    [
      'a line that is not JSON',
      `${EVENT}\nx`,
      [LINE, 'undecodable: expected a JSON object; the line has no known form'],
    ],
    ['events without line breaks', `${EVENT}${EVENT} ${EVENT}`, [LINE, LINE, LINE]],
    ['arrays without line breaks', `[${EVENT}][${EVENT}, ${EVENT}] []`, [LINE, LINE, LINE]],
    ['an array per line', `[${EVENT},${EVENT}]\n[${EVENT}]`, [LINE, LINE, LINE]],
    ['arrays over several lines', `[\n  ${EVENT}\n]\n[\n  ${EVENT},\n ${EVENT}\n]\n`, [LINE, LINE, LINE]],
    ['events and arrays', `${EVENT}\n[${EVENT}]\n${EVENT}[${EVENT}]`, [LINE, LINE, LINE, LINE]],
    [
      'an array per line with another value',
      `[${EVENT},5]\n[${EVENT}]`,
      [LINE, LINE, 'undecodable: expected an object, found number'],
    ],
    [
      'an array per line, of which one is not JSON',
      `[${EVENT}]\n[${EVENT}`,
      [LINE, `undecodable: the line is not valid JSON at character 28: expected "," or "]", found the end of the text`],
    ],
    ['lines of several events', `${EVENT}${EVENT}\n${EVENT}`, [LINE, LINE, LINE]],
    ['an event whose end is missing', '{"v":1', [NO_JSON(CUT)]],
    [
      'an event after a no-break space',
      `\u00a0${EVENT}`,
      [NO_JSON('is not valid JSON at character 1: expected a value, found the character U+00A0')],
    ],
    [
      'an event with one brace too many',
      '{"v":1}}',
      [NO_JSON('is not valid JSON at character 8: expected the end of the text, found "}"')],
    ],
    [
      'mostly lines that are not JSON',
      '{"v":1}\nx\ny',
      [NO_JSON('is not valid JSON at line 2, character 1: expected the end of the text, found a letter')],
    ],
    ['line protocol', 'm v=1 1\n\nn v=2 2', ['m v=1 1', 'n v=2 2']],
    ['a number', '5', [UNKNOWN('is a single number')]],
    ['null', 'null', [UNKNOWN('is a single JSON value, not an object or array')]],
    ['text', 'plain text', [UNKNOWN('has no known form')]],
    ['an SNS envelope', snsBody(EVENT), [LINE]],
    ['an SNS envelope with line protocol', snsBody('m v=1 1'), ['m v=1 1']],
    ['an SNS envelope with a packed event', snsBody(zipped(EVENT)), [LINE]],
    ['an SNS envelope without a message', snsBody(''), []],
    ['an SNS envelope with a number', snsBody('5'), [UNKNOWN('is a single number')]],
    // Only one envelope is opened, because an event may itself have the form of one.
    ['an SNS envelope in another one', snsBody(snsBody(EVENT)), [NO_FIELDS]],
    ['an envelope of EventBridge', eventBridgeBody(JSON.parse(EVENT)), [LINE]],
    ['an envelope of EventBridge without an object', eventBridgeBody(5 as never), [NO_FIELDS]],
    ['an array of envelopes', `[${snsBody(EVENT)}]`, [NO_FIELDS]],
    [
      'a number that JSON does not have',
      '{"ts":1755216000000,"v":NaN}',
      ['not-finite: field "v" (v): the number is NaN'],
    ],
  ])('reads %s', (_, body, expected) => {
    expect(resultOf('auto', body)).toEqual(expected);
  });
});

test('the events of arrays over several lines count together towards the limit of a message', () => {
  const arrays = (count: number): string => `[\n${'{},'.repeat(count - 1)}{}\n]\n`;
  const bodies = [arrays(50_000) + arrays(50_000), arrays(50_000) + arrays(50_001), arrays(100_001) + arrays(1)];
  const codes = bodies.map((body) => {
    const { events, refused } = convert(message(body), { mapping: RULES });
    return [events, refused[0]?.refusal.code];
  });
  expect(codes).toEqual([
    [100_000, 'no-fields'],
    [1, 'too-large'],
    [1, 'too-large'],
  ]);
});

describe.each(['json', 'sns', 'eventbridge'] as const)('%s', (input) => {
  test.each([
    ['a number', '5', 'undecodable: expected a JSON object or array, found number'],
    ['a text', '"x"', 'undecodable: expected a JSON object or array, found string'],
    ['null', 'null', 'undecodable: expected a JSON object or array, found null'],
    ['an event per line', `${EVENT}\n${EVENT}`, NOT_ONE(input, SEVERAL)],
    ['events without line breaks', `${EVENT}${EVENT}`, NOT_ONE(input, SEVERAL)],
    ['an event whose end is missing', '{"v":1', NOT_ONE(input, CUT)],
    ['line protocol', 'm v=1 1', NOT_ONE(input, 'has no known form')],
  ])('refuses %s', (_, body, expected) => {
    expect(resultOf(input, body)).toEqual([expected]);
  });
  test.each(['', ' '])('reads nothing from %j', (body) => {
    expect(resultOf(input, body)).toEqual([]);
  });
});

describe('one JSON document', () => {
  test.each<[Input, string, string, readonly string[]]>([
    ['json', 'an event', EVENT, [LINE]],
    ['json', 'an array', `[${EVENT}]`, [LINE]],
    ['json', 'no envelope', snsBody(EVENT), [NO_FIELDS]],
    ['sns', 'the message of its envelope', snsBody(EVENT), [LINE]],
    ['sns', 'line protocol in its envelope', snsBody('m v=1 1'), ['m v=1 1']],
    ['sns', 'nothing but its envelope', EVENT, ['undecodable: expected an sns envelope, found another object']],
    ['sns', 'no array', '[]', ['undecodable: expected an sns envelope, found an array']],
    ['eventbridge', 'the detail of its envelope', eventBridgeBody(JSON.parse(EVENT)), [LINE]],
    [
      'eventbridge',
      'no other envelope',
      snsBody(EVENT),
      ['undecodable: expected an eventbridge envelope, found another object'],
    ],
    ['eventbridge', 'no array', '[]', ['undecodable: expected an eventbridge envelope, found an array']],
  ])('%s reads %s', (input, _, body, expected) => {
    expect(resultOf(input, body)).toEqual(expected);
  });
});

describe('canonical', () => {
  const CANONICAL = '{"measurement":"m","fields":{"v":1},"timestamp":"1"}';
  test.each<[string, string, readonly string[]]>([
    ['an event', CANONICAL, ['m v=1 1']],
    ['an event per line', `${CANONICAL}\n${CANONICAL}`, ['m v=1 1', 'm v=1 1']],
    ['an SNS envelope', snsBody(CANONICAL), ['m v=1 1']],
    ['an envelope of EventBridge', eventBridgeBody(JSON.parse(CANONICAL)), ['m v=1 1']],
    [
      'no line protocol',
      'm v=1 1',
      ['undecodable: expected a JSON object or array, or one object per line; the body has no known form'],
    ],
    ['no number', '5', ['undecodable: expected a JSON object or array, found number']],
  ])('reads %s', (_, body, expected) => {
    const { lines, refused } = convert(message(body), { mapping: undefined, input: 'canonical' });
    expect([...lines, ...refusalTexts(refused)]).toEqual(expected);
  });
});

describe('other inputs', () => {
  test.each<[Input, string, readonly string[]]>([
    ['ndjson', EVENT, [LINE]],
    ['ndjson', `${EVENT}\n${EVENT}`, [LINE, LINE]],
    ['gzip', zipped(EVENT), [LINE]],
    ['gzip', EVENT, ['undecodable: the body is not gzip in base64, or it is truncated']],
    ['gzip', '', ['undecodable: the body is not gzip in base64, or it is truncated']],
    ['line-protocol', 'm v=1 1\nn v=2 2', ['m v=1 1', 'n v=2 2']],
    ['line-protocol', '5', ['undecodable: line protocol: the line has no fields']],
    ['line-protocol', EVENT, ['undecodable: line protocol: a tag has no value']],
    ['base64', Buffer.from(EVENT).toString('base64'), [LINE]],
  ])('%s reads %j as %j', (input, body, expected) => {
    expect(resultOf(input, body)).toEqual(expected);
  });
});
