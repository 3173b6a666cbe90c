/** A parser that never returns for one input. */

import type { Target } from '../target.ts';

export const target: Target = {
  meaning: 'a loop that only a certain first byte enters',
  selectors: 0,
  seeds: () => [new Uint8Array(1)],
  run: (input) => {
    while (input[0] === 0x2a) if (input.length > 1_000_000) return;
  },
};
