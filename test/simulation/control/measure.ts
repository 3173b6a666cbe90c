/** One row of the table: a case with a policy, over some seeds. */

import { CASES, type Case, cutPhases } from './cases.ts';
import { Meter, WINDOW_MS } from './meter.ts';
import { askOracle, type OracleQuestion } from './oracle-sweep.ts';
import { POLICIES, type Policy } from './policies.ts';
import { type Moment, run, type SinkPlan, type SinkRun } from './run.ts';

/** Default `MaximumConcurrency` of the template, for a server of unknown size. */
const TEMPLATE_MAXIMUM_CONCURRENCY = 20;
const PER_CORE = 5;
const IN_FLIGHT_MAX = 4;
const RECOVERED_PART = 0.9;
/** Number of consecutive seconds for which the rate must have recovered. */
const RECOVERY_WINDOWS = 2;

/** Parameters of a row. */
export interface RowPlan {
  readonly case: string;
  readonly policy: string;
  readonly invocations: number;
  readonly roundTripMs: number;
  readonly cores: number;
  readonly seeds: readonly number[];
  /** Initial `MaximumConcurrency` instead of that of the policy, for the case that is about it. */
  readonly maximumConcurrency?: number;
}

/** Figures of a row. Rates are means over the seeds; quantiles, errors and recovery are those of the worst seed. */
export interface Row {
  readonly case: string;
  readonly invocations: number;
  readonly policy: string;
  readonly roundTripMs: number;
  readonly cores: number;
  readonly startMaximumConcurrency: number | null;
  readonly linesPerSecond: number;
  readonly oracleLinesPerSecond: number;
  readonly shareOfOracle: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p99OverUnloaded: number;
  /** Errors after the first 30 s of the measured phase. Those ending in `Total` count the whole run. */
  readonly rejected: number;
  readonly timedOut: number;
  readonly rejectedTotal: number;
  readonly timedOutTotal: number;
  readonly duplicateLines: number;
  readonly receivesPerMessageP99: number;
  readonly receivesPerMessageMax: number;
  readonly lambdaSecondsPerMillionLines: number;
  readonly unitsPerMillionLines: number;
  readonly writesPerMillionLines: number;
  readonly writesPerInvocation: number;
  /** Null if nothing had to recover, -1 if throughput did not recover. */
  readonly recoverySeconds: number | null;
  /** Lines of the second sink per line of the first; null with one sink. */
  readonly ratio: number | null;
}

