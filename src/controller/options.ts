/** Options of the controller: limits that the owner of a sink configures, and that no decision exceeds. */

/**
 * Options for the batch size. They come from environment variables; docs/configuration.md lists ranges and defaults.
 */
export interface BatchOptions {
  /** Lines of a batch before the first decision. */
  readonly linesInitial: number;
  readonly linesMin: number;
  readonly linesMax: number;
  /** `additive`: a batch grows by a tenth, at least by 50 lines. `multiplicative`: it grows by a fifth. */
  readonly growth: 'additive' | 'multiplicative';
  /** Mean latency of an attempt below which batches may grow. */
  readonly latencyLowMs: number;
  /** Mean latency of an attempt above which batches shrink. */
  readonly latencyHighMs: number;
  /** Minimum time between two evaluations of the batch size. */
  readonly evaluationIntervalMs: number;
}

/** Limits for the event source's `MaximumConcurrency`, for which AWS accepts 2 to 1,000. */
export interface MaximumConcurrencyOptions {
  /** Value that the flush function found at the event source. The first step starts from it. */
  readonly initial: number;
  readonly min: number;
  readonly max: number;
}

/** Everything that is configured about the controller of one sink. */
export interface ControlOptions {
  readonly batch: BatchOptions;
  /** Maximum number of requests that one invocation may have in flight. */
  readonly inFlightMax: number;
  /** Undefined if the controller must not move `MaximumConcurrency` (docs/decisions/0021). */
  readonly maximumConcurrency: MaximumConcurrencyOptions | undefined;
}
