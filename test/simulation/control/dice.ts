/** Repeatable randomness as a plain function: uniform in [0, 1). */

import { randomFrom } from '../../../local/workload/random.ts';

/** Returns the next random number, uniform in [0, 1). */
export type Dice = () => number;

/** Creates a generator. Equal seeds give equal sequences. */
export const diceFrom = (seed: number): Dice => randomFrom(seed).next;

/** Returns a random number from `low` to `high`. */
export const between = (dice: Dice, low: number, high: number): number => low + dice() * (high - low);
