/**
 * The decision that all instances of a sink share, with the measurements that the next step needs.
 *
 * It is stored as JSON and small enough for one write unit. A stored decision is foreign data, which `parseDecision`
 * validates. The names of its members are stored and must not change.
 */

import type { ControlOptions, MaximumConcurrencyOptions } from './options.ts';

/**
 * Format of a decision that this version writes and reads. A version that changes it incompatibly uses another number.
 */
export const CONTROL_FORMAT = 1;

/** The decided `MaximumConcurrency` of the event source. A change takes effect after 20 to 40 s. */
export interface MaximumConcurrency {
  readonly wanted: number;
  /** Value before the last change. */
  readonly before: number;
  /** Time of the last change; 0 before the first. */
  readonly changedMs: number;
  /** Smoothed limit with which every invocation could have one request in flight. */
  readonly fitting: number;
  /** Epochs with enough attempts since the last change took effect. */
  readonly epochs: number;
}

/** Sums of attempts since the last evaluation of the batch size. */
export interface BatchEvaluation {
  /** Time of the last evaluation; 0 before the first report. */
  readonly sinceMs: number;
  /** Attempts without `otherFailures`. */
  readonly attempts: number;
  /** Attempts that show overload, see `congestedAnswers`. */
  readonly congested: number;
  readonly fullBatches: number;
  readonly latencySumMs: number;
}

/** One decision, which all instances follow until the next step. */
export interface Decision {
  readonly format: typeof CONTROL_FORMAT;
  /** Last epoch whose reports this decision includes; -1 before the first step. */
  readonly epoch: number;
  /** Time of the step. */
  readonly asOfMs: number;
  /** Lines of a batch. */
  readonly batchLines: number;
  /** Requests that each invocation may have in flight. Below 1, the part of the time in which it may have one. */
  readonly share: number;
  /** Undefined if the controller must not move the event source's limit. */
  readonly maximumConcurrency?: MaximumConcurrency;
  /**
   * Instances that were active in the epoch, according to the reports. It determines how many instances report next.
   */
  readonly instances: number;
  /** Mean latency of the epoch's answered requests. It applies to an instance that has not measured one. */
  readonly latencyMs: number;
  /** Answered requests per second of the epochs that are kept, the newest last. */
  readonly rates: readonly number[];
  /**
   * Lowest latencies of large requests in these epochs, in ms, the newest last. Epochs without a large request are
   * omitted.
   */
  readonly lowestMs: readonly number[];
  /** End of the last epoch that had enough attempts, in ms since 1970. */
  readonly heardMs: number;
  readonly evaluation: BatchEvaluation;
  /** One sentence per value that the last step changed, for operators. */
  readonly reasons: readonly string[];
  /** Earlier steps that changed something, the newest first, as far as they fit into the stored item. */
  readonly earlier: readonly PastStep[];
}

/** Result of one part of a step: the decision, and a reason if the part changed its value. */
export type StepResult = readonly [decision: Decision, reasons: readonly string[]];

/** Reasons of an earlier step. */
export interface PastStep {
  readonly epoch: number;
  readonly reasons: readonly string[];
}

/** The evaluation before the first report. */
export const NO_EVALUATION: BatchEvaluation = {
  sinceMs: 0,
  attempts: 0,
  congested: 0,
  fullBatches: 0,
  latencySumMs: 0,
};

/** Returns the decision that applies before the first step: the configured values, and a share of 1. */
export const initialDecision = (options: ControlOptions): Decision => ({
  format: CONTROL_FORMAT,
  epoch: -1,
  asOfMs: 0,
  batchLines: options.batch.linesInitial,
  share: 1,
  ...(options.maximumConcurrency === undefined ? {} : { maximumConcurrency: initialLimit(options.maximumConcurrency) }),
  instances: 0,
  latencyMs: 0,
  rates: [],
  lowestMs: [],
  heardMs: 0,
  evaluation: NO_EVALUATION,
  reasons: [],
  earlier: [],
});

const initialLimit = ({ initial }: MaximumConcurrencyOptions): MaximumConcurrency => ({
  wanted: initial,
  before: initial,
  changedMs: 0,
  fitting: initial,
  epochs: 0,
});

/** Rounds to four digits. This is more exact than any measurement, and keeps a decision below 1 KB. */
export const rounded = (value: number): number => Number(value.toPrecision(4));

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isPositive = (value: unknown): value is number => isCount(value) && value > 0;

const hasCounts = (value: unknown, names: readonly string[]): boolean =>
  isMembers(value) && names.every((name) => isCount(value[name]));

const isText = (value: unknown): boolean => typeof value === 'string';

const isPastStep = (value: unknown): boolean =>
  isMembers(value) && Number.isInteger(value.epoch) && isListOf(value.reasons, isText);

const isListOf = (value: unknown, isOne: (one: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isOne);

/**
 * Returns a stored decision with its values limited to `options`, which may have changed since it was stored.
 *
 * Returns undefined for a decision of a newer version and for anything else that is not a decision. An instance then
 * decides alone and does not overwrite the stored item.
 */
export const parseDecision = (stored: unknown, options: ControlOptions): Decision | undefined =>
  isDecision(stored) ? withinBounds(stored, options) : undefined;

/** Returns whether a stored value has the format of this version. Members that are unknown to it are permitted. */
export const isDecision = (stored: unknown): stored is Decision => {
  if (!isMembers(stored) || stored.format !== CONTROL_FORMAT) return false;
  return (
    Number.isInteger(stored.epoch) &&
    isPositive(stored.batchLines) &&
    isPositive(stored.share) &&
    hasCounts(stored, ['asOfMs', 'instances', 'latencyMs', 'heardMs']) &&
    isListOf(stored.rates, isCount) &&
    isListOf(stored.lowestMs, isCount) &&
    hasCounts(stored.evaluation, Object.keys(NO_EVALUATION)) &&
    isListOf(stored.reasons, isText) &&
    isListOf(stored.earlier, isPastStep) &&
    (stored.maximumConcurrency === undefined ||
      hasCounts(stored.maximumConcurrency, ['wanted', 'before', 'changedMs', 'fitting', 'epochs']))
  );
};

const withinBounds = (state: Decision, options: ControlOptions): Decision => {
  const { maximumConcurrency: kept, ...rest } = state;
  const { batch, maximumConcurrency: permitted } = options;
  return {
    ...rest,
    batchLines: limited(state.batchLines, batch.linesMin, batch.linesMax),
    ...(permitted === undefined ? {} : { maximumConcurrency: permittedLimit(kept, permitted) }),
  };
};

/** Returns the stored limit within the permitted range. The flush function applies it before the next step is made. */
const permittedLimit = (
  kept: MaximumConcurrency | undefined,
  permitted: MaximumConcurrencyOptions,
): MaximumConcurrency =>
  kept === undefined
    ? initialLimit(permitted)
    : { ...kept, wanted: limited(Math.round(kept.wanted), permitted.min, permitted.max) };

const limited = (value: number, min: number, max: number): number => Math.min(Math.max(value, min), max);