/** Returns the case with this name. Throws if there is none. */
export const caseOf = (name: string): Case => {
  const found = CASES.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case "${name}"`);
  return found;
};

/** Returns the policy with this name. Throws if there is none. */
export const policyOf = (name: string): Policy => {
  const found = POLICIES[name];
  if (found === undefined) throw new Error(`there is no policy "${name}"`);
  return found;
};

const limitOf = (policy: Policy, plan: RowPlan): number | undefined => {
  if (plan.maximumConcurrency !== undefined) return plan.maximumConcurrency;
  if (policy.limit === 'account') return undefined;
  return policy.limit === 'template' ? TEMPLATE_MAXIMUM_CONCURRENCY : PER_CORE * plan.cores;
};

const sinkPlans = (plan: RowPlan, one: Case, policy: Policy): readonly SinkPlan[] => {
  const maximumConcurrency = limitOf(policy, plan);
  const counts = [one.invocations ?? plan.invocations];
  if (one.secondInvocations !== undefined) counts.push(one.secondInvocations);
  return counts.map((invocations) => ({
    policy: policy.maker,
    invocations,
    // Two sinks on one server divide the limit.
    maximumConcurrency:
      policy.limit === 'per-core' && maximumConcurrency !== undefined
        ? Math.ceil(maximumConcurrency / counts.length)
        : maximumConcurrency,
    mayMoveMaximumConcurrency: policy.mayMove === true,
    inFlightMax: one.inFlightMax ?? IN_FLIGHT_MAX,
    batchLinesMax: Math.min(policy.batchLinesMax, one.batchLinesMax ?? policy.batchLinesMax),
  }));
};

/** Runs a case with one seed. */
export const runCase = (plan: RowPlan, seed: number, policy = policyOf(plan.policy)): readonly SinkRun[] => {
  const one = caseOf(plan.case);
  return run({
    seed,
    cores: plan.cores,
    roundTripMs: plan.roundTripMs,
    sinks: sinkPlans(plan, one, policy),
    changes: one.changes.map((change) =>
      change.cores === undefined ? change : { ...change, cores: change.cores * plan.cores },
    ),
    phaseEndsMs: cutPhases(one).map(({ endMs }) => endMs),
  });
};

const oracles = new Map<string, number>();

/** Computes the oracle once for each server and seed. */
const oracleOf = (question: OracleQuestion): number => {
  const key = JSON.stringify(question);
  const known = oracles.get(key) ?? askOracle(question);
  oracles.set(key, known);
  return known;
};

const oracleFor = (plan: RowPlan, one: Case, seed: number, after: boolean): number => {
  const { speed, coresFactor } = after ? { speed: 1, coresFactor: one.oracle.coresFactor } : one.oracle;
  return oracleOf({
    seed,
    cores: plan.cores * coresFactor,
    roundTripMs: plan.roundTripMs,
    speed,
    invocationsMax: one.invocations !== undefined && one.secondInvocations === undefined ? one.invocations : 10_000,
    inFlightMax: one.inFlightMax ?? IN_FLIGHT_MAX,
    batchLinesMax: one.batchLinesMax ?? 5_000,
  });
};

interface SeedFigures {
  readonly rate: number;
  readonly oracle: number;
  readonly measured: Meter;
  readonly late: Meter;
  readonly whole: Meter;
  readonly writes: number;
  readonly reads: number;
  readonly recoverySeconds: number | null;
  readonly ratio: number | null;
}

const figuresOf = (plan: RowPlan, policy: Policy, seed: number): SeedFigures => {
  const one = caseOf(plan.case);
  const cuts = cutPhases(one);
  const sinks = runCase(plan, seed, policy);
  const isMeasured = (index: number): boolean => cuts[index]?.phase.measured === true;
  const metersOf = (wanted: (index: number) => boolean): Meter[] =>
    sinks.flatMap(({ meters }) => meters.filter((_, index) => wanted(index)));
  const measured = Meter.sumOf(metersOf(isMeasured));
  const startMs = cuts[cuts.findIndex((_, index) => isMeasured(index)) - 1]?.endMs ?? 0;
  const endMs = cuts.findLast((_, index) => isMeasured(index))?.endMs ?? 0;
  const drainedMs = one.burstLines === undefined ? endMs : (sinks[0]?.drainedMs ?? endMs);
  const sum = (counts: (sink: SinkRun) => readonly number[]): number =>
    sinks.reduce((total, sink) => counts(sink).reduce((all, count, i) => all + (isMeasured(i) ? count : 0), total), 0);
  const [first, second] = sinks.map(({ meters }) => Meter.sumOf(meters.filter((_, index) => isMeasured(index))).lines);
  return {
    rate: (measured.lines / (drainedMs - startMs)) * 1_000,
    oracle: oracleFor(plan, one, seed, false),
    measured,
    late: Meter.sumOf(metersOf((index) => isMeasured(index) && cuts[index]?.early === false)),
    whole: Meter.sumOf(metersOf(() => true)),
    writes: sum(({ writes }) => writes),
    reads: sum(({ reads }) => reads),
    recoverySeconds:
      one.recoversFromMs === undefined
        ? null
        : recovery(sinks[0]?.moments ?? [], one.recoversFromMs, oracleFor(plan, one, seed, true)),
    ratio: first === undefined || second === undefined ? null : second / Math.max(1, first),
  };
};

const recovery = (moments: readonly Moment[], fromMs: number, oracle: number): number => {
  const from = fromMs / WINDOW_MS;
  for (let end = from + RECOVERY_WINDOWS; end <= moments.length; end++) {
    const lines = moments.slice(end - RECOVERY_WINDOWS, end).reduce((all, moment) => all + moment.lines, 0);
    if (lines / RECOVERY_WINDOWS >= RECOVERED_PART * oracle) return end - RECOVERY_WINDOWS - from;
  }
  return -1;
};

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const digits = (value: number, count: number): number => Number(value.toFixed(count));

/** Measures a row. */
export const measureRow = (plan: RowPlan): Row => measurePolicy(plan, policyOf(plan.policy));

/** Measures a policy that is not in the list. */
export const measurePolicy = (plan: RowPlan, policy: Policy): Row => {
  const seeds = plan.seeds.map((seed) => figuresOf(plan, policy, seed));
  const worst = (figure: (one: SeedFigures) => number): number => Math.max(...seeds.map(figure));
  const perMillion = (figure: (one: SeedFigures) => number): number =>
    mean(seeds.map((one) => (figure(one) / Math.max(1, one.measured.lines)) * 1e6));
  const recoveries = seeds.flatMap(({ recoverySeconds }) => recoverySeconds ?? []);
  const ratios = seeds.flatMap(({ ratio }) => ratio ?? []);
  return {
    case: plan.case,
    invocations: caseOf(plan.case).invocations ?? plan.invocations,
    policy: plan.policy,
    roundTripMs: plan.roundTripMs,
    cores: plan.cores,
    startMaximumConcurrency: limitOf(policy, plan) ?? null,
    linesPerSecond: Math.round(mean(seeds.map(({ rate }) => rate))),
    oracleLinesPerSecond: Math.round(mean(seeds.map(({ oracle }) => oracle))),
    shareOfOracle: digits(mean(seeds.map(({ rate, oracle }) => rate / oracle)), 3),
    p50Ms: digits(
      worst(({ measured }) => measured.latencyMs.quantile(0.5)),
      1,
    ),
    p99Ms: digits(
      worst(({ measured }) => measured.latencyMs.quantile(0.99)),
      1,
    ),
    p99OverUnloaded: digits(
      worst(({ measured }) => measured.overUnloaded.quantile(0.99)),
      2,
    ),
    rejected: worst(({ late }) => late.rejected),
    timedOut: worst(({ late }) => late.timedOut),
    rejectedTotal: worst(({ whole }) => whole.rejected),
    timedOutTotal: worst(({ whole }) => whole.timedOut),
    duplicateLines: worst(({ whole }) => whole.duplicateLines),
    receivesPerMessageP99: Math.round(worst(({ whole }) => whole.receives.quantile(0.99))),
    receivesPerMessageMax: Math.round(worst(({ whole }) => whole.receives.quantile(1))),
    lambdaSecondsPerMillionLines: digits(
      perMillion(({ measured }) => measured.wallMs / 1_000),
      1,
    ),
    unitsPerMillionLines: digits(
      perMillion(({ writes, reads }) => writes + reads),
      1,
    ),
    writesPerMillionLines: digits(
      perMillion(({ writes }) => writes),
      1,
    ),
    writesPerInvocation: digits(
      mean(seeds.map(({ writes, measured }) => writes / Math.max(1, measured.invocations))),
      3,
    ),
    recoverySeconds: recoveries.length === 0 ? null : recoveries.includes(-1) ? -1 : Math.max(...recoveries),
    ratio: ratios.length === 0 ? null : digits(Math.max(...ratios), 2),
  };
};
