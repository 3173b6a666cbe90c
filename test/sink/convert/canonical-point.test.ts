/** Canonical events. Covers `src/sink/convert/canonical-point.ts`. */

import { describe, expect, test } from 'vitest';
import { canonicalText } from '../../../src/sink/convert/canonical-point.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import { convert, message } from '../make.ts';

const point = { measurement: 'm', fields: { v: 1 }, timestamp: '1755216000000000001' };
const result = (event: unknown): string => {
  const { lines, codes } = convert(message(event));
  return codes[0] ?? (lines[0] as string).replace(' 1755216000000000001', '');
};

describe('canonical event', () => {
  test('converts measurement, tags, fields, integers and time of a canonical event', () => {
    const event = {
      measurement: 'c p,u',
      tags: { b: 'x y', a: 5, n: null, e: '' },
      fields: { f: 1.5, n: 7, s: 'a"b', t: true, z: null },
      integers: ['n', 'none'],
      timestamp: '1755216000000000001',
    };
    expect(convert(message({ ...event, measurement: 'c pu' })).lines).toEqual([
      'c\\ pu,a=5,b=x\\ y f=1.5,n=7i,s="a\\"b",t=true 1755216000000000001',
    ]);
  });
  test('keeps every digit of a canonical time and of integers that are written as text', () => {
    expect(
      convert(
        message(
          '{"measurement":"m","fields":{"v":1,"i":"9007199254740991"},"integers":["i"],"timestamp":1755216000000000001}',
        ),
      ).lines,
    ).toEqual(['m v=1,i=9007199254740991i 1755216000000000001']);
  });
  test.each<[string, Record<string, unknown>]>([
    ['measurement-missing', { measurement: undefined }],
    ['measurement-missing', { measurement: 5 }],
    ['measurement-missing', { measurement: '' }],
    ['no-fields', { fields: {} }],
    ['no-fields', { fields: undefined }],
    ['no-fields', { fields: { v: null } }],
    ['field-type', { fields: [1] }],
    ['field-type', { tags: 'x' }],
    ['field-type', { fields: { v: {} } }],
    ['field-type', { tags: { t: [] } }],
    ['field-type', { fields: { v: 'x' }, integers: ['v'] }],
    ['field-type', { fields: { v: 1.5 }, integers: ['v'] }],
    ['field-type', { integers: 'v' }],
    ['integer-range', { fields: { v: '9007199254740992' }, integers: ['v'] }],
    ['duplicate-name', { tags: { v: 'x' } }],
    ['reserved-name', { fields: { time: 1 } }],
    ['name-characters', { fields: { '': 1 } }],
    ['name-characters', { fields: { 'a\nb': 1 } }],
    ['timestamp-format', { timestamp: 'yesterday' }],
    ['timestamp-format', { timestamp: '' }],
    ['timestamp-format', { timestamp: '1.5' }],
    ['timestamp-format', { timestamp: true }],
    ['timestamp-range', { timestamp: '-1' }],
    ['timestamp-range', { timestamp: '9223372036854775807' }],
    ['undecodable', { time: 5 }],
    ['undecodable', { fields: undefined, felds: { v: 1 } }],
  ])('refuses with "%s" a canonical event with %j', (code, change) => {
    expect(result({ ...point, ...change })).toBe(code);
  });
  const without = '(without a mapping, events must be canonical)';
  const members = 'measurement, tags, fields, integers, timestamp';
  test.each<[Record<string, unknown>, string]>([
    [{ measurement: undefined }, `measurement: expected text, found nothing ${without}`],
    [{ measurement: 5 }, `measurement: expected text, found number ${without}`],
    [{ fields: {} }, 'the event has no value for any of its fields'],
    [{ fields: [1] }, 'fields: expected an object, found array'],
    [{ tags: 'x' }, 'tags: expected an object, found string'],
    [{ integers: 'v' }, 'integers: expected an array of field names, found string'],
    [{ integers: [1] }, 'integers: expected an array of field names, found array'],
    [{ fields: undefined, felds: {} }, `not a canonical event: member "felds" is not one of ${members}`],
    [{ time: 5 }, `not a canonical event: member "time" is not one of ${members}`],
    [{ tags: { v: 'x' } }, 'field "v": another tag or field of this point already has the name "v"'],
    [{ tags: { t: [] } }, 'tag "t": expected text, a number or a boolean, found array'],
    [{ timestamp: true }, 'timestamp: expected a number of ns or its digits as text'],
  ])('names the place of the fault of a canonical event with %j', (change, detail) => {
    expect(convert(message({ ...point, ...change })).refused[0]?.refusal.detail).toBe(detail);
  });
  test('reads null and absent members alike, and no inherited ones', () => {
    const { timestamp: _, ...untimed } = point;
    for (const more of [{}, { timestamp: null, tags: null, integers: null }]) {
      const { lines, valuesAltered } = convert(message({ ...untimed, ...more }));
      expect([lines[0]?.replace(/\d{6}$/, ''), valuesAltered]).toEqual(['m v=1 1755216000000', 0]);
    }
    expect(result('{"measurement":"m","fields":null,"timestamp":"1755216000000000001"}')).toBe('no-fields');
    expect(result('{"__proto__":{"measurement":"m"},"fields":{"v":1}}')).toBe('measurement-missing');
  });
  test('counts no integer that is written as text as altered, and counts implausible times', () => {
    const { valuesAltered, implausibleTimes } = convert(
      message({ ...point, fields: { v: '7', w: null }, integers: ['v'] }),
    );
    expect([valuesAltered, implausibleTimes]).toEqual([1, 0]);
    expect(convert(message({ ...point, timestamp: '5' })).implausibleTimes).toBe(1);
  });
  test.each<[string, string, Record<string, unknown>]>([
    ['name-too-long', 'a name of 256 bytes', { fields: { ['k'.repeat(256)]: 1 } }],
    ['tag-too-long', 'a tag of 33,000 bytes', { tags: { t: 'x'.repeat(33_000) } }],
    ['line-too-long', 'a text of 62,000 bytes', { fields: { v: 'x'.repeat(62_000) } }],
  ])('refuses with "%s" a canonical event with %s', (code, _, change) => {
    expect(result({ ...point, ...change })).toBe(code);
  });
  test.each([
    ['00000000005', '5'],
    ['0000000000000000001', '1'],
    ['01755216000000000001', '1755216000000000001'],
    ['000000005', '5'],
    ['0', '0'],
  ])('writes the time "%s" as %s', (timestamp, written) => {
    expect(convert(message({ ...point, timestamp })).lines).toEqual([`m v=1 ${written}`]);
  });
  test('converts the canonical event of a line back into the same line', () => {
    for (const event of [
      point,
      {
        measurement: 'm',
        tags: { __proto__: 'x', 'a,b': ' =\\' },
        fields: { i: 5, f: 1e-7, s: '\\"\t', b: false },
        integers: ['i'],
        timestamp: '5',
      },
    ]) {
      const [line = ''] = convert(message(event)).lines;
      expect(convert(message(canonicalText(parseOwnLine(line)))).lines).toEqual([line]);
    }
  });
  test('keeps the sign of a zero in the canonical event of a line', () => {
    const line = 'm,t=0 f=-0,i=0i,s="-0",z=0 1755216000000000001';
    expect(convert(message(canonicalText(parseOwnLine(line)))).lines).toEqual([line]);
  });
});
