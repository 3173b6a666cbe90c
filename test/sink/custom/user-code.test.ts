/** Errors of functions of a program, as text. Covers `src/sink/custom/user-code.ts`. */

import { describe, expect, test } from 'vitest';
import { codeFailure, loggedError } from '../../../src/sink/custom/user-code.ts';

/** Returns an error with this stack. */
const failing = (message: string, stack: string | undefined): Error => {
  const error = new TypeError(message);
  Object.defineProperty(error, 'stack', { value: stack });
  return error;
};

const UNREADABLE = 'an error whose text cannot be read';
const unreadable = Object.defineProperty(new Error('x'), 'stack', {
  get: () => {
    throw new Error('no stack');
  },
});

describe('the refusal', () => {
  const detail = (thrown: unknown): string => codeFailure('decode', thrown).detail;

  test('has the code of an error in code', () => {
    expect(codeFailure('decode', new Error('x')).code).toBe('converter-error');
  });

  test.each([
    ['    at decode (file:///srv/rooms.ts:12:7)\n    at other (file:///srv/a.ts:1:1)', '(/srv/rooms.ts:12:7)'],
    ['    at file:///srv/rooms.ts:12:7', '(/srv/rooms.ts:12:7)'],
    ['    at Object.decode [as run] (/srv/rooms.ts:12:7)', '(/srv/rooms.ts:12:7)'],
    ['    at decode (node:vm:1:1)', '(node:vm:1:1)'],
    ['    at decode (/srv/file://rooms.ts:1:1)', '(/srv/file://rooms.ts:1:1)'],
    ['    within at nowhere', ''],
    ['', ''],
  ])('names the first place of the stack %j', (places, expected) => {
    const thrown = failing('no unit', `TypeError: no unit\n${places}`);
    expect(detail(thrown)).toBe(`decode threw TypeError: no unit${expected === '' ? '' : ` ${expected}`}`);
  });

  test('takes no place from the message', () => {
    const message = 'bad\n    at home (/not/a/place.ts:1:1)';
    const thrown = failing(message, `TypeError: ${message}\n    at decode (/srv/rooms.ts:12:7)`);
    expect(detail(thrown)).toBe('decode threw TypeError: bad at home (/not/a/place.ts:1:1) (/srv/rooms.ts:12:7)');
  });

  test('has no place without a stack', () => {
    expect(detail(failing('no unit', undefined))).toBe('decode threw TypeError: no unit');
  });

  test.each([
    [600 - 'TypeError: '.length, ''],
    [601 - 'TypeError: '.length, '...'],
    [5_000, '...'],
  ])('shortens the text of an error of %d characters to 600', (length, end) => {
    const text = detail(failing('x'.repeat(length), undefined));
    expect(text).toBe(`decode threw ${`TypeError: ${'x'.repeat(length)}`.slice(0, 600)}${end}`);
  });

  test.each([
    ['a text', 'decode threw a value of type string instead of an error'],
    [undefined, 'decode threw a value of type undefined instead of an error'],
    [unreadable, `decode threw ${UNREADABLE}`],
  ])('describes what is thrown instead of an error: %#', (thrown, expected) => {
    expect(detail(thrown)).toBe(expected);
  });
});

describe('the text for the log', () => {
  test.each([
    [failing('no unit', 'TypeError: no unit\n    at decode'), 'TypeError: no unit\n    at decode'],
    [failing('no unit', undefined), 'no unit'],
    ['a text', 'a text'],
    [7, '7'],
    [unreadable, UNREADABLE],
    [Object.create(null), UNREADABLE],
  ])('is the stack, the message, or the value: %#', (error, expected) => {
    expect(loggedError(error)).toBe(expected);
  });
});
