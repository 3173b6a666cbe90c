/** Tests of `cli/console/letter-place.ts`: the part of an event that the detail of its refusal names. */

import { describe, expect, test } from 'vitest';
import { failingSpan } from '../../cli/console/letter-place.ts';

const marked = (body: unknown, detail: string): string | undefined => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const span = failingSpan(text, detail);
  return span === undefined ? undefined : text.slice(span.start, span.end);
};

describe('failingSpan', () => {
  test.each([
    ['a path from the root', { temp: 'warm' }, 'field "temp" (temp): expected a number, found string', '"warm"'],
    ['a path within the event', { list: [{ a: { b: [1, 'x'] } }] }, 'field "c" (a.b.1): expected a number', '"x"'],
    ['a JSON Pointer', { 'a.b': { c: 1 } }, 'tag "t" (/a.b/c): expected text', '1'],
    ['$root', { temp: 1, list: [{ temp: 2 }] }, 'tag "t" ($root.temp): expected text', '1'],
    ['a name with a parenthesis and a colon', { v: { w: true } }, 'field "a (b): \\"c" (v.w): expected text', 'true'],
    ['a canonical field', [{ fields: { used: {} } }], 'field "used": expected a number, found object', '{}'],
    ['a canonical tag', { tags: { host: [] } }, 'tag "host": expected text', '[]'],
    ['the canonical time', { timestamp: 'noon' }, 'timestamp: expected a number', '"noon"'],
  ])('marks %s', (_, body, detail, expected) => {
    expect(marked(body, detail)).toBe(expected);
  });

  test.each([
    ['the path occurs twice', { list: [{ temp: 1 }, { temp: 2 }] }, 'field "t" (temp): expected'],
    ['the path is that of an envelope', { envelope: { a: 1 } }, 'tag "t" ($envelope.a): expected'],
    ['the value is absent', { other: 1 }, 'field "t" (temp): expected'],
    ['the detail names no path', { temp: 1 }, 'the event has no value for any of its fields'],
    ['the body is line protocol', 'm temp=1', 'field "temp" (temp): expected'],
    ['the body is a number', '1', 'field "temp" (temp): expected'],
    ['the body is too long to search', { temp: 1, pad: 'x'.repeat(70_000) }, 'field "temp" (temp): expected'],
  ])('marks nothing if %s', (_, body, detail) => {
    expect(marked(body, detail)).toBeUndefined();
  });
});
