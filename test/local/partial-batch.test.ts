import { expect, test } from 'vitest';
import { settleResponse } from '../../local/event-source/partial-batch.ts';

const ids = ['a', 'b', 'c'];
const all = ids;
const none: string[] = [];

const named = (...itemIdentifiers: unknown[]) => ({
  batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

interface Row {
  readonly answer: string;
  readonly response: unknown;
  readonly deleted: readonly string[];
}

const rows: readonly Row[] = [
  { answer: 'an empty list', response: { batchItemFailures: [] }, deleted: all },
  { answer: 'a null list', response: { batchItemFailures: null }, deleted: all },
  { answer: 'undefined', response: undefined, deleted: all },
  { answer: 'null', response: null, deleted: all },
  { answer: 'an empty object', response: {}, deleted: all },
  { answer: 'an object without the list', response: { statusCode: 500 }, deleted: all },
  { answer: 'a list of one id', response: named('b'), deleted: ['a', 'c'] },
  { answer: 'a list of several ids', response: named('c', 'a'), deleted: ['b'] },
  { answer: 'a list of all ids', response: named('a', 'b', 'c'), deleted: none },
  { answer: 'one id twice', response: named('b', 'b'), deleted: ['a', 'c'] },
  { answer: 'an empty id', response: named('a', ''), deleted: none },
  { answer: 'a null id', response: named(null), deleted: none },
  { answer: 'an id that is a number', response: named(1), deleted: none },
  { answer: 'an unknown id', response: named('a', 'z'), deleted: none },
  { answer: 'a misspelt key', response: { batchItemFailures: [{ itemIdentifer: 'a' }] }, deleted: none },
  { answer: 'bare ids in the list', response: { batchItemFailures: ['a'] }, deleted: none },
  { answer: 'null in the list', response: { batchItemFailures: [null] }, deleted: none },
  { answer: 'a list that is a string', response: { batchItemFailures: 'a' }, deleted: none },
  { answer: 'a list that is an object', response: { batchItemFailures: { itemIdentifier: 'a' } }, deleted: none },
  { answer: 'a bare string', response: 'a', deleted: none },
  { answer: 'an empty string', response: '', deleted: none },
  { answer: 'a bare list', response: [{ itemIdentifier: 'a' }], deleted: none },
  { answer: 'a number', response: 200, deleted: none },
];

test.each(rows)('$answer deletes $deleted', ({ response, deleted }) => {
  expect(settleResponse(response, ids)).toEqual(deleted);
});
