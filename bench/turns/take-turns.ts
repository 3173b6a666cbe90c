/** Lets contestants take turns in short slices, so that noise of the machine meets all of them. */

import { type ContestantProcess, type Entry, type LeftOut, startContestant } from './contestant-process.ts';
import type { Cpus } from './cpus.ts';

/** Durations and number of the slices. */
export interface Pace {
  readonly rounds: number;
  readonly sliceMs: number;
  /** Per contestant, before the first round. */
  readonly warmUpMs: number;
}

/** Times per item in nanoseconds, one per round, by name of the contestant. */
export type Times = Readonly<Record<string, readonly number[]>>;

/** A set of contestants that run, or were left out. */
export interface Field {
  readonly running: readonly ContestantProcess[];
  readonly leftOut: readonly LeftOut[];
}

/** Starts contestants, one after the other, because they share one CPU. */
export const startAll = async (entries: readonly Entry[], { contestants }: Cpus): Promise<Field> => {
  const running: ContestantProcess[] = [];
  const leftOut: LeftOut[] = [];
  for (const entry of entries) {
    const started = await startContestant(entry, contestants);
    if ('reason' in started) leftOut.push(started);
    else running.push(started);
  }
  return { running, leftOut };
};

/** Rounds whose figures are discarded: the caches of the CPU contain the data of the other contestants only after one. */
const DISCARDED_ROUNDS = 1;

/** Measures contestants, and ends their processes. The order rotates, so that none always follows the same one. */
export const takeTurns = async (running: readonly ContestantProcess[], pace: Pace): Promise<Times> => {
  const times = running.map((): number[] => []);
  for (const contestant of running) await contestant.slice(pace.warmUpMs);
  for (let round = 0; round < DISCARDED_ROUNDS + pace.rounds; round++) {
    for (let turn = 0; turn < running.length; turn++) {
      const index = (turn + round) % running.length;
      const { ns, items } = await (running[index] as ContestantProcess).slice(pace.sliceMs);
      if (round >= DISCARDED_ROUNDS) times[index]?.push(ns / items);
    }
  }
  for (const contestant of running) contestant.stop();
  return Object.fromEntries(running.map(({ name }, index) => [name, times[index] as number[]]));
};
