/** What the owner of a sink decides about its control, and what the controller may not leave. */

export interface BatchOptions {
  readonly linesInitial: number;
  readonly linesMin: number;
  readonly linesMax: number;
  readonly growth: 'additive' | 'multiplicative';
  /** Mean latency of an attempt below which batches may grow, and above which they shrink. */
  readonly latencyLowMs: number;
  readonly latencyHighMs: number;
  readonly evaluationIntervalMs: number;
}

/** Bounds of the event source's `MaximumConcurrency`, which AWS takes from 2 to 1,000. */
export interface MaximumConcurrencyOptions {
  /** What the event source is known to begin with. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

export interface ControlOptions {
  readonly batch: BatchOptions;
  /** Requests of one invocation under way at once, at most. */
  readonly inFlightMax: number;
  /** Undefined when the controller must leave `MaximumConcurrency` alone. */
  readonly maximumConcurrency: MaximumConcurrencyOptions | undefined;
}
