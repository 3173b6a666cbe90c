/** Repeatable randomness as a plain function: uniform in [0, 1). */

import { randomFrom } from '../../../local/workload/random.ts';

export type Dice = () => number;

export const diceFrom = (seed: number): Dice => randomFrom(seed).next;

export const between = (dice: Dice, low: number, high: number): number => low + dice() * (high - low);
