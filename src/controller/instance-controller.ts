/**
 * The controller of one instance. It counts attempts, keeps the last shared decision, and derives the limits of the
 * instance from both.
 *
 * It does no I/O and receives time and randomness as arguments. `sync.ts` connects it with the store.
 *
 * An invocation calls, in this order:
 *
 * - `invocationStarted`;
 * - for each batch `requestQueued`, then `paused` after each slice of a pause while `pauseMs` is above 0, then
 *   `recordAttempt` for each attempt, then `requestDone`;
 * - `invocationEnded`.
 *
 * `syncWithTable` may run at any time in between.
 */

import { type Decision, initialDecision } from './decision.ts';
import type { DecisionRead } from './decision-store.ts';
import { type AttemptSeen, EpochCounter } from './epoch-counter.ts';
import { epochOf, isInLatencyProbe, lastSteppable } from './epochs.ts';
import type { ControlOptions, MaximumConcurrencyOptions } from './options.ts';
import { drawInFlightMax, meanPauseMs, type Pause } from './pause.ts';
import { type ControlReport, type EpochReport, scaleReport } from './report.ts';
import { SHARE_MIN } from './share-step.ts';
import { stepEpoch } from './step.ts';

/** Interval between two reads. A decision in use is at most this old, and a new one is noticed within an epoch. */
export const READ_INTERVAL_MS = 1_500;
/**
 * Expected number of reports per epoch. It suffices for a mean, and the cost does not grow with the number of
 * instances.
 */
const REPORTERS = 64;
/**
 * Age of a decision above which the share is 1 if the table responds. For that time, no instance had anything to
 * report.
 */
export const STALE_MS = 30_000;
/**
 * Time without the table after which an instance decides alone. A shorter outage does not justify a separate decision.
 */
const ALONE_AFTER_MS = 6_000;
/** A decision whose epoch is further in the future comes from a wrong clock, and may be replaced. */
const AHEAD_EPOCHS_MAX = 15;

/**
 * Minimum weight of the newest latency in the mean of an instance, and the time after which it weighs two thirds.
 * Otherwise an instance that rarely sends requests would use an outdated latency. Each instance has its own mean. With
 * a common mean, all instances would pause too long at the same time, and then too briefly.
 */
const LATENCY_SMOOTHING = 0.2;
const LATENCY_MEMORY_MS = 4_000;

/** A step that is due. */
export interface DueStep {
  /** Epoch of the decision from which the step starts. The next decision is written only if it is still stored. */
  readonly expectedEpoch: number;
  /** Epoch whose reports decide the step. */
  readonly epoch: number;
}

/** Controller of one instance. It is created once per instance and used by all its invocations, one after the other. */
export class InstanceController {
  #options: ControlOptions;
  readonly #counter = new EpochCounter();
  /** Report of the last ended epoch, until it is sent. */
  #unsent: EpochReport | undefined;
  /** Last epoch in which an invocation of this instance ran. */
  #activeEpoch = -1;
  /** Undefined until a decision was read. */
  #sharedDecision: Decision | undefined;
  #readStartedMs = Number.NEGATIVE_INFINITY;
  /** Time of the first failed read since the last successful one. */
  #unavailableSinceMs: number | undefined;
  /** Whether a newer version decides. This one then only follows its own reports. */
  #isOutdated = false;
  /** Decision from this instance's own reports, while it decides alone. */
  #ownDecision: Decision | undefined;
  /** Mean latency of this instance's answered requests. */
  #latencyMs: number | undefined;
  #latencyAtMs = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Sets whether, and from which value, the event source's limit may be moved. Undefined: it may not. */
  setLimits(maximumConcurrency: MaximumConcurrencyOptions | undefined): void {
    this.#options = { ...this.#options, maximumConcurrency };
  }

  invocationStarted(nowMs: number): void {
    this.#closeEpoch(nowMs);
    this.#counter.invocationStarted(nowMs);
  }

  invocationEnded(nowMs: number): void {
    this.#closeEpoch(nowMs);
    this.#counter.invocationEnded(nowMs);
  }

  /** A batch is ready to be sent, and may have to pause first. */
  requestQueued(nowMs: number): void {
    this.#closeEpoch(nowMs);
    this.#counter.requestQueued(nowMs);
  }

  /** A queued batch has received its last response, or is no longer sent. */
  requestDone(nowMs: number): void {
    this.#closeEpoch(nowMs);
    this.#counter.requestDone(nowMs);
  }

  recordAttempt(seen: AttemptSeen, nowMs: number): void {
    this.#closeEpoch(nowMs);
    this.#counter.recordAttempt(seen);
    // A time limit is no latency, and a refusal returns immediately.
    if (seen.answer === 'answered') this.#smoothLatency(seen.latencyMs, nowMs);
  }

  /** Returns the lines of a batch. */
  batchLines(nowMs: number): number {
    return this.#decision(nowMs).batchLines;
  }

