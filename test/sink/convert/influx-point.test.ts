/** Lines of producers, with exact lines and refusals. Covers `src/sink/convert/influx-point.ts`. */

import { describe, expect, test } from 'vitest';
import { LINE_PRECISIONS, type LinePrecision } from '../../../src/sink/convert/influx-point.ts';
import { type ConvertResult, convert, message, refusalTexts } from '../make.ts';

const converted = (text: string, linePrecision?: LinePrecision): ConvertResult =>
  convert(message(text), { linePrecision, input: 'line-protocol' });

/** Returns the line that is written, or the refusal. */
const resultOf = (text: string, linePrecision?: LinePrecision): string => {
  const { lines, refused } = converted(text, linePrecision);
  return [...lines, ...refusalTexts(refused)].join('; ');
};

const TIME = '1755216000000000001';

test.each<[string, string]>([
  ['1.5', '1.5'],
  ['-1', '-1'],
  ['1.', '1'],
  ['.5', '0.5'],
  ['-.5e1', '-5'],
  ['1e+3', '1000'],
  ['5i', '5i'],
  ['-5i', '-5i'],
  ['9007199254740991i', '9007199254740991i'],
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text): [string, string] => [text, 'true']),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text): [string, string] => [text, 'false']),
  ['"a\\"b\\\\c"', '"a\\"b\\\\c"'],
  ['""', '""'],
])('the value %s is written as %s', (value, written) => {
  expect(resultOf(`m,t=x v=${value} ${TIME}`)).toBe(`m,t=x v=${written} ${TIME}`);
});

const TYPES = 'expected a number, an integer (5i), a boolean or quoted text; openGemini has no other types';
test.each([
  ['m v=5u', `field-type: field "v": ${TYPES}`],
  ['m v=tRUE', `field-type: field "v": ${TYPES}`],
  ['m v=1.5i', `field-type: field "v": ${TYPES}`],
  ['m v=1e', `field-type: field "v": ${TYPES}`],
  ['m v=.', `field-type: field "v": ${TYPES}`],
  ['m v=x1', `field-type: field "v": ${TYPES}`],
  ['m a=1,a=2', 'duplicate-name: field "a": another tag or field of this point already has the name "a"'],
  ['m,a=x a=2', 'duplicate-name: field "a": another tag or field of this point already has the name "a"'],
  ['m,a=x,a=y b=2', 'duplicate-name: tag "a": another tag or field of this point already has the name "a"'],
])('the line %s is refused: %s', (line, expected) => {
  expect(resultOf(`${line} ${TIME}`)).toBe(expected);
});

test.each([
  ['m v=9007199254740992i', /^integer-range: field "v"/],
  ['m v=1e400', /^not-finite: field "v"/],
  ['m,time=x v=1', /^reserved-name: tag "time"/],
  ['m time=1', /^reserved-name: field "time"/],
])('the line %s is refused for its column', (line, expected) => {
  expect(resultOf(`${line} ${TIME}`)).toMatch(expected);
});

test('tags are written in the order of their names', () => {
  expect(resultOf(`m,z=1,b=2,a=3 v=1 ${TIME}`)).toBe(`m,a=3,b=2,z=1 v=1 ${TIME}`);
});

describe('times', () => {
  test.each<[LinePrecision, string, string]>([
    ['ns', TIME, TIME],
    ['us', '1755216000000001', '1755216000000001000'],
    ['ms', '1755216000001', '1755216000001000000'],
    ['s', '1755216001', '1755216001000000000'],
    ['auto', '1755216001', '1755216001000000000'],
    ['auto', '1755216000001', '1755216000001000000'],
    ['auto', '1755216000000001', '1755216000000001000'],
    ['auto', TIME, TIME],
  ])('with the precision %s the time %s is %s', (precision, time, written) => {
    expect(resultOf(`m v=1 ${time}`, precision)).toBe(`m v=1 ${written}`);
  });

  test.each<[LinePrecision, string]>([
    ['ns', 'nanoseconds'],
    ['us', 'microseconds'],
    ['ms', 'milliseconds'],
    ['s', 'seconds'],
    ['auto', 'units of time'],
  ])('with the precision %s a fraction is refused', (precision, unit) => {
    for (const time of ['1.5', 'now', '1_0', '+1'])
      expect(resultOf(`m v=1 ${time}`, precision)).toBe(
        `timestamp-format: timestamp: expected whole ${unit} after the fields`,
      );
  });

  test.each(LINE_PRECISIONS)('with the precision %s a line without a time has that of its message', (precision) => {
    expect(resultOf('m v=1', precision)).toMatch(/^m v=1 1755216000000\d{6}$/);
  });

  test('an implausible time is counted, a plausible one and that of the message are not', () => {
    const counts = ['m v=1 1', `m v=1 ${TIME}`, 'm v=1'].map((text) => converted(text).implausibleTimes);
    expect(counts).toEqual([1, 0, 0]);
  });

  test('a negative time is out of range', () => {
    expect(resultOf('m v=1 -1')).toMatch(/^timestamp-range: timestamp: /);
  });
});
