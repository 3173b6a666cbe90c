/** Rows to measure: not all combinations, but the informative ones. */

import { CASES } from './cases.ts';
import type { RowPlan } from './measure.ts';
import { POLICIES } from './policies.ts';

/** Seeds that were not used for choosing constants. Lower seeds were used for tuning. */
const FRESH_SEEDS = [21, 22, 23];
/** Seed of the pictures. */
export const PICTURE_SEED = 21;
const USUAL = { invocations: 200, roundTripMs: 2, cores: 2 };
const ALL = Object.keys(POLICIES);
const SOME = ['fixed-1000', 'fixed-5000', 'fixed-2000-mc5', 'vegas', 'ours-share', 'ours-mc5', 'ours'];
const LIMITED = ['fixed-2000-mc5', 'ours-mc5', 'ours'];
/** Rows with 16 cores have eight times as many events. */
const SEEDS_OF_MANY_CORES = 2;

type Partial = Omit<RowPlan, 'seeds' | 'policy'>;

const rowsOf = (policies: readonly string[], partial: Partial): readonly RowPlan[] =>
  policies.map((policy) => ({
    ...partial,
    policy,
    seeds: partial.cores > 2 ? FRESH_SEEDS.slice(0, SEEDS_OF_MANY_CORES) : FRESH_SEEDS,
  }));

const WRONG = 'wrong-maximum-concurrency';
const WRONG_STARTS = [
  { ...USUAL, case: WRONG, cores: 2, maximumConcurrency: 250 },
  { ...USUAL, case: WRONG, cores: 16, maximumConcurrency: 5 },
];

/** Cases for which 200 invocations, 2 ms and 2 cores are informative enough. */
const disturbances = (): readonly string[] =>
  CASES.map(({ name }) => name).filter((name) => name !== 'steady' && name !== WRONG);

const defaultRows = (): readonly RowPlan[] => [
  ...[50, 200, 800, 2_000].flatMap((invocations) => rowsOf(ALL, { ...USUAL, case: 'steady', invocations })),
  ...[0.5, 10].flatMap((roundTripMs) => rowsOf(ALL, { ...USUAL, case: 'steady', roundTripMs })),
  ...rowsOf(SOME, { ...USUAL, case: 'steady', cores: 16 }),
  ...disturbances().flatMap((name) => rowsOf(ALL, { ...USUAL, case: name })),
  ...rowsOf(SOME, { ...USUAL, case: 'slow', invocations: 800 }),
  ...WRONG_STARTS.flatMap((start) => rowsOf(LIMITED, start)),
];

const quickRows = (): readonly RowPlan[] =>
  [
    ...['steady', 'slow', 'table-away'].flatMap((name) =>
      rowsOf(['fixed-1000', 'fixed-2000-mc5', 'ours'], { ...USUAL, case: name }),
    ),
    ...rowsOf(['ours'], { ...USUAL, case: WRONG, maximumConcurrency: 250 }),
  ].map((row) => ({ ...row, seeds: row.seeds.slice(0, 1) }));

/** Requested rows. An undefined member selects all values. */
export interface Wanted {
  readonly quick: boolean;
  readonly cases: readonly string[] | undefined;
  readonly policies: readonly string[] | undefined;
  readonly invocations: readonly number[] | undefined;
  readonly roundTripsMs: readonly number[] | undefined;
  readonly cores: readonly number[] | undefined;
  readonly seeds: readonly number[] | undefined;
}

/** Returns the rows to measure. Requested values that no default row has are measured too. */
export const planRows = (wanted: Wanted): readonly RowPlan[] => {
  const rows = wanted.quick ? quickRows() : defaultRows();
  const { cases, policies, invocations, roundTripsMs, cores, seeds } = wanted;
  const chosen = (row: RowPlan): boolean =>
    (cases === undefined || cases.includes(row.case)) &&
    (policies === undefined || policies.includes(row.policy)) &&
    (invocations === undefined || invocations.includes(row.invocations)) &&
    (roundTripsMs === undefined || roundTripsMs.includes(row.roundTripMs)) &&
    (cores === undefined || cores.includes(row.cores));
  const found = rows.filter(chosen);
  const asked = found.length > 0 ? found : combined(wanted);
  return seeds === undefined ? asked : asked.map((row) => ({ ...row, seeds }));
};

const combined = ({ cases, policies, invocations, roundTripsMs, cores }: Wanted): readonly RowPlan[] =>
  (cases ?? ['steady']).flatMap((name) =>
    (invocations ?? [USUAL.invocations]).flatMap((count) =>
      (roundTripsMs ?? [USUAL.roundTripMs]).flatMap((roundTripMs) =>
        (cores ?? [USUAL.cores]).flatMap((core) =>
          rowsOf(policies ?? ALL, { case: name, invocations: count, roundTripMs, cores: core }),
        ),
      ),
    ),
  );
