/** One run of the model: sinks, their server, and the changes over time. */

import type { Decision } from '../../../src/controller/decision.ts';
import { BreakerModel } from './breaker-model.ts';
import { diceFrom } from './dice.ts';
import { EventSource } from './event-source.ts';
import { Events } from './events.ts';
import { startFlushModel } from './flush-model.ts';
import { Instance } from './invocation.ts';
import { Meter, WINDOW_MS } from './meter.ts';
import type { PolicyMaker } from './policy.ts';
import { ServerModel } from './server-model.ts';
import { TableModel } from './table-model.ts';
import { TimeLimits } from './time-limits.ts';

const CLIENT_TIMEOUT_MS = 10_000;

/** Plan of one sink. */
export interface SinkPlan {
  readonly policy: PolicyMaker;
  readonly invocations: number;
  readonly maximumConcurrency: number | undefined;
  readonly mayMoveMaximumConcurrency: boolean;
  readonly inFlightMax: number;
  readonly batchLinesMax: number;
  /** All invocations start immediately, for a sweep that needs only the final state. */
  readonly startsAtOnce?: boolean;
}

/** A change that applies from `fromMs`. */
export interface Change {
  readonly fromMs: number;
  /** Speed of the server: 1 as measured, 0 for no responses. */
  readonly speed?: number;
  readonly cores?: number;
  readonly tableAway?: boolean;
  /** Lines that arrive in the queue of every sink. */
  readonly lines?: number;
}

/** Plan of a run. The figures of each phase, which ends at one of `phaseEndsMs`, are separate. */
export interface RunPlan {
  readonly seed: number;
  readonly cores: number;
  readonly roundTripMs: number;
  readonly sinks: readonly SinkPlan[];
  readonly changes: readonly Change[];
  readonly phaseEndsMs: readonly number[];
}

/** One second of one sink, for the pictures. */
export interface Moment {
  readonly lines: number;
  readonly batchLines: number;
  readonly share: number;
  readonly latencyMs: number;
  readonly invocations: number;
  readonly maximumConcurrency: number;
}

/** Results of one sink. */
export interface SinkRun {
  /** One meter per phase. */
  readonly meters: readonly Meter[];
  readonly moments: readonly Moment[];
  /** Time at which the backlog was empty and all invocations had ended; undefined if that never happened. */
  readonly drainedMs: number | undefined;
  readonly writes: readonly number[];
  readonly reads: readonly number[];
}

/** Runs the model once. */
export const run = (plan: RunPlan): readonly SinkRun[] => {
  const events = new Events();
  const { cores, roundTripMs } = plan;
  const server = new ServerModel(events, diceFrom(plan.seed * 1_000), { cores, roundTripMs, noisy: true });
  const sinks = plan.sinks.map((sink, index) => new SinkModel(events, server, plan, sink, index));
  let speed = 1;
  let coresNow = cores;
  for (const change of plan.changes)
    events.at(change.fromMs, () => {
      speed = change.speed ?? speed;
      coresNow = change.cores ?? coresNow;
      server.become(speed, coresNow);
      for (const sink of sinks) sink.change(change);
    });
  for (const endMs of plan.phaseEndsMs) {
    events.runUntil(endMs);
    for (const sink of sinks) sink.endPhase();
  }
  return sinks.map((sink) => sink.result());
};

const NOTHING = { lines: 0, latencySumMs: 0, answered: 0 };

class SinkModel {
  readonly #table: TableModel;
  readonly #source: EventSource;
  readonly #events: Events;
  readonly #meters: Meter[] = [];
  readonly #moments: Moment[] = [];
  readonly #writes: number[] = [];
  readonly #reads: number[] = [];
  #meter = new Meter();
  #decision: Decision | undefined;
  #drainedMs: number | undefined;

  constructor(events: Events, server: ServerModel, plan: RunPlan, sink: SinkPlan, index: number) {
    const dice = diceFrom(plan.seed * 1_000 + 1 + index);
    this.#events = events;
    this.#table = new TableModel(events, dice);
    const newPolicy = sink.policy({
      events,
      dice,
      table: this.#table,
      inFlightMax: sink.inFlightMax,
      batchLinesMax: sink.batchLinesMax,
      maximumConcurrency: sink.maximumConcurrency,
      mayMoveMaximumConcurrency: sink.mayMoveMaximumConcurrency,
      decided: (decision) => this.#decided(decision),
    });
    const timeLimits = new TimeLimits(events, CLIENT_TIMEOUT_MS);
    const breaker = new BreakerModel(events);
    const meter = (): Meter => this.#meter;
    const { inFlightMax, batchLinesMax } = sink;
    const world = { events, dice, server, timeLimits, breaker, meter, inFlightMax, batchLinesMax };
    const idle: Instance[] = [];
    this.#source = new EventSource(events, dice, sink, (parcel, ended) => {
      const instance = idle.pop() ?? new Instance(world, newPolicy());
      instance.run(parcel, (left) => {
        idle.push(instance);
        ended(left);
      });
    });
    this.#source.backlogLines = Number.POSITIVE_INFINITY;
    startFlushModel({
      events,
      dice,
      decision: () => (this.#table.isAway ? undefined : this.#decision),
      limitTo: (limit) => this.#source.change(limit),
    });
    this.#watch(NOTHING);
  }

  change({ tableAway, lines }: Change): void {
    if (tableAway !== undefined) this.#table.isAway = tableAway;
    if (lines !== undefined) this.#source.backlogLines = lines;
  }

  endPhase(): void {
    this.#meters.push(this.#meter);
    this.#meter = new Meter();
    this.#writes.push(this.#table.writes);
    this.#reads.push(this.#table.reads);
    this.#table.writes = 0;
    this.#table.reads = 0;
  }

  result(): SinkRun {
    return {
      meters: this.#meters,
      moments: this.#moments,
      drainedMs: this.#drainedMs,
      writes: this.#writes,
      reads: this.#reads,
    };
  }

  #decided(decision: Decision): void {
    this.#decision = decision;
  }

  /** Records the changes since `before` every second. */
  #watch(before: Readonly<Pick<Meter, 'lines' | 'latencySumMs' | 'answered'>>): void {
    this.#events.after(WINDOW_MS, () => {
      const { lines, latencySumMs, answered } = this.#meter;
      // A new phase has a new meter.
      const start = answered < before.answered || lines < before.lines ? NOTHING : before;
      const replies = answered - start.answered;
      this.#moments.push({
        lines: lines - start.lines,
        batchLines: this.#decision?.batchLines ?? 0,
        share: this.#decision?.share ?? 1,
        latencyMs: replies > 0 ? (latencySumMs - start.latencySumMs) / replies : 0,
        invocations: this.#source.running,
        maximumConcurrency: this.#source.maximumConcurrency,
      });
      if (this.#source.backlogLines > 0) this.#drainedMs = undefined;
      else if (this.#source.running === 0) this.#drainedMs ??= this.#events.now;
      this.#watch({ lines, latencySumMs, answered });
    });
  }
}
