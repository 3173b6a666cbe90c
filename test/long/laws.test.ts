/**
 * Generated events obey the laws of conversion: both converters agree, and dead letters that are sent back
 * become the same points. `LAWS_EVENTS` sets another number of events.
 */

import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TEST_SEED } from '../seed.ts';
import { type Checked, expectLaws, nothingChecked, pathCases } from '../sink/laws/laws.ts';
import { presetCases } from '../sink/laws/presets.ts';

const EVENTS = Number(process.env.LAWS_EVENTS ?? 15_000);
/** Messages between two reports. */
const RUNS = 500;
const LIMIT_MS = 3 * 60 * 60 * 1_000;

test.each([
  ['paths', pathCases(30), 0.9],
  ['presets', presetCases, 0.1],
] as const)(
  'generated events of mappings of %s obey the laws of conversion',
  async (name, cases, share) => {
    const checked: Checked = nothingChecked();
    for (let round = 0; checked.events < share * EVENTS; round++) {
      fc.assert(
        fc.property(cases, (one) => expectLaws(one, checked, 4)),
        { numRuns: RUNS, seed: TEST_SEED + round },
      );
      // Lets the runner print the report of this round.
      await setImmediate();
      console.log(`${name}, seed ${TEST_SEED + round}: ${JSON.stringify(checked)}`);
    }
    expect(checked.lines).toBeGreaterThan(checked.events / 4);
  },
  LIMIT_MS,
);
