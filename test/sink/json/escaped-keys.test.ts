/** Keys with escapes, which V8's `JSON.parse` may confuse with keys of an object that it parsed before. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasEscapedKey } from '../../../src/sink/json/escaped-keys.ts';
import { isObject, type Json, numberOf, parseJson, type SourceNumber, sourceOf } from '../../../src/sink/json/json.ts';
import { convert, message } from '../make.ts';

describe('keys with escapes', () => {
  test.each([
    ['{"a":1,"\\\\\\\\":1}', '{"a":1,"\\\\k":1}', '\\k'],
    ['{"b":1,"\\\\":1}', '{"b":1,"\\n":1}', '\n'],
    ['{"c":1,"\\\\\\\\x":1}', '{"c":1,"\\\\xx":1}', '\\xx'],
    ['{"d":1,"\\\\\\"":1}', '{"d":1,"\\\\\\n":1}', '\\\n'],
  ])('after %s the key of %s is read exactly', (before, text, key) => {
    for (const withSources of [false, true]) {
      parseJson(before, withSources);
      expect(Object.keys(parseJson(text, withSources) as object)[1]).toBe(key);
    }
  });

  test('an event gets its own tag after an event of the same shape', () => {
    const event = (tag: string): unknown => ({ measurement: 'm', tags: { t: 'v', [tag]: 'v' }, fields: { f: 1 } });
    const [first, second] = ['\\\\', '\\k'].map((tag) => convert(message(event(tag))).lines[0]);
    expect([first, second]).toEqual([
      expect.stringContaining(',\\\\\\\\=v,t=v f=1 '),
      expect.stringContaining(',\\\\k=v,t=v f=1 '),
    ]);
  });

  test('every JSON value with odd keys is parsed as it was written', () => {
    const name = fc.string({ unit: fc.constantFrom('\\', '"', '\n', 'k', '/', '\u0000', 'é'), maxLength: 3 });
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null), name),
        fc.array(tie('value'), { maxLength: 3 }),
        fc.dictionary(name, tie('value'), { maxKeys: 3, noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(value, fc.constantFrom(undefined, 1), (one, indent) => {
        const text = JSON.stringify(one, undefined, indent);
        expect(JSON.stringify(parseJson(text, false), undefined, indent)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  test('numbers keep their digits, and repeated keys and "__proto__" are treated as JSON.parse treats them', () => {
    const text =
      '{ "\\n" : [ 1.50 , -0, 12345678901234567890 , true, null ] , "__proto__" : {"x":false} ,"y":1,"y":2 }';
    const parsed = parseJson(text, true) as Record<string, Json>;
    const [fraction, zero, long] = parsed['\n'] as readonly SourceNumber[];
    expect([
      sourceOf(fraction as SourceNumber),
      numberOf(zero as SourceNumber),
      sourceOf(long as SourceNumber),
    ]).toEqual(['1.50', -0, '12345678901234567890']);
    expect(Object.keys(parsed)).toEqual(['\n', '__proto__', 'y']);
    expect([isObject(parsed), Object.getPrototypeOf(parsed) === Object.prototype, parsed.y]).toEqual([true, true, 2]);
  });

  test('a message that is nested too deeply is refused and does not end the run', () => {
    const deep = `{"\\n":${'['.repeat(50_000)}${']'.repeat(50_000)}}`;
    const envelope = JSON.stringify({
      Type: 'Notification',
      MessageId: 'a',
      TopicArn: 'a',
      Timestamp: 'a',
      Message: deep,
    });
    for (const body of [deep, `[${deep}]`, `${deep}\n${deep}`, envelope])
      expect(new Set(convert(message(body)).codes)).toEqual(new Set(['undecodable']));
  });

  test('only keys with an escape need the slower parser', () => {
    const withKey = ['{"a\\"b":1}', '{"a":"\\n","\\u0041" :1}', '[{"x":{"C:\\\\":1}}]'];
    const withoutKey = ['{"a":"b\\n"}', '{"a":"x\\\\","k":1}', '["\\":"]', '"\\u0000"', '{"a":"\\":1"}', '{"a":1}'];
    expect(withKey.map(hasEscapedKey)).toEqual([true, true, true]);
    expect(withoutKey.map(hasEscapedKey)).toEqual(withoutKey.map(() => false));
  });
});
