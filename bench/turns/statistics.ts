/** Statistics of figures that were measured in rounds. */

/** Median and quartiles of a set of figures. */
export interface Quartiles {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/** Returns the value below which this part of the sorted figures lies, interpolated between two of at least one. */
export const quantile = (sorted: readonly number[], part: number): number => {
  const at = (sorted.length - 1) * part;
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return below + (above - below) * (at - Math.floor(at));
};

/** Returns the median and the quartiles of at least one figure. */
export const quartilesOf = (figures: readonly number[]): Quartiles => {
  const sorted = figures.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), lower: quantile(sorted, 0.25), upper: quantile(sorted, 0.75) };
};

/**
 * Returns the ratio of two series round by round, so that both sides of a ratio have the same noise.
 *
 * @param less - Figures to subtract from both sides, for example the time of parsing alone.
 */
export const ratiosByRound = (
  above: readonly number[],
  below: readonly number[],
  less?: readonly number[],
): readonly number[] =>
  above.map((figure, round) => {
    const subtracted = less?.[round] ?? 0;
    return (figure - subtracted) / ((below[round] as number) - subtracted);
  });
