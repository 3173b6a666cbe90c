/**
 * Queue and event source mapping: the number of concurrent invocations. It starts with five and adds five per second,
 * up to the limit of the account or `MaximumConcurrency`. A change of that limit takes effect late, and changes are
 * possible only rarely.
 */

import { between, type Dice } from './dice.ts';
import type { Events } from './events.ts';

const CONCURRENCY_START = 5;
const CONCURRENCY_PER_SECOND = 5;
const CHANGE_MS = { low: 20_000, high: 40_000 };
const CHANGES_APART_MS = 30_000;
const IN_FLIGHT_MESSAGES_MAX = 120_000;
const LINES_PER_MESSAGE = 30;
/** Messages of one invocation: 1,000 to 5,000 lines. */
const MESSAGES = { low: 34, high: 166 };
const VISIBILITY_MS_MAX = 1_800_000;
const IDLE_MS = 60_000;

/** Messages that are received together. */
export interface Parcel {
  readonly messages: number;
  readonly lines: number;
  /** Number of receives, including this one. */
  readonly receives: number;
  /** Lines of it that were stored before without a confirmation. */
  readonly storedLines: number;
}

/** Limits of the event source. */
export interface SourceOptions {
  /** Invocations that the account allows. */
  readonly invocations: number;
  readonly maximumConcurrency: number | undefined;
  /** Skips the slow start. */
  readonly startsAtOnce?: boolean;
}

/** The queue and the event source mapping of one sink. */
export class EventSource {
  /** Lines in the queue in addition to the returned ones; infinite for an endless backlog. */
  backlogLines = 0;
  running = 0;
  readonly #events: Events;
  readonly #dice: Dice;
  readonly #options: SourceOptions;
  readonly #start: (parcel: Parcel, ended: (left: Parcel | undefined) => void) => void;
  #limit: number;
  #permitted = CONCURRENCY_START;
  #messagesInFlight = 0;
  readonly #returned: Parcel[] = [];
  #changeMs = Number.NEGATIVE_INFINITY;
  #asked: number;
  #isChanging = false;
  #busyMs = 0;

  /** `start` runs one invocation and calls back with the messages to return. */
  constructor(
    events: Events,
    dice: Dice,
    options: SourceOptions,
    start: (parcel: Parcel, ended: (left: Parcel | undefined) => void) => void,
  ) {
    this.#events = events;
    this.#dice = dice;
    this.#options = options;
    this.#start = start;
    this.#limit = options.maximumConcurrency ?? options.invocations;
    this.#asked = this.#limit;
    if (options.startsAtOnce === true) this.#permitted = this.#limit;
    events.at(0, () => this.#eachSecond());
  }

  get maximumConcurrency(): number {
    return this.#limit;
  }

  change(maximumConcurrency: number): void {
    this.#asked = maximumConcurrency;
    if (this.#isChanging || this.#asked === this.#limit) return;
    this.#isChanging = true;
    const begin = Math.max(this.#events.now, this.#changeMs + CHANGES_APART_MS);
    this.#changeMs = begin;
    const target = maximumConcurrency;
    this.#events.at(begin + between(this.#dice, CHANGE_MS.low, CHANGE_MS.high), () => {
      this.#limit = target;
      this.#isChanging = false;
      this.change(this.#asked);
    });
  }

  #eachSecond(): void {
    this.#events.after(1_000, () => this.#eachSecond());
    const most = Math.min(this.#limit, this.#options.invocations);
    const isIdle = this.#events.now - this.#busyMs > IDLE_MS;
    this.#permitted = Math.min(most, isIdle ? CONCURRENCY_START : this.#permitted + CONCURRENCY_PER_SECOND);
    for (let more = this.#permitted - this.running; more > 0; more--) this.#startOne();
  }

  #startOne(): void {
    if (this.running >= Math.min(this.#permitted, this.#limit, this.#options.invocations)) return;
    if (this.#messagesInFlight + MESSAGES.high > IN_FLIGHT_MESSAGES_MAX) return;
    const parcel = this.#returned.pop() ?? this.#fresh();
    if (parcel === undefined) return;
    this.running += 1;
    this.#busyMs = this.#events.now;
    this.#messagesInFlight += parcel.messages;
    this.#start(parcel, (left) => {
      this.running -= 1;
      this.#messagesInFlight -= parcel.messages;
      this.#busyMs = this.#events.now;
      if (left !== undefined) this.#comeAgain(left);
      this.#startOne();
    });
  }

  #fresh(): Parcel | undefined {
    const messages = Math.round(between(this.#dice, MESSAGES.low, MESSAGES.high));
    const lines = Math.min(messages * LINES_PER_MESSAGE, this.backlogLines);
    if (lines <= 0) return undefined;
    this.backlogLines -= lines;
    return { messages, lines, receives: 1, storedLines: 0 };
  }

  /** Each return doubles the delay, with jitter, as in the sink. */
  #comeAgain(left: Parcel): void {
    const fullMs = Math.min(VISIBILITY_MS_MAX, 1_000 * 2 ** left.receives);
    this.#events.after(between(this.#dice, 0.75, 1) * fullMs, () => {
      this.#returned.push({ ...left, receives: left.receives + 1 });
    });
  }
}

/** Returns the number of messages that contain these lines. */
export const messagesOf = (lines: number): number => Math.ceil(lines / LINES_PER_MESSAGE);
