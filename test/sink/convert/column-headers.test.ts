/** The cache of names that come from events. Covers `src/sink/convert/column-headers.ts`. */

import { expect, test } from 'vitest';
import { columnNames } from '../../../src/sink/convert/column-headers.ts';

test('keeps 4,096 checked names, and begins again with the next one', () => {
  const names = columnNames('field');
  const first = names.header('first');
  for (let name = 1; name < 4_096; name++) names.header(`name ${name}`);
  // The same buffer shows that the name was not checked and escaped again.
  expect(names.header('first')).toBe(first);
  names.header('one more');
  expect(names.header('first')).not.toBe(first);
  expect(names.header('first')).toEqual(first);
});

test('remembers that a name is not allowed', () => {
  const names = columnNames('field');
  expect([names.header('a"b'), names.header('a"b')]).toEqual([undefined, undefined]);
});
