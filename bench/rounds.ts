/**
 * Timing on a noisy machine. Candidates take turns within one process in a rotating order, and ratios are computed
 * round by round. Absolute times are for orientation only.
 */

/** An implementation to measure. */
export interface Candidate {
  readonly name: string;
  /** Processes all data once. */
  readonly run: () => void;
}

/** Measured times of a candidate. */
export interface Timing {
  readonly name: string;
  /** Nanoseconds per item, one figure per round. */
  readonly rounds: readonly number[];
}

const WARM_UP_ROUNDS = 3;

/**
 * Measures the candidates, after three rounds of warm-up.
 *
 * @param items - Number of items that each candidate processes per run.
 */
export const timeInRounds = (candidates: readonly Candidate[], items: number, rounds: number): Timing[] => {
  const timings = candidates.map(({ name }) => ({ name, rounds: [] as number[] }));
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (let turn = 0; turn < candidates.length; turn++) {
      const index = (turn + round + WARM_UP_ROUNDS) % candidates.length;
      const started = process.hrtime.bigint();
      (candidates[index] as Candidate).run();
      const ns = Number(process.hrtime.bigint() - started) / items;
      if (round >= 0) timings[index]?.rounds.push(ns);
    }
  }
  return timings;
};

/** Median and range of a set of figures. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Returns the median and the range of at least one figure. */
export const spreadOf = (figures: readonly number[]): Spread => {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1] as number, min: sorted[0] as number, max: sorted.at(-1) as number };
};

/**
 * Returns the ratio of two timings. It is computed round by round, so that both sides of a ratio have the same noise.
 *
 * @param less - Time to subtract from both sides, for example that of parsing.
 */
export const ratioOf = (a: Timing, b: Timing, less?: Timing): Spread =>
  spreadOf(
    a.rounds.map(
      (ns, round) => (ns - (less?.rounds[round] ?? 0)) / ((b.rounds[round] as number) - (less?.rounds[round] ?? 0)),
    ),
  );
