import { expect, test } from 'vitest';
import { isOnlyPlainInteger, memberPattern } from '../../../src/sink/json/only-member.ts';

const isOnly = (text: string, name = 'n'): boolean => isOnlyPlainInteger(text, memberPattern(name) as string);

test.each([
  ['{"n":5}', true],
  ['{"n":-5,"m":1}', true],
  ['{ "n" : 5 , "m":1}', true],
  ['{"a":{"n":123456789012345\n}}', true],
  ['{"n":1234567890123456}', false],
  ['{"n":5.0}', false],
  ['{"n":5e0}', false],
  ['{"n":"5"}', false],
  ['{"n":-}', false],
  ['{"m":5}', false],
  // The value may be that of the other member.
  ['{"a":{"n":5},"n":5.0}', false],
  ['{"n":5.0,"n":5}', false],
  ['{"n":5,"n":5}', false],
  // Other names that end like it, and strings that look like it, are no members.
  ['{"in":1.0,"n":5}', true],
  ['{"n":5,"a":"n"}', true],
  ['{"a":"\\"n\\":1.0","n":5}', true],
])('%s: %s', (text, expected) => {
  expect(isOnly(text)).toBe(expected);
});

test('has no pattern for names that JSON can write in several ways', () => {
  for (const name of [undefined, '', 'a"b', 'a\\b', 'é', '\n']) expect(memberPattern(name)).toBeUndefined();
  expect(memberPattern('a b.c')).toBe('a b.c"');
});
