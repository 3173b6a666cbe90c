/** The controller as an environment has it: what it learns from requests, what all instances decide, and the pace that follows. */

import { isMoving, LIMIT_MAX, LIMIT_MIN } from '../controller/concurrency-step.ts';
import { type Decision, parseDecision } from '../controller/decision.ts';
import type { DecisionRead, EventSourceLimit } from '../controller/decision-store.ts';
import { InstanceController } from '../controller/instance-controller.ts';
import type { ControlOptions } from '../controller/options.ts';
import { paced } from '../controller/paced.ts';
import { answerOf } from '../controller/report.ts';
import { type ControlEvents, syncWithTable } from '../controller/sync.ts';
import type { Target, Writer } from '../sink/ports.ts';
import type { Attempt } from '../writer/observed.ts';
import type { Clock } from './clock.ts';
import type { StateTable } from './state-table.ts';

export interface PaceOptions extends Omit<ControlOptions, 'maximumConcurrency'> {
  readonly batchBytes: number;
  /** Without it the pace is as configured: `linesInitial` and `inFlightMax`. */
  readonly adaptive: boolean;
}

/** Part of the largest batch from which on one is full. */
const FULL = 0.9;
/** The flush function tells the event source's limit every few minutes. */
const TOLD_MS = 900_000;

/** `batchLines` and `inFlightMax` are to be read again for each batch: they change. */
export class SinkPace {
  readonly #options: PaceOptions;
  readonly #clock: Clock;
  /** Undefined when nothing adapts. */
  readonly #control: InstanceController | undefined;
  /** Of an invocation, so that not all round their share the same way. */
  #luck = 0;
  #decision: Decision | undefined;
  #limit: EventSourceLimit | undefined;

  constructor(options: PaceOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#control = options.adaptive ? new InstanceController(this.#controlOptions()) : undefined;
  }

  get batchLines(): number {
    return this.#control?.batchLines(this.#clock.nowMs()) ?? this.#options.batch.linesInitial;
  }

  /** Requests of one invocation under way at once. */
  get inFlightMax(): number {
    return this.#control?.inFlightMax(this.#clock.nowMs(), this.#luck) ?? this.#options.inFlightMax;
  }

  /** Requests that this invocation may have under way, or the part of its time; undefined when nothing adapts. */
  get share(): number | undefined {
    return this.#control?.share(this.#clock.nowMs());
  }

  /** The last one that was read; undefined before. */
  get decision(): Decision | undefined {
    return this.#decision;
  }

  get limit(): EventSourceLimit | undefined {
    return this.#limit;
  }

  /** Whether the event source's limit was changed lately, or is about to be. */
  get isMoving(): boolean {
    return this.#decision !== undefined && isMoving(this.#decision, this.#clock.nowMs());
  }

  invocationStarted(): void {
    this.#luck = this.#clock.random();
    this.#control?.invocationStarted(this.#clock.nowMs());
  }

  invocationEnded(): void {
    this.#control?.invocationEnded(this.#clock.nowMs());
  }

  recordAttempt({ outcome, latencyMs, lines, bytes }: Attempt): void {
    const answer = answerOf(outcome);
    // A probe is empty, and says nothing of what a batch takes.
    if (this.#control === undefined || answer === undefined || lines === 0) return;
    const full = lines >= FULL * this.batchLines || bytes >= FULL * this.#options.batchBytes;
    this.#control.recordAttempt({ answer, latencyMs, lines, bytes, full }, this.#clock.nowMs());
  }

  paced(writer: Writer, isWithheld: (target: Target) => boolean): Writer {
    return this.#control === undefined ? writer : paced(writer, this.#control, this.#clock, isWithheld);
  }

  /** Reports, reads what all share, and makes the step of an epoch if it is due. `read` answers what `know` has made of it. */
  async syncWithTable(state: StateTable, read: () => Promise<DecisionRead>, events: ControlEvents): Promise<void> {
    if (this.#control === undefined) await read().catch((error) => events.storeFailed(error, 'read'));
    else await syncWithTable(this.#control, { ...state.decisions, read }, this.#clock, events);
  }

  /** What was read, and what it means here. */
  applyDecision(stored: unknown, limit: EventSourceLimit | undefined): DecisionRead {
    // Where nobody tells of it any more nobody moves it any more.
    this.#limit = limit !== undefined && this.#clock.nowMs() - limit.atMs < TOLD_MS ? limit : undefined;
    const options = this.#controlOptions();
    this.#control?.setLimits(options.maximumConcurrency);
    this.#decision = stored === undefined ? undefined : parseDecision(stored, options);
    return stored === undefined ? undefined : (this.#decision ?? 'unreadable');
  }

  /** There is no table: whoever is alone decides alone. */
  hasNoTable(): void {
    this.#control?.tableUnavailable(this.#clock.nowMs());
  }

  #controlOptions(): ControlOptions {
    const { batch, inFlightMax } = this.#options;
    const initial = this.#limit?.maximumConcurrency;
    const maximumConcurrency = initial === undefined ? undefined : { initial, min: LIMIT_MIN, max: LIMIT_MAX };
    return { batch, inFlightMax, maximumConcurrency };
  }
}
