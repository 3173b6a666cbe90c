/**
 * The controller as one instance has it: what it counts, what it knows of the decision that all share, and what it may do
 * now. Time and chance are handed in, and it calls nobody; `tending.ts` connects it with the store.
 *
 * In each invocation: `invocationStarted`; for each batch `wished`, then pauses while `pauseMs` says so, then for each
 * attempt `attempted`, then `granted`; `invocationEnded`. Whenever something happens, `tend`.
 */

import { type Decision, initialDecision } from './decision.ts';
import type { DecisionRead } from './decision-store.ts';
import { type AttemptSeen, type ClosedEpoch, EpochCounter } from './epoch-counter.ts';
import { epochOf, isProbing, lastSteppable } from './epochs.ts';
import type { ControlOptions, MaximumConcurrencyOptions } from './options.ts';
import { meanPauseMs, type Pause, requestsAtOnce } from './pause.ts';
import { type ControlReport, scaleReport } from './report.ts';
import { SHARE_MIN } from './share-step.ts';
import { stepEpoch } from './step.ts';

/** A decision is at most that old when it is used, and a new one is noticed within an epoch. */
export const READ_INTERVAL_MS = 1_500;
/** Enough for a mean; so the cost of reports does not grow with the number of instances. */
const REPORTERS = 64;
/** Where the table answers and nobody has decided for so long, nothing has happened for so long. */
export const STALE_MS = 30_000;
/** A table that is away for less is not worth a decision of one's own. */
const ALONE_AFTER_MS = 6_000;
/** A decision from further ahead was made by a clock that is wrong, and may be replaced. */
const AHEAD_EPOCHS_MAX = 15;

/** A change of `MaximumConcurrency` that is under way acts whether or not the table answers. */
const expectedInstances = (shared: Decision | undefined): number => {
  const { instances = 0, maximumConcurrency: limit } = shared ?? {};
  return limit === undefined ? instances : Math.min(instances, limit.wanted);
};

/**
 * Weight of the newest latency, at least; of one that comes this long after the last, two thirds, because an instance
 * that seldom asks would go by a latency of long ago. It is each instance's own: if all paused by one number, they would
 * all pause too long together, and then too short.
 */
const LATENCY_SMOOTHING = 0.2;
const LATENCY_MEMORY_MS = 4_000;

export interface DueStep {
  /** Of the decision that the step begins from: the condition of its writing. */
  readonly expectedEpoch: number;
  readonly epoch: number;
}

export class InstanceController {
  #options: ControlOptions;
  readonly #sums = new EpochCounter();
  #closed: ClosedEpoch | undefined;
  /** The last one in which this instance has done something. */
  #activeEpoch = -1;
  /** The shared decision; undefined before one was read. */
  #shared: Decision | undefined;
  #askedMs = Number.NEGATIVE_INFINITY;
  /** Since when the table has not answered; undefined while it does. */
  #awaySinceMs: number | undefined;
  /** A newer version decides: this one only follows its own reports. */
  #outdated = false;
  /** The decision made from this instance's own reports, while the table is away. */
  #own: Decision | undefined;
  #latencyMs: number | undefined;
  #latencyAtMs = 0;

  constructor(options: ControlOptions) {
    this.#options = options;
  }

  /** Whether the event source's limit may be moved, and what it is, is known only later; undefined: it may not. */
  setLimits(maximumConcurrency: MaximumConcurrencyOptions | undefined): void {
    this.#options = { ...this.#options, maximumConcurrency };
  }

  invocationStarted(nowMs: number): void {
    this.#turn(nowMs);
    this.#sums.invocationStarted(nowMs);
  }

  invocationEnded(nowMs: number): void {
    this.#turn(nowMs);
    this.#sums.invocationEnded(nowMs);
  }

  /** A batch is ready to be sent, and may have to wait. */
  requestQueued(nowMs: number): void {
    this.#turn(nowMs);
    this.#sums.requestQueued(nowMs);
  }

  /** It has its last answer, or is given up. */
  requestDone(nowMs: number): void {
    this.#turn(nowMs);
    this.#sums.requestDone(nowMs);
  }

  recordAttempt(seen: AttemptSeen, nowMs: number): void {
    this.#turn(nowMs);
    this.#sums.recordAttempt(seen);
    // A time limit is no latency, and a refusal comes at once.
    if (seen.answer === 'answered') this.#smoothLatency(seen.latencyMs, nowMs);
  }

  batchLines(nowMs: number): number {
    return this.#decision(nowMs).batchLines;
  }

