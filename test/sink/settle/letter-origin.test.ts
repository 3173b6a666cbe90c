/** The attribute of dead letters that any producer can send. Covers `src/sink/settle/letter-origin.ts`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { isEnclosed, originJson, originOf, restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
import { convert, mapping, message } from '../make.ts';

const ORIGIN = {
  messageId: 'first',
  sentAt: 1_780_000_000_000,
  eventIndex: 7,
  firstSeen: 1,
  sinkVersion: '1',
  form: 'text',
};

const letter = (cut: unknown, body: unknown = { v: 1 }) => {
  const value = JSON.stringify({ ...ORIGIN, cut });
  return message(body, { attributes: { origin: { type: 'String', value } } });
};

describe('how an event was extracted', () => {
  test.each([
    ['nothing', undefined],
    ['a unit', { unit: 'json', wraps: 2 }],
    ['an event', { event: 100_000 }],
    ['an index', { unit: 'json', index: 0 }],
    ['levels', { levels: [0, 99_999, 1e12] }],
    ['no levels', { levels: [] }],
    ['as many levels as any mapping may have', { levels: Array.from({ length: 100 }, () => 0) }],
  ])('restores an origin with %s', (_, cut) => {
    const restored = restoreOrigin(letter(cut), MESSAGE_BYTES_MAX);
    expect(restored.origin).toMatchObject({ messageId: 'first', eventIndex: 7 });
    expect(restored.origin?.cut).toEqual(cut === undefined ? undefined : { unit: undefined, wraps: 0, ...cut });
  });

  test.each([
    ['no object', 5],
    ['null', null],
    ['an unknown unit', { unit: 'xml' }],
    ['too many envelopes', { wraps: 11 }],
    ['a negative event', { event: -1 }],
    ['an event that is text', { event: '1' }],
    ['a fraction as index', { index: 0.5 }],
    ['a negative index', { index: -1 }],
    ['an index beyond the limit', { index: 1e12 + 1 }],
    ['an index that is null', { index: null }],
    ['levels that are no array', { levels: 1 }],
    ['levels that are an object', { levels: { length: 1, 0: 0 } }],
    ['levels that are null', { levels: null }],
    ['a level that is text', { levels: [0, '1'] }],
    ['a negative level', { levels: [-1] }],
    ['a fraction as level', { levels: [0.5] }],
    ['a level beyond the limit', { levels: [1e12 + 1] }],
    ['a level that is null', { levels: [null] }],
    ['more levels than any mapping has', { levels: Array.from({ length: 101 }, () => 0) }],
  ])('restores no origin with %s, which the sink has not written', (_, cut) => {
    const one = letter(cut);
    expect(restoreOrigin(one, MESSAGE_BYTES_MAX)).toBe(one);
  });
});

test('restores no enclosed origin whose body is enclosed again, because the sink could not read its dead letter', () => {
  const enclosing = (form: string) => {
    const body = gzipSync(JSON.stringify({ origin: { ...ORIGIN, form }, body: '{"v":1}' })).toString('base64');
    const value = JSON.stringify({ ...ORIGIN, form: 'enclosed' });
    return message(body, { attributes: { origin: { type: 'String', value } } });
  };
  expect(restoreOrigin(enclosing('text'), MESSAGE_BYTES_MAX)).toMatchObject({
    body: '{"v":1}',
    origin: { form: 'text' },
  });
  const twice = enclosing('enclosed');
  expect(restoreOrigin(twice, MESSAGE_BYTES_MAX)).toBe(twice);
});

test('reads $index of every level from the dead letter, but only where the array contains one element', () => {
  const rules = mapping({
    events: [{ path: 'list', as: 'outer' }, 'rows'],
    tags: { o: '$outer.$index', i: '$index' },
    fields: { v: 'v' },
  });
  const seriesOf = (body: unknown, cut: unknown): string[] =>
    convert(restoreOrigin(letter(cut, body), MESSAGE_BYTES_MAX), { mapping: rules }).lines.map(
      (line) => line.split(' ')[0] as string,
    );
  const one = { list: [{ rows: [{ v: 1 }] }] };
  expect(seriesOf(one, { levels: [3, 5] })).toEqual(['m,i=5,o=3']);
  expect(seriesOf(one, { levels: [3] })).toEqual(['m,i=0,o=3']);
  expect(seriesOf(one, {})).toEqual(['m,i=0,o=0']);
  expect(seriesOf({ list: [{ rows: [{ v: 1 }, { v: 2 }] }] }, { levels: [3, 5] })).toEqual(['m,i=0,o=3', 'm,i=1,o=3']);
});

describe('body of an enclosed dead letter', () => {
  const enclosed = (content: string | Buffer) => {
    const value = JSON.stringify({ ...ORIGIN, form: 'enclosed' });
    const body = typeof content === 'string' ? gzipSync(content).toString('base64') : content.toString('base64');
    return message(body, { attributes: { origin: { type: 'String', value } } });
  };
  test.each([
    ['is not compressed', enclosed(Buffer.from('{"v":1}'))],
    ['is no JSON', enclosed('{')],
    ['has no origin', enclosed(JSON.stringify({ body: '{"v":1}' }))],
    [
      'has an origin that the sink has not written',
      enclosed(JSON.stringify({ origin: { ...ORIGIN, sentAt: '1' }, body: '{}' })),
    ],
    ['encloses no text', enclosed(JSON.stringify({ origin: ORIGIN, body: { v: 1 } }))],
    [
      'expands to more than twice the limit of a message',
      enclosed(JSON.stringify({ origin: ORIGIN, body: 'x'.repeat(2_000) })),
    ],
  ])('is left as it is if it %s', (_, one) => {
    expect(restoreOrigin(one, 1_000)).toBe(one);
  });
  test('must be expanded before its origin is known', () => {
    expect([isEnclosed(enclosed('{}')), isEnclosed(letter(undefined)), isEnclosed(message('{}'))]).toEqual([
      true,
      false,
      false,
    ]);
  });
});

describe('an origin with an invalid member', () => {
  test.each([
    ['messageId', 5],
    ['sentAt', '1'],
    ['eventIndex', -1],
    ['firstSeen', null],
    ['sinkVersion', undefined],
    ['form', 'xml'],
    ['groupId', 5],
    ['attributes', null],
    ['attributes', 'text'],
    ['attributes', { a: 'text', b: 5 }],
    ['attributes', { a: { type: 'Number' } }],
    ['attributes', { a: { value: '5' } }],
    ['attributes', { a: { type: 5, value: '5' } }],
    ['attributes', { a: null }],
  ])('whose "%s" is %j is not restored', (name, value) => {
    const text = JSON.stringify({ ...ORIGIN, [name]: value });
    const one = message({ v: 1 }, { attributes: { origin: { type: 'String', value: text } } });
    expect(restoreOrigin(one, MESSAGE_BYTES_MAX)).toBe(one);
  });
  test.each(['5', 'null', '[]', 'text', '{'])('that is the text %s is not restored', (value) => {
    const one = message({ v: 1 }, { attributes: { origin: { type: 'String', value } } });
    expect(restoreOrigin(one, MESSAGE_BYTES_MAX)).toBe(one);
  });
});

describe('attribute "origin"', () => {
  const origin = originOf(message('{}', { id: 'm' }), 3, 'text', undefined);
  const written = (more: object, notes: object = {}) =>
    JSON.parse(
      originJson({ ...origin, ...more }, { measurement: undefined, sinkVersion: '1', partlyStored: false, ...notes }),
    );
  const PLAIN = {
    messageId: 'm',
    sentAt: origin.sentAtMs,
    eventIndex: 3,
    firstSeen: origin.firstReceivedAtMs,
    sinkVersion: '1',
    form: 'text',
  };

  test('contains only members that are known', () => {
    expect(originJson(origin, { measurement: undefined, sinkVersion: '1', partlyStored: false })).toBe(
      JSON.stringify(PLAIN),
    );
    expect(written({ cut: { unit: undefined, wraps: 0 } })).toEqual({ ...PLAIN, cut: {} });
  });
  test('contains everything that is known', () => {
    const attributes = { a: { type: 'String', value: 'é' }, n: { type: 'Number', value: '5' } };
    const cut = { unit: 'json', wraps: 1, event: 2, index: 3, levels: [4] } as const;
    expect(written({ groupId: 'g', attributes, cut }, { measurement: 'room', partlyStored: true })).toEqual({
      ...PLAIN,
      ...{
        groupId: 'g',
        attributes: { a: 'é', n: { type: 'Number', value: '5' } },
        measurement: 'room',
        cut,
        partlyStored: true,
      },
    });
  });
  test('is restored with the attributes of the first message', () => {
    const attributes = { a: 'é', n: { type: 'Number', value: '5' } };
    const value = JSON.stringify({ ...ORIGIN, attributes, groupId: 'g' });
    const one = message({ v: 1 }, { attributes: { origin: { type: 'String', value } } });
    expect(restoreOrigin(one, MESSAGE_BYTES_MAX).origin).toMatchObject({
      groupId: 'g',
      attributes: { a: { type: 'String', value: 'é' }, n: { type: 'Number', value: '5' } },
    });
  });
});
