/**
 * Honest timing on a noisy machine: contestants take turns within one process, in an order that rotates, and ratios are
 * made round by round. Absolute times are told for orientation only.
 */

export interface Contestant {
  readonly name: string;
  /** Works through all of the data once. */
  readonly run: () => void;
}

export interface Timing {
  readonly name: string;
  /** Nanoseconds per item, one figure a round. */
  readonly rounds: readonly number[];
}

const WARM_UP_ROUNDS = 3;

export const timeInRounds = (contestants: readonly Contestant[], items: number, rounds: number): Timing[] => {
  const timings = contestants.map(({ name }) => ({ name, rounds: [] as number[] }));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const index = (turn + round + WARM_UP_ROUNDS) % contestants.length;
      const started = process.hrtime.bigint();
      (contestants[index] as Contestant).run();
      const ns = Number(process.hrtime.bigint() - started) / items;
      if (round >= 0) timings[index]?.rounds.push(ns);
    }
  }
  return timings;
};

export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export const spreadOf = (figures: readonly number[]): Spread => {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] as number, min: sorted[0] as number, max: sorted.at(-1) as number };
};

/** Round by round, so that both sides of a ratio saw the same noise. */
export const ratioOf = (a: Timing, b: Timing, less?: Timing): Spread =>
  spreadOf(
    a.rounds.map(
      (ns, round) => (ns - (less?.rounds[round] ?? 0)) / ((b.rounds[round] as number) - (less?.rounds[round] ?? 0)),
    ),
  );
