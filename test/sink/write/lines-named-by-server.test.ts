/** Lines that the server's error text names. Covers `src/sink/write/lines-named-by-server.ts`. */

import { expect, test } from 'vitest';
import { linesNamedByServer } from '../../../src/sink/write/lines-named-by-server.ts';
import { batchOf } from '../../checkpoint/make.ts';

const conflict = (field: string, measurement: string): string =>
  `partial write: field type conflict: input field "${field}" on measurement "${measurement}" is type float, already exists as type string dropped=1`;

test('finds the lines of a conflict with the longest names that a line can have', () => {
  const [field, measurement] = ['f'.repeat(255), '"'.repeat(250)];
  const batch = batchOf([`m ${field}=1 1`, `${measurement} ${field}=1i 2`, `${measurement} a=1,${field}=2 3`]);
  expect(linesNamedByServer(batch, conflict(field, measurement))).toEqual([
    { index: 2, partlyStored: true, conflict: { field, columnType: 'string' } },
  ]);
});

test('finds the line of a measurement whose name looks like a part of the text', () => {
  const measurement = 'm" on measurement "x';
  const batch = batchOf(['m v=1 1', 'm"\\ on\\ measurement\\ "x v=1 2']);
  expect(linesNamedByServer(batch, conflict('v', measurement))).toMatchObject([{ index: 1 }]);
});

test('says that a point with one field is not stored, and finds nothing in a text that names nothing', () => {
  const batch = batchOf(['m v=1 1', 'm v=1,w=2 2', 'm v=1i 3']);
  const named = linesNamedByServer(batch, conflict('v', 'm'));
  expect(named.map(({ index, partlyStored }) => [index, partlyStored])).toEqual([
    [0, false],
    [1, true],
  ]);
  expect(linesNamedByServer(batch, 'partial write: duplicate tag x dropped=1')).toEqual([]);
});

test('finds the lines of a measurement whose name is invalid', () => {
  const batch = batchOf(['a/b v=1 1', 'm v=1,w=2 2', 'a/b v=1,w=2 3']);
  expect(linesNamedByServer(batch, 'partial write: invalid measurement name: a/b dropped=2')).toEqual([
    { index: 0, partlyStored: false, conflict: undefined },
    { index: 2, partlyStored: false, conflict: undefined },
  ]);
});

// A pattern that compares every pair of quotes would take minutes for these texts. The time limit of the test detects
// that.
test.each([
  ['quotes', '" on measurement "'],
  ['ends', '" is type float, already exists as type a dropped='],
  ['both', '" on measurement "" is type float, already exists as type a dropped='],
])('finds no line in a text of a megabyte that repeats %s', (_, unit) => {
  const text = conflict(unit.repeat(1_000_000 / unit.length), 'm');
  expect(linesNamedByServer(batchOf(['m f=1 1']), `${text}x`)).toEqual([]);
  expect(linesNamedByServer(batchOf(['m f=1 1']), text)).toEqual([]);
});
