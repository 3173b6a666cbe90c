/** Repeated members of a mapping. Covers `src/sink/json/repeated-keys.ts`. */

import { expect, test } from 'vitest';
import { parseDeclaration } from '../../../src/sink/json/repeated-keys.ts';

test.each([
  ['{"a":1,"b":2}', []],
  ['{"a":1,"a":2}', ['m.a']],
  ['{"a":1,"a":2,"a":3}', ['m.a']],
  ['{"a":{"x":1},"b":{"x":1}}', []],
  ['{"a":{"x":1,"\\u0078":2}}', ['m.a.x']],
  ['{"a":[{"x":1},{"x":1,"y":[1,2,{"z":0,"z":1}]}]}', ['m.a[1].y[2].z']],
  ['[{"x":"x"},["x","x"],{"x":1,"x":"x"}]', ['m[2].x']],
  ['{"a":"a","b":["b","{","a,b"],"a":1}', ['m.a']],
  ['{"a":{},"b":[],"c":{"d":1},"a":[1]}', ['m.a']],
  ['{"a\\"":1,"a\\"":{"b":1,"b":2}}', ['m.a"', 'm.a".b']],
  ['"a"', []],
  ['7', []],
])('in %s the repeated members are %j', (text, expected) => {
  const { value, repeated } = parseDeclaration(text, 'm');
  expect(repeated).toEqual(expected);
  expect(value).toEqual(JSON.parse(text));
});

test('a byte order mark is skipped, and other text is refused', () => {
  expect(parseDeclaration('\uFEFF{"a":1}', 'm')).toEqual({ value: { a: 1 }, repeated: [] });
  expect(() => parseDeclaration('a: 1', 'm')).toThrow(SyntaxError);
});
