/**
 * The decision that all instances of a sink share, with what the next step must remember. It is small enough to be
 * written for one unit, and it is foreign data as soon as it has been stored: `parseControlState` judges it.
 */

import type { ControlOptions } from './options.ts';

export const CONTROL_FORMAT = 1;

/** The event source's limit, as it is wanted; it acts 20 to 40 s after it was changed. */
export interface MaximumConcurrency {
  readonly wanted: number;
  /** What it was before the last change. */
  readonly before: number;
  /** Of the last change; 0 before the first. */
  readonly changedMs: number;
  /** The limit that would let every invocation have one request under way, smoothed. */
  readonly fitting: number;
  /** Epochs in which the limit was seen to act. */
  readonly epochs: number;
}

/** Sums of attempts since the batch size was last evaluated. */
export interface BatchEvaluation {
  readonly sinceMs: number;
  readonly attempts: number;
  readonly congested: number;
  readonly fullBatches: number;
  readonly latencySumMs: number;
}

export interface Decision {
  readonly format: typeof CONTROL_FORMAT;
  /** The last epoch whose reports have been considered; -1 before the first step. */
  readonly epoch: number;
  /** When it was decided. */
  readonly asOfMs: number;
  readonly batchLines: number;
  /** Requests that each invocation may have under way; below one, the part of the time in which it may have one. */
  readonly share: number;
  /** Undefined when the controller may not move it. */
  readonly maximumConcurrency?: MaximumConcurrency;
  /** Instances that were active in the epoch, as the reports tell: how many of them report next is made of it. */
  readonly instances: number;
  /** Mean latency of the epoch's answered requests: what an instance goes by that has none of its own yet. */
  readonly latencyMs: number;
  /** Requests per second, and lowest latencies of full requests in ms, of the epochs kept; the newest last. */
  readonly rates: readonly number[];
  readonly lowestMs: readonly number[];
  /** When there was last something to learn from. */
  readonly heardMs: number;
  readonly evaluation: BatchEvaluation;
  /** Why the last step moved what it moved. */
  readonly reasons: readonly string[];
  /** The steps before that moved something, the newest first: as many as have room. */
  readonly earlier: readonly PastStep[];
}

export interface PastStep {
  readonly epoch: number;
  readonly reasons: readonly string[];
}

export const NO_EVALUATION: BatchEvaluation = {
  sinceMs: 0,
  attempts: 0,
  congested: 0,
  fullBatches: 0,
  latencySumMs: 0,
};

export const initialDecision = (options: ControlOptions): Decision => ({
  format: CONTROL_FORMAT,
  epoch: -1,
  asOfMs: 0,
  batchLines: options.batch.linesInitial,
  share: 1,
  ...(options.maximumConcurrency === undefined
    ? {}
    : {
        maximumConcurrency: {
          wanted: options.maximumConcurrency.initial,
          before: options.maximumConcurrency.initial,
          changedMs: 0,
          fitting: options.maximumConcurrency.initial,
          epochs: 0,
        },
      }),
  instances: 0,
  latencyMs: 0,
  rates: [],
  lowestMs: [],
  heardMs: 0,
  evaluation: NO_EVALUATION,
  reasons: [],
  earlier: [],
});

/** Four digits: beyond what can be measured, and a state of them stays below 1 KB. */
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
 * Undefined for what a newer version has written, and for what none has: then an instance goes on by itself, and does not
 * write over it. Bounds are those of `options`, which may have changed since the state was stored.
 */
export const parseDecision = (stored: unknown, options: ControlOptions): Decision | undefined =>
  isDecision(stored) ? withinBounds(stored, options) : undefined;

/** Whether this version has written it. */
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
  const maximumConcurrency = permitted && (kept ?? initialDecision(options).maximumConcurrency);
  return {
    ...rest,
    batchLines: Math.min(Math.max(state.batchLines, batch.linesMin), batch.linesMax),
    ...(maximumConcurrency === undefined ? {} : { maximumConcurrency }),
  };
};
