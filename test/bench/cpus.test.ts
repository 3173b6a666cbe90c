/** CPUs of the contestants (`bench/turns/cpus.ts`). */

import { expect, test } from 'vitest';
import { cpusIn, pinned } from '../../bench/turns/cpus.ts';

test('reads ranges and single numbers of a list of CPUs', () => {
  expect(cpusIn('0-2,5')).toEqual([0, 1, 2, 5]);
  expect(cpusIn('3')).toEqual([3]);
});

test('reads no CPU from an empty list', () => {
  expect(cpusIn('')).toEqual([]);
});

test('starts a program on one CPU, or as it is where it cannot be pinned', () => {
  expect(pinned(1, ['node', 'x.ts'])).toEqual(['taskset', '-c', '1', 'node', 'x.ts']);
  expect(pinned(undefined, ['node', 'x.ts'])).toEqual(['node', 'x.ts']);
});
