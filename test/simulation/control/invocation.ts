/** One instance of the function and its invocations, which run one after another. */

import type { AttemptSeen } from '../../../src/controller/epoch-counter.ts';
import type { BreakerModel } from './breaker-model.ts';
import type { Dice } from './dice.ts';
import { messagesOf, type Parcel } from './event-source.ts';
import type { Events } from './events.ts';
import type { Meter } from './meter.ts';
import type { InstancePolicy } from './policy.ts';
import type { ServerModel } from './server-model.ts';
import type { TimeLimits } from './time-limits.ts';

const COLD_MS = 200;
const WARM_MS = 5;
const CONVERT_MS_LINE = 0.0015;
/** Time at which an invocation returns its unwritten lines. */
const GIVE_UP_MS = 25_000;
const ATTEMPTS_MAX = 3;
const RETRY = { baseMs: 100, capMs: 2_000 };
const FULL = 0.9;

/** State that the instances of one sink share. */
export interface FunctionWorld {
  readonly events: Events;
  readonly dice: Dice;
  readonly server: ServerModel;
  readonly timeLimits: TimeLimits;
  /** Maximum that the sink allows, regardless of the policy. */
  readonly inFlightMax: number;
  readonly batchLinesMax: number;
  readonly breaker: BreakerModel;
  /** Meter of the current phase. */
  readonly meter: () => Meter;
}

interface Batch {
  readonly lines: number;
  readonly full: boolean;
  attempt: number;
  storedBefore: number;
  stored: boolean;
}

/** One instance. */
export class Instance {
  readonly #world: FunctionWorld;
  readonly #policy: InstancePolicy;
  #isCold = true;
  #parcel: Parcel = { messages: 0, lines: 0, receives: 0, storedLines: 0 };
  #ended: (left: Parcel | undefined) => void = () => undefined;
  #deadlineMs = 0;
  #luck = 0;
  #unconverted = 0;
  #left = 0;
  #storedUnknown = 0;
  #storedBefore = 0;
  #underWay = 0;
  #held: Batch | undefined;
  #startedMs = 0;

  constructor(world: FunctionWorld, policy: InstancePolicy) {
    this.#world = world;
    this.#policy = policy;
  }

  run(parcel: Parcel, ended: (left: Parcel | undefined) => void): void {
    const { events, dice } = this.#world;
    this.#parcel = parcel;
    this.#ended = ended;
    this.#unconverted = parcel.lines;
    this.#storedBefore = parcel.storedLines;
    this.#left = 0;
    this.#storedUnknown = 0;
    this.#startedMs = events.now;
    const startMs = this.#isCold ? COLD_MS : WARM_MS;
    this.#isCold = false;
    events.after(startMs, () => {
      this.#deadlineMs = events.now + GIVE_UP_MS;
      this.#luck = dice();
      this.#policy.invocationStarted?.();
      this.#convert();
    });
  }

  #convert(): void {
    const { events } = this.#world;
    const most = Math.min(this.#policy.batchLines(), this.#world.batchLinesMax);
    const lines = Math.min(most, this.#unconverted);
    if (lines <= 0) {
      if (this.#underWay === 0) this.#end();
      return;
    }
    if (events.now >= this.#deadlineMs) {
      this.#left += this.#unconverted;
      this.#unconverted = 0;
      if (this.#underWay === 0) this.#end();
      return;
    }
    this.#unconverted -= lines;
    events.after(lines * CONVERT_MS_LINE, () => {
      const storedBefore = Math.min(this.#storedBefore, lines);
      this.#storedBefore -= storedBefore;
      const batch: Batch = { lines, full: lines >= most * FULL, attempt: 0, storedBefore, stored: false };
      this.#policy.wished?.();
      this.#held = batch;
      this.#fill();
    });
  }

  /** Sends the batch that waits for a free request, if there is one, and continues to convert. */
  #fill(): void {
    if (this.#held === undefined) return;
    if (this.#underWay >= Math.min(this.#policy.requestsAtOnce(this.#luck), this.#world.inFlightMax)) return;
    const batch = this.#held;
    this.#held = undefined;
    this.#underWay += 1;
    if (this.#policy.pause === undefined) this.#ask(batch);
    else this.#policy.pause(this.#deadlineMs, () => this.#ask(batch));
    this.#convert();
  }

  /** Sends a request if the breaker allows it. */
  #ask(batch: Batch): void {
    const { events, breaker } = this.#world;
    if (events.now >= this.#deadlineMs) {
      this.#giveUp(batch);
      return;
    }
    const waitMs = breaker.waitMs();
    if (waitMs > 0) events.after(Math.min(waitMs, this.#deadlineMs - events.now), () => this.#ask(batch));
    else this.#send(batch);
  }

  #send(batch: Batch): void {
    const { events, server, timeLimits } = this.#world;
    const sentMs = events.now;
    let isOver = false;
    const over = (answer: AttemptSeen['answer']): void => {
      if (isOver) return;
      isOver = true;
      this.#answered(batch, answer, events.now - sentMs);
    };
    timeLimits.start(
      () => isOver,
      () => over('timedOut'),
    );
    server.send(batch.lines, () => this.#stored(batch), over);
  }

  #stored(batch: Batch): void {
    const meter = this.#world.meter();
    meter.duplicateLines += batch.stored ? batch.lines : batch.storedBefore;
    batch.stored = true;
  }

  #answered(batch: Batch, answer: AttemptSeen['answer'], latencyMs: number): void {
    const { events, dice, breaker, server } = this.#world;
    const meter = this.#world.meter();
    batch.attempt += 1;
    meter.attempts += 1;
    if (answer === 'throttled') meter.rejected += 1;
    else if (answer === 'timedOut') meter.timedOut += 1;
    breaker.learn(this, answer);
    const { lines, full } = batch;
    this.#policy.attempted({ answer, latencyMs, lines, full });
    if (answer === 'answered') {
      meter.lines += lines;
      meter.answered += 1;
      meter.latencySumMs += latencyMs;
      meter.latencyMs.add(latencyMs);
      meter.overUnloaded.add(latencyMs / server.unloadedMs(lines));
      this.#settle();
      return;
    }
    const delayMs = dice() * Math.min(RETRY.capMs, RETRY.baseMs * 2 ** (batch.attempt - 1));
    if (batch.attempt >= ATTEMPTS_MAX || events.now + delayMs >= this.#deadlineMs) this.#giveUp(batch);
    else events.after(delayMs, () => this.#ask(batch));
  }

  #giveUp(batch: Batch): void {
    this.#left += batch.lines;
    this.#storedUnknown += batch.stored ? batch.lines : batch.storedBefore;
    this.#settle();
  }

  #settle(): void {
    this.#underWay -= 1;
    this.#policy.granted?.();
    if (this.#held !== undefined) this.#fill();
    else if (this.#underWay === 0 && this.#unconverted === 0) this.#end();
  }

  #end(): void {
    const { events } = this.#world;
    const meter = this.#world.meter();
    this.#policy.invocationEnded?.();
    meter.invocations += 1;
    meter.wallMs += events.now - this.#startedMs;
    const { messages, receives } = this.#parcel;
    const back = Math.min(messages, messagesOf(this.#left));
    if (messages > back) meter.receives.add(receives, messages - back);
    const left = { messages: back, lines: this.#left, receives, storedLines: this.#storedUnknown };
    this.#ended(back > 0 ? left : undefined);
  }
}
