/**
 * Seed of all generated inputs. It is the same in every run, so that a change fails only for a reason of its own. The nightly run
 * sets `TEST_SEED` to a new number each time, and a failure is repeated with the number that the run prints.
 */

/** Numbers of seeds that fast-check and the simulation accept. */
const SEEDS = 2 ** 31;

const given = Number(process.env.TEST_SEED ?? 1);
if (!Number.isSafeInteger(given) || given < 0)
  throw new Error(`TEST_SEED must be an integer of at least 0, got "${process.env.TEST_SEED}".`);

/** Integer from 0 to 2^31 - 1. */
export const TEST_SEED = given % SEEDS;
