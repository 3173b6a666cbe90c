/** A parser that allocates without a limit for one input. */

import type { Target } from '../target.ts';

const kept: number[][] = [];

export const target: Target = {
  meaning: 'a list that grows for a certain first byte',
  selectors: 0,
  seeds: () => [new Uint8Array(1)],
  run: (input) => {
    while (input[0] === 0x2a) kept.push(new Array(1_000_000).fill(kept.length));
  },
};
