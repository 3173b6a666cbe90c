/** A clock that a test advances. Sleeping advances the time immediately, and deadlines abort at their time. */

import { randomFrom } from '../../local/workload/random.ts';
import type { Clock, TimedDeadline } from '../../src/runtime/clock.ts';
import { NOW_MS } from '../checkpoint/make.ts';

interface Timer {
  readonly atMs: number;
  readonly controller: AbortController;
}

/** The clock of a test. */
export class ManualClock implements Clock {
  #ms = 0;
  readonly #chance = randomFrom(1);
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return NOW_MS + this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  random(): number {
    return this.#chance.next();
  }

  async sleep(ms: number): Promise<void> {
    this.pass(ms);
  }

  deadlineIn(ms: number): TimedDeadline {
    const timer: Timer = { atMs: this.#ms + ms, controller: new AbortController() };
    this.#timers.add(timer);
    this.pass(0);
    return {
      remainingMs: () => Math.max(0, timer.atMs - this.#ms),
      signal: timer.controller.signal,
      release: () => this.#timers.delete(timer),
    };
  }

  pass(ms: number): void {
    this.#ms += ms;
    for (const { atMs, controller } of this.#timers) if (atMs <= this.#ms) controller.abort();
  }

  /** Number of deadlines that were not released. Each would keep the process running. */
  pending(): number {
    return this.#timers.size;
  }
}
