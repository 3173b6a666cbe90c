/**
 * Connects the controller of one instance with the state table. It records attempts and follows the shared decision.
 */

import { isMoving, LIMIT_MAX, LIMIT_MIN } from '../controller/concurrency-step.ts';
import { type Decision, parseDecision } from '../controller/decision.ts';
import type { DecisionRead, EventSourceLimit, SharedDecisions } from '../controller/decision-store.ts';
import { InstanceController } from '../controller/instance-controller.ts';
import type { ControlOptions } from '../controller/options.ts';
import type { PacedOptions } from '../controller/paced.ts';
import { answerOf } from '../controller/report.ts';
import { type ControlEvents, syncWithTable } from '../controller/sync.ts';
import type { Pace, Target } from '../sink/ports.ts';
import type { Attempt } from '../writer/observed.ts';
import type { Clock } from './clock.ts';

/** Settings of the pace. */
export interface PaceOptions extends Omit<ControlOptions, 'maximumConcurrency'> {
  /** Bytes of a batch, at most, before compression. */
  readonly batchBytes: number;
  /** Whether the controller decides the limits. Otherwise they stay at `linesInitial` and `inFlightMax`. */
  readonly adaptive: boolean;
}

/** Part of the largest permitted batch from which a batch counts as full. */
const FULL_PART = 0.9;
/**
 * Maximum age of a published limit. An older one is no longer maintained, because the flush function publishes it every
 * 4 minutes.
 */
const LIMIT_AGE_MAX_MS = 900_000;

/** Pace of one instance. */
export class SinkPace implements Pace {
  readonly #options: PaceOptions;
  readonly #clock: Clock;
  /** `undefined` with `SINK_CONTROL=off`. */
  readonly #controller: InstanceController | undefined;
  /** Drawn once per invocation, so that not all invocations round their share in the same direction. */
  #roundingDraw = 0;
  #decision: Decision | undefined;
  #limit: EventSourceLimit | undefined;

  constructor(options: PaceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#controller = options.adaptive ? new InstanceController(this.#controlOptions()) : undefined;
  }

  batchLines(): number {
    return this.#controller?.batchLines(this.#clock.nowMs()) ?? this.#options.batch.linesInitial;
  }

  inFlightMax(): number {
    return this.#controller?.inFlightMax(this.#clock.nowMs(), this.#roundingDraw) ?? this.#options.inFlightMax;
  }

  /**
   * Requests that this invocation may have in flight. Below 1, the part of its time in which it may have one.
   * `undefined` with `SINK_CONTROL=off`.
   */
  get share(): number | undefined {
    return this.#controller?.share(this.#clock.nowMs());
  }

  /** The last decision that was read; `undefined` before the first one. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  /** The event source's limit as the flush function published it; `undefined` if it must not be moved. */
  get limit(): EventSourceLimit | undefined {
    return this.#limit;
  }

  /** Whether the event source's limit was changed recently, or is about to be. */
  get isMoving(): boolean {
    return this.#decision !== undefined && isMoving(this.#decision, this.#clock.nowMs());
  }

  invocationStarted(): void {
    this.#roundingDraw = this.#clock.random();
    this.#controller?.invocationStarted(this.#clock.nowMs());
  }

  invocationEnded(): void {
    this.#controller?.invocationEnded(this.#clock.nowMs());
  }

  recordAttempt({ outcome, latencyMs, lines, bytes }: Attempt): void {
    const answer = answerOf(outcome);
    // A probe is empty, so its latency is not that of a batch.
    if (this.#controller === undefined || answer === undefined || lines === 0) return;
    const full = lines >= FULL_PART * this.batchLines() || bytes >= FULL_PART * this.#options.batchBytes;
    this.#controller.recordAttempt({ answer, latencyMs, lines, full }, this.#clock.nowMs());
  }

  /** Returns the options of the wrapper `paced`; `undefined` with `SINK_CONTROL=off`. */
  pacing(isWithheld: (target: Target) => boolean, afterPause: () => Promise<void>): PacedOptions | undefined {
    if (this.#controller === undefined) return undefined;
    return { controller: this.#controller, clock: this.#clock, isWithheld, afterPause };
  }

  /** Reports, reads the shared state, and makes the step of an epoch if it is due. Never throws. */
  async syncWithTable(
    decisions: SharedDecisions,
    read: () => Promise<DecisionRead>,
    events: ControlEvents,
  ): Promise<void> {
    if (this.#controller === undefined) await read().catch((error) => events.storeFailed(error, 'read'));
    else await syncWithTable(this.#controller, { ...decisions, read }, this.#clock, events);
  }

  /** Applies a stored decision and limit. Returns the decision as this version reads it. */
  applyDecision(stored: unknown, limit: EventSourceLimit | undefined): DecisionRead {
    const isMaintained = limit !== undefined && this.#clock.nowMs() - limit.atMs < LIMIT_AGE_MAX_MS;
    this.#limit = isMaintained ? limit : undefined;
    const options = this.#controlOptions();
    this.#controller?.setLimits(options.maximumConcurrency);
    this.#decision = stored === undefined ? undefined : parseDecision(stored, options);
    return stored === undefined ? undefined : (this.#decision ?? 'unreadable');
  }

  /** Records that there is no state table, so the instance decides alone. */
  hasNoTable(): void {
    this.#controller?.tableUnavailable(this.#clock.nowMs());
  }

  #controlOptions(): ControlOptions {
    const { batch, inFlightMax } = this.#options;
    const initial = this.#limit?.maximumConcurrency;
    const maximumConcurrency = initial === undefined ? undefined : { initial, min: LIMIT_MIN, max: LIMIT_MAX };
    return { batch, inFlightMax, maximumConcurrency };
  }
}