  /**
   * Returns the number of requests that an invocation may have in flight.
   *
   * @param random - Uniform in [0, 1), the same for one invocation.
   */
  inFlightMax(nowMs: number, random: number): number {
    return drawInFlightMax(this.share(nowMs), random, this.#options.inFlightMax);
  }

  /** Returns how long to pause before the next call, in ms, at most `remainingMs`; 0 if the request may be sent. */
  pauseMs(pause: Pause, nowMs: number, remainingMs: number): number {
    return pause.sliceMs(this.#meanPauseMs(nowMs), remainingMs);
  }

  /** Records that `ms` of the pause passed until `nowMs`. */
  paused(pause: Pause, ms: number, nowMs: number): void {
    this.#closeEpoch(nowMs);
    pause.waited(ms, this.#meanPauseMs(nowMs));
  }

  /** Returns the share at `nowMs`, which a latency probe halves. */
  share(nowMs: number): number {
    const { share } = this.#decision(nowMs);
    return isInLatencyProbe(nowMs) ? Math.max(share / 2, SHARE_MIN) : share;
  }

  /**
   * Returns the report of the last ended epoch once, scaled, or undefined if this instance does not report.
   *
   * @param random - Uniform in [0, 1).
   */
  dueReport(nowMs: number, random: number): EpochReport | undefined {
    this.#closeEpoch(nowMs);
    const unsent = this.#unsent;
    this.#unsent = undefined;
    if (unsent === undefined || this.#isOutdated) return undefined;
    // Too late for the step of that epoch.
    if (unsent.epoch < lastSteppable(nowMs)) return undefined;
    const probability = Math.min(1, REPORTERS / Math.max(1, this.#sharedDecision?.instances ?? 0));
    if (random >= probability) return undefined;
    return { epoch: unsent.epoch, report: scaleReport(unsent.report, 1 / probability) };
  }

  isReadDue(nowMs: number): boolean {
    // The absolute value, so that reads continue after the clock was set back.
    return Math.abs(nowMs - this.#readStartedMs) >= READ_INTERVAL_MS;
  }

  /** A read has started. The next one is due after `READ_INTERVAL_MS`. */
  readStarted(nowMs: number): void {
    this.#readStartedMs = nowMs;
  }

  /** Applies a decision that was read, or that this instance wrote. */
  applyDecision(decision: DecisionRead): void {
    this.#isOutdated = decision === 'unreadable';
    this.#sharedDecision = decision === 'unreadable' ? undefined : decision;
    this.#unavailableSinceMs = undefined;
    if (!this.#isOutdated) this.#ownDecision = undefined;
  }

  /** A read failed, or there is no table. */
  tableUnavailable(nowMs: number): void {
    this.#unavailableSinceMs ??= nowMs;
  }

  /** Returns the step that is due and that this instance may make. */
  dueStep(nowMs: number): DueStep | undefined {
    if (this.#isOutdated || this.#unavailableSinceMs !== undefined) return undefined;
    const expectedEpoch = this.#sharedDecision?.epoch ?? -1;
    const epoch = lastSteppable(nowMs);
    // On a quiet sink, other instances would read the reports each time without finding any (docs/decisions/0024).
    if (this.#activeEpoch < epoch) return undefined;
    const isAhead = expectedEpoch > epochOf(nowMs) + AHEAD_EPOCHS_MAX;
    return epoch > expectedEpoch || isAhead ? { expectedEpoch, epoch } : undefined;
  }

  /**
   * Returns the decision that follows from the sum of all reports. The caller writes it on the condition of `DueStep`.
   */
  nextDecision({ epoch }: DueStep, report: ControlReport, nowMs: number): Decision {
    const previous = this.#sharedDecision ?? initialDecision(this.#options);
    return stepEpoch(previous, { epoch, report }, this.#options, nowMs);
  }

  #smoothLatency(latencyMs: number, nowMs: number): void {
    const forgotten = 1 - Math.exp((this.#latencyAtMs - nowMs) / LATENCY_MEMORY_MS);
    const before = this.#latencyMs ?? latencyMs;
    this.#latencyMs = before + Math.max(LATENCY_SMOOTHING, forgotten) * (latencyMs - before);
    this.#latencyAtMs = nowMs;
  }

  #meanPauseMs(nowMs: number): number {
    return meanPauseMs(this.share(nowMs), this.#latencyMs ?? this.#sharedDecision?.latencyMs ?? 0);
  }

  /** The decision in use. */
  #decision(nowMs: number): Decision {
    if (this.#ownDecision !== undefined) return this.#ownDecision;
    const shared = this.#sharedDecision ?? initialDecision(this.#options);
    const isStale = this.#unavailableSinceMs === undefined && nowMs - shared.asOfMs > STALE_MS;
    return isStale ? { ...shared, share: 1 } : shared;
  }

  /**
   * Takes over the report of an ended epoch. Every call that counts begins with it, so that counts go to the right
   * epoch.
   */
  #closeEpoch(nowMs: number): void {
    const closed = this.#counter.closeEpoch(nowMs);
    if (closed === undefined) return;
    this.#unsent = closed;
    this.#activeEpoch = closed.epoch;
    const isAlone = this.#unavailableSinceMs !== undefined && nowMs - this.#unavailableSinceMs >= ALONE_AFTER_MS;
    if (isAlone || this.#isOutdated) this.#decideAlone(closed, nowMs);
  }

  /** Makes the same step from this instance's own report. The last decision contains the number of other instances. */
  #decideAlone(closed: EpochReport, nowMs: number): void {
    const instances = expectedInstances(this.#sharedDecision);
    // The rates of all instances together do not apply to a single one.
    const previous = this.#ownDecision ?? { ...(this.#sharedDecision ?? initialDecision(this.#options)), rates: [] };
    const options = { ...this.#options, maximumConcurrency: undefined };
    const own = stepEpoch(previous, closed, options, nowMs, { dividedBy: Math.max(1, instances) });
    // Without a shared decision, the number of other instances is unknown.
    this.#ownDecision = instances === 0 ? { ...own, share: Math.min(own.share, 1) } : own;
  }
}

/** A change of `MaximumConcurrency` that is in progress takes effect even if the table does not respond. */
const expectedInstances = (shared: Decision | undefined): number => {
  const { instances = 0, maximumConcurrency: limit } = shared ?? {};
  return limit === undefined ? instances : Math.min(instances, limit.wanted);
};
