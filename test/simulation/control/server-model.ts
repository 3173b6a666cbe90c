/**
 * Model of openGemini. Its cores divide their time equally among the admitted requests. Further requests wait in a
 * queue, and get a 503 response when the queue is full. The figures are fitted to one measured table (see
 * `calibration.ts`).
 */

import type { Dice } from './dice.ts';
import type { Events } from './events.ts';
import { type Work, WorkHeap } from './work-heap.ts';

const CPU_MS_REQUEST = 0.23;
const CPU_MS_LINE = 0.0019;
/** Time without a processor: connection, parsing of the headers, and write-ahead log. */
const IDLE_MS = 0.16;
/** Lines of a body up to which one core parses it. Two cores parse a body with more lines, if two are idle. */
const BLOCK_LINES = 550;
const BLOCKS_SPEED = 1.25;
const ADMITTED_PER_CORE = 4;
const QUEUED_PER_CORE = 121;
const NOISE = 0.15;
/** Part of the requests that are much slower, because of compaction, garbage collection, or a new series. */
const SLOW_PART = 0.003;
const SLOW_FACTOR = 6;

const cpuMs = (lines: number): number => CPU_MS_REQUEST + CPU_MS_LINE * lines;

/** Properties of the server. */
export interface ServerOptions {
  readonly cores: number;
  readonly roundTripMs: number;
  readonly noisy: boolean;
}

interface Waiting {
  readonly lines: number;
  readonly done: () => void;
}

/** Response of the server. */
export type Reply = 'answered' | 'throttled';

/** One server. */
export class ServerModel {
  readonly #events: Events;
  readonly #dice: Dice;
  readonly #options: ServerOptions;
  #cores: number;
  #speed = 1;
  /**
   * Virtual time advances at the speed at which each request is served. Bodies of one block and of several blocks have
   * separate times.
   */
  #single = 0;
  #several = 0;
  #updatedMs = 0;
  readonly #singles = new WorkHeap();
  readonly #severals = new WorkHeap();
  readonly #waiting: Waiting[] = [];
  #waitingFirst = 0;
  /** Only the newest plan for the next end of a request is valid. */
  #plan = 0;

  constructor(events: Events, dice: Dice, options: ServerOptions) {
    this.#events = events;
    this.#dice = dice;
    this.#options = options;
    this.#cores = options.cores;
  }

  /**
   * Sends a request. Calls `written` when the lines are stored and `replied` when the client receives the response.
   * Calls neither while the server does not respond.
   */
  send(lines: number, written: () => void, replied: (reply: Reply) => void): void {
    const half = this.#options.roundTripMs / 2;
    this.#events.after(half, () => {
      if (this.#waiting.length - this.#waitingFirst >= QUEUED_PER_CORE * this.#cores) {
        this.#events.after(half, () => replied('throttled'));
        return;
      }
      const done = (): void => {
        written();
        this.#events.after(IDLE_MS + half, () => replied('answered'));
      };
      this.#advance();
      if (this.#admitted < ADMITTED_PER_CORE * this.#cores) this.#admit(lines, done);
      else this.#waiting.push({ lines, done });
      this.#planNext();
    });
  }

  /** Latency of a request that is alone on the server in its present state, without noise. */
  unloadedMs(lines: number): number {
    const speed = this.#speed === 0 ? 1 : this.#speed;
    const cpu = cpuMs(lines) / (lines > BLOCK_LINES ? Math.min(BLOCKS_SPEED, this.#cores) : 1);
    return cpu / speed + IDLE_MS + this.#options.roundTripMs;
  }

  /** Sets the speed, 1 as measured and 0 for no responses, and the number of cores. */
  become(speed: number, cores: number): void {
    this.#advance();
    this.#speed = speed;
    this.#cores = cores;
    this.#fill();
    this.#planNext();
  }

  get #admitted(): number {
    return this.#singles.size + this.#severals.size;
  }

  #rate(most: number): number {
    return this.#speed * Math.min(most, this.#cores / Math.max(1, this.#admitted));
  }

  #advance(): void {
    const passed = this.#events.now - this.#updatedMs;
    this.#updatedMs = this.#events.now;
    this.#single += passed * this.#rate(1);
    this.#several += passed * this.#rate(BLOCKS_SPEED);
  }

  #admit(lines: number, done: () => void): void {
    let work = cpuMs(lines);
    if (this.#options.noisy) {
      work *= 1 + NOISE * (2 * this.#dice() - 1);
      if (this.#dice() < SLOW_PART) work *= SLOW_FACTOR;
    }
    if (lines > BLOCK_LINES) this.#severals.push({ finish: this.#several + work, done });
    else this.#singles.push({ finish: this.#single + work, done });
  }

  #fill(): void {
    while (this.#admitted < ADMITTED_PER_CORE * this.#cores && this.#waitingFirst < this.#waiting.length) {
      const { lines, done } = this.#waiting[this.#waitingFirst++] as Waiting;
      this.#admit(lines, done);
    }
    if (this.#waitingFirst > 1_024 && this.#waitingFirst * 2 > this.#waiting.length) {
      this.#waiting.splice(0, this.#waitingFirst);
      this.#waitingFirst = 0;
    }
  }

  #planNext(): void {
    const plan = ++this.#plan;
    if (this.#speed === 0) return;
    const single = this.#singles.first;
    const several = this.#severals.first;
    const singleMs = single === undefined ? Infinity : (single.finish - this.#single) / this.#rate(1);
    const severalMs = several === undefined ? Infinity : (several.finish - this.#several) / this.#rate(BLOCKS_SPEED);
    const nextMs = Math.min(singleMs, severalMs);
    if (nextMs === Infinity) return;
    const heap = singleMs <= severalMs ? this.#singles : this.#severals;
    this.#events.after(Math.max(0, nextMs), () => {
      if (plan !== this.#plan) return;
      this.#advance();
      const { done } = heap.pop() as Work;
      this.#fill();
      this.#planNext();
      done();
    });
  }
}
