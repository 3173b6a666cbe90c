/** The attribute of dead letters that any producer can send. Covers `src/sink/settle/letter-origin.ts`. */

import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { MESSAGE_BYTES_MAX } from '../../../src/sink/decode/decode-options.ts';
import { restoreOrigin } from '../../../src/sink/settle/letter-origin.ts';
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