  /** For one invocation. `random` in [0, 1). */
  inFlightMax(nowMs: number, random: number): number {
    return requestsAtOnce(this.share(nowMs), random, this.#options.inFlightMax);
  }

  /** How long to go on pausing before the next request; 0 when it may go. Never past the deadline. */
  pauseMs(pause: Pause, nowMs: number, remainingMs: number): number {
    return pause.sliceMs(this.#meanPauseMs(nowMs), remainingMs);
  }

  /** So long was paused, until `nowMs`. */
  paused(pause: Pause, ms: number, nowMs: number): void {
    this.#turn(nowMs);
    pause.waited(ms, this.#meanPauseMs(nowMs));
  }

  /** The share that is in use at this moment. */
  share(nowMs: number): number {
    const { share } = this.#decision(nowMs);
    return isProbing(nowMs) ? Math.max(share / 2, SHARE_MIN) : share;
  }

  /** What this instance adds to the sums of the epoch before, if it is to report. `random` in [0, 1). */
  dueReport(nowMs: number, random: number): ClosedEpoch | undefined {
    this.#turn(nowMs);
    const closed = this.#closed;
    this.#closed = undefined;
    if (closed === undefined || this.#outdated) return undefined;
    // Nobody looks at it any more.
    if (closed.epoch < lastSteppable(nowMs)) return undefined;
    const probability = Math.min(1, REPORTERS / Math.max(1, this.#shared?.instances ?? 0));
    if (random >= probability) return undefined;
    return { epoch: closed.epoch, report: scaleReport(closed.report, 1 / probability) };
  }

  isReadDue(nowMs: number): boolean {
    // A clock that is set back must not keep it from asking.
    return Math.abs(nowMs - this.#askedMs) >= READ_INTERVAL_MS;
  }

  /** It has been asked for; until the answer comes nobody asks again. */
  asked(nowMs: number): void {
    this.#askedMs = nowMs;
  }

  /** What was read, or written by this instance. */
  applyDecision(decision: DecisionRead): void {
    this.#outdated = decision === 'unreadable';
    this.#shared = decision === 'unreadable' ? undefined : decision;
    this.#awaySinceMs = undefined;
    if (!this.#outdated) this.#own = undefined;
  }

  /** The table did not answer. */
  tableUnavailable(nowMs: number): void {
    this.#awaySinceMs ??= nowMs;
  }

  /** The step that somebody has to make now, and may be this instance. */
  dueStep(nowMs: number): DueStep | undefined {
    if (this.#outdated || this.#awaySinceMs !== undefined) return undefined;
    const expectedEpoch = this.#shared?.epoch ?? -1;
    const epoch = lastSteppable(nowMs);
    // Whoever did nothing then need not look for reports: on a quiet sink that would be a read for nothing each time.
    if (this.#activeEpoch < epoch) return undefined;
    const isAhead = expectedEpoch > epochOf(nowMs) + AHEAD_EPOCHS_MAX;
    return epoch > expectedEpoch || isAhead ? { expectedEpoch, epoch } : undefined;
  }

  /** The decision that follows from the reports of all, to be written on condition. */
  nextDecision({ epoch }: DueStep, report: ControlReport, nowMs: number): Decision {
    return stepEpoch(this.#shared ?? initialDecision(this.#options), epoch, report, this.#options, nowMs);
  }

  #smoothLatency(latencyMs: number, nowMs: number): void {
    const forgotten = 1 - Math.exp((this.#latencyAtMs - nowMs) / LATENCY_MEMORY_MS);
    const before = this.#latencyMs ?? latencyMs;
    this.#latencyMs = before + Math.max(LATENCY_SMOOTHING, forgotten) * (latencyMs - before);
    this.#latencyAtMs = nowMs;
  }

  #meanPauseMs(nowMs: number): number {
    return meanPauseMs(this.share(nowMs), this.#latencyMs ?? this.#shared?.latencyMs ?? 0);
  }

  #decision(nowMs: number): Decision {
    if (this.#own !== undefined) return this.#own;
    const shared = this.#shared ?? initialDecision(this.#options);
    const isStale = this.#awaySinceMs === undefined && nowMs - shared.asOfMs > STALE_MS;
    return isStale ? { ...shared, share: 1 } : shared;
  }

  #turn(nowMs: number): void {
    const closed = this.#sums.turn(nowMs);
    if (closed === undefined) return;
    this.#closed = closed;
    this.#activeEpoch = closed.epoch;
    const isAlone = this.#awaySinceMs !== undefined && nowMs - this.#awaySinceMs >= ALONE_AFTER_MS;
    if (isAlone || this.#outdated) this.#decideAlone(closed, nowMs);
  }

  /** The same step over one's own reports. How many others there are is known from the last decision, or not at all. */
  #decideAlone({ epoch, report }: ClosedEpoch, nowMs: number): void {
    const others = expectedInstances(this.#shared);
    // What all together took is no measure for one.
    const start = this.#own ?? { ...(this.#shared ?? initialDecision(this.#options)), rates: [] };
    const { maximumConcurrency: _, ...options } = this.#options;
    const circumstances = { dividedBy: Math.max(1, others) };
    const own = stepEpoch(start, epoch, report, { ...options, maximumConcurrency: undefined }, nowMs, circumstances);
    // Who knows of nobody else must still expect others.
    this.#own = others === 0 ? { ...own, share: Math.min(own.share, 1) } : own;
  }
}
