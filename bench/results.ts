/** Results of `npm run bench`: the ratios, and the object that `--json` prints. */

import { OURS, PARSE } from './conversion/entries.ts';
import type { DataName } from './data.ts';
import type { LeftOut } from './turns/contestant-process.ts';
import { type Quartiles, quartilesOf, ratiosByRound } from './turns/statistics.ts';
import type { Times } from './turns/take-turns.ts';

/** Ratios by name. `null`: the ratio has no meaning, see `conversionRatios`. */
export type Ratios = Readonly<Record<string, Quartiles | null>>;

/** Part of the rounds in which the sink must take longer than parsing alone. In the others the difference is negative. */
const LONGER_ROUNDS = 0.75;

const takesLongerThanParsing = (ours: readonly number[], parse: readonly number[]): boolean =>
  ratiosByRound(ours, parse).filter((ratio) => ratio > 1).length >= LONGER_ROUNDS * ours.length;

/**
 * Returns the ratios of one data set: `totalOverParse`, and for each other contestant `totalVs…` (its time divided by
 * that of the sink) and `encodeVs…` (the same without the time of parsing alone). `encodeVs…` is `null` if the sink is
 * as fast as parsing alone, because nothing is left to divide by.
 */
export const conversionRatios = (times: Times): Ratios => {
  const { [OURS]: ours = [], [PARSE]: parse = [], ...others } = times;
  const hasEncode = takesLongerThanParsing(ours, parse);
  const ratios: Record<string, Quartiles | null> = { totalOverParse: quartilesOf(ratiosByRound(ours, parse)) };
  for (const [name, other] of Object.entries(others)) {
    ratios[`totalVs${name}`] = quartilesOf(ratiosByRound(other, ours));
    ratios[`encodeVs${name}`] = hasEncode ? quartilesOf(ratiosByRound(other, ours, parse)) : null;
  }
  return ratios;
};

/** Results of the handler. */
export interface HandlerResults {
  readonly rounds: number;
  /** Ratios at the size to which the goals apply. */
  readonly main: Ratios;
  /** Ratios and figures by size, for example `1000x1`. */
  readonly sizes: Readonly<Record<string, Ratios>>;
  /** Parts of the handler's time in percent, by size and stage. */
  readonly stages: Readonly<Record<string, Ratios>>;
}

/** Everything that one run has measured. */
export interface Results {
  readonly node: string;
  readonly pinned: boolean;
  /** Rounds of the conversion. */
  readonly rounds: number;
  /** Times by data set. */
  readonly conversion: Readonly<Partial<Record<DataName, Times>>>;
  /** Undefined if the handler was not measured. */
  readonly handler: HandlerResults | undefined;
  /** Contestants that were left out. */
  readonly leftOut: readonly LeftOut[];
}

const DIGITS = 4;
const rounded = (value: number): number => Number(value.toPrecision(DIGITS));

/** A value, or an object of values, as in JSON. */
type Tree<T> = T | { readonly [name: string]: Tree<T> };

const isQuartiles = (value: object): value is Quartiles => typeof (value as Partial<Quartiles>).median === 'number';

/** Replaces the quartiles in a tree. */
const mapTree = <T>(tree: Tree<Quartiles | null>, value: (quartiles: Quartiles) => T): Tree<T | null> => {
  if (tree === null) return null;
  if (isQuartiles(tree)) return value(tree);
  return Object.fromEntries(Object.entries(tree).map(([name, one]) => [name, mapTree(one, value)])) as Tree<T | null>;
};

/** Returns medians, and the same structure with `[lower, upper]`. */
export const mediansAndQuartiles = (tree: Tree<Quartiles | null>) => ({
  medians: mapTree(tree, ({ median }) => rounded(median)) as Record<string, Tree<number | null>>,
  quartiles: mapTree(tree, ({ lower, upper }) => [rounded(lower), rounded(upper)]),
});

/** Returns the ratios of all data sets. */
export const allRatios = ({ conversion }: Results): Readonly<Record<string, Ratios>> =>
  Object.fromEntries(Object.entries(conversion).map(([name, times]) => [name, conversionRatios(times)]));

/** Returns the object that `--json` prints. */
export const jsonOf = (results: Results): object => {
  const { node, pinned, rounds, handler, leftOut } = results;
  const tree = {
    ratios: allRatios(results),
    handler: handler === undefined ? {} : { ...handler.main, sizes: handler.sizes, stages: handler.stages },
  };
  const { medians, quartiles } = mediansAndQuartiles(tree as Tree<Quartiles | null>);
  return { node, pinned, rounds, ...medians, quartiles, leftOut };
};
