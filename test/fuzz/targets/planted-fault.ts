/** A parser with a fault behind several branches. A search that is not guided by coverage does not find it. */

import { type Target, Violation } from '../target.ts';

/** Bytes that must follow each other. None is a literal, so the dictionary does not contain them. */
const path = Uint8Array.of(0xc7, 0x1e, 0x9b, 0x58, 0xe2);

/** Returns how many bytes match, with a branch of its own for each. */
const depth = (input: Uint8Array): number => {
  if (input[0] !== path[0]) return 0;
  if (input[1] !== path[1]) return 1;
  if (input[2] !== path[2]) return 2;
  if (input[3] !== path[3]) return 3;
  return input[4] === path[4] ? 5 : 4;
};

export const target: Target = {
  meaning: 'five bytes, one after the other',
  selectors: 0,
  seeds: () => [new Uint8Array(8)],
  run: (input) => {
    if (depth(input) === 5) throw new Violation('the planted fault');
  },
};
