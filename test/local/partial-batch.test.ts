/** Tests of `local/event-source/partial-batch.ts`. */

import { expect, test } from 'vitest';
import { settleResponse } from '../../local/event-source/partial-batch.ts';

const ids = ['a', 'b', 'c'];
const all = ids;
const none: string[] = [];

const named = (...itemIdentifiers: unknown[]) => ({
  batchItemFailures: itemIdentifiers.map((itemIdentifier) => ({ itemIdentifier })),
});

interface Row {
  readonly name: string;
  readonly response: unknown;
  readonly deleted: readonly string[];
}

const rows: readonly Row[] = [
  { name: 'an empty list', response: { batchItemFailures: [] }, deleted: all },
  { name: 'a null list', response: { batchItemFailures: null }, deleted: all },
  { name: 'undefined', response: undefined, deleted: all },
  { name: 'null', response: null, deleted: all },
  { name: 'an empty object', response: {}, deleted: all },
  { name: 'an object without the list', response: { statusCode: 500 }, deleted: all },
  { name: 'a list of one id', response: named('b'), deleted: ['a', 'c'] },
  { name: 'a list of several ids', response: named('c', 'a'), deleted: ['b'] },
  { name: 'a list of all ids', response: named('a', 'b', 'c'), deleted: none },
  { name: 'one id twice', response: named('b', 'b'), deleted: ['a', 'c'] },
  { name: 'an empty id', response: named('a', ''), deleted: none },
  { name: 'a null id', response: named(null), deleted: none },
  { name: 'an id that is a number', response: named(1), deleted: none },
  { name: 'an unknown id', response: named('a', 'z'), deleted: none },
  { name: 'a misspelled key', response: { batchItemFailures: [{ itemIdentifer: 'a' }] }, deleted: none },
  { name: 'bare ids in the list', response: { batchItemFailures: ['a'] }, deleted: none },
  { name: 'null in the list', response: { batchItemFailures: [null] }, deleted: none },
  { name: 'a list that is a string', response: { batchItemFailures: 'a' }, deleted: none },
  { name: 'a list that is an object', response: { batchItemFailures: { itemIdentifier: 'a' } }, deleted: none },
  { name: 'a bare string', response: 'a', deleted: none },
  { name: 'an empty string', response: '', deleted: none },
  { name: 'a bare list', response: [{ itemIdentifier: 'a' }], deleted: none },
  { name: 'a number', response: 200, deleted: none },
];

test.each(rows)('for the response "$name" exactly these messages are deleted: $deleted', ({ response, deleted }) => {
  expect(settleResponse(response, ids)).toEqual(deleted);
});
