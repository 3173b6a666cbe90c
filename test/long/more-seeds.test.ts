/** Runs the simulation with seeds that `npm test` does not run. Another `TEST_SEED` gives other ones. */

import { expect, test } from 'vitest';
import { TEST_SEED } from '../seed.ts';
import { runSeeds } from '../simulation/run-seeds.ts';
import { packagedFigures } from '../simulation/template-figures.ts';

const SEEDS = 200;
const SEED_MAX = 900_000_000;

test(`violates no guarantee in ${SEEDS} more simulations`, async () => {
  const first = 1_000 + ((TEST_SEED * SEEDS) % SEED_MAX);
  const found: string[] = [];
  const seeds = Array.from({ length: SEEDS }, (_, index) => first + index);
  const totals = await runSeeds(seeds, packagedFigures(), undefined, ({ seed, violations }) => {
    for (const violation of violations) found.push(`seed ${seed}: ${violation}`);
  });
  console.log(
    `seeds ${first}..${first + SEEDS - 1}: ${totals.events} events, ${totals.invocations} invocations, ${Object.values(totals.faults).reduce((sum, count) => sum + count, 0)} faults`,
  );
  expect(found).toEqual([]);
  expect(Object.entries(totals.faults).filter(([, count]) => count < SEEDS / 4)).toEqual([]);
});
