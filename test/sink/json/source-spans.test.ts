/** Positions of values in a text. Covers `src/sink/json/source-spans.ts` and `tokens.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  elementSpans,
  memberAt,
  replaceSpan,
  spanAt,
  spanText,
  valueEnd,
  wholeSpan,
} from '../../../src/sink/json/source-spans.ts';

const TEXT = ' {"a" : [ 1 , "]}" , {"b":[]} ,[ ] ], "c\\"":{"d":null}, "a2":"x\\\\" ,"e":-1.50e3}\n';
const at = (...segments: string[]): string | undefined => {
  const span = spanAt(TEXT, wholeSpan(TEXT), segments);
  return span === undefined ? undefined : spanText(TEXT, span);
};

describe('a path', () => {
  test.each<[string[], string | undefined]>([
    [[], TEXT.trim()],
    [['a'], '[ 1 , "]}" , {"b":[]} ,[ ] ]'],
    [['a', '0'], '1'],
    [['a', '1'], '"]}"'],
    [['a', '2', 'b'], '[]'],
    [['a', '3'], '[ ]'],
    [['a', '3', '0'], undefined],
    [['a', '4'], undefined],
    [['a', '0', 'x'], undefined],
    [['c"', 'd'], 'null'],
    [['a2'], '"x\\\\"'],
    [['e'], '-1.50e3'],
    [['absent', 'x'], undefined],
    [['a2', '0'], undefined],
  ])('%j leads to %j', (path, expected) => {
    expect(at(...path)).toBe(expected);
  });

  test('leads to the last member of a name, however it is written', () => {
    const text = '{"a":1, "\\u0061" : 2 ,"b":3}';
    const found = memberAt(text, wholeSpan(text), 'a');
    expect([found?.name, found?.value].map((span) => span && spanText(text, span))).toEqual(['"\\u0061"', '2']);
    expect(memberAt(text, wholeSpan(text), 'c')).toBeUndefined();
  });
});

test.each([
  ['tru', 3],
  ['"abc', 4],
  ['"abc\\', 5],
  ['[1,', 3],
  ['{"a":[', 6],
  ['', 0],
])('the value of the incomplete text %j ends at its end', (text, end) => {
  expect(valueEnd(text, 0)).toBe(end);
});

test.each([
  ['1,2', 0, 1],
  ['1]', 0, 1],
  ['1}', 0, 1],
  ['1\t2', 0, 1],
  ['[1]{"b":2}', 3, 10],
  ['{} {}', 0, 2],
])('a value of %j from %d on ends at %d', (text, from, end) => {
  expect(valueEnd(text, from)).toBe(end);
});

test('a span can be replaced', () => {
  expect(replaceSpan('{"a":1,"b":2}', { start: 5, end: 6 }, '[7]')).toBe('{"a":[7],"b":2}');
});

test('the elements of an array are those that JSON.parse returns, nested thousands of levels deep too', () => {
  const json = fc.array(fc.jsonValue({ maxDepth: 3 }), { maxLength: 5 });
  fc.assert(
    fc.property(json, fc.constantFrom(undefined, 1, '\t'), fc.constantFrom('', ' ', '\n'), (value, indent, space) => {
      const text = space + JSON.stringify(value, undefined, indent) + space;
      const elements = elementSpans(text, wholeSpan(text)).map((span) => JSON.parse(spanText(text, span)));
      expect(elements).toEqual(JSON.parse(text));
    }),
  );
  const deep = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
  expect(wholeSpan(deep)).toEqual({ start: 0, end: deep.length });
});
