/** Time limits of requests. All have the same duration, so they expire in the order in which they started. */

import type { Events } from './events.ts';

interface Limit {
  readonly atMs: number;
  readonly isOver: () => boolean;
  readonly expire: () => void;
}

/** The time limits of all requests of a sink. */
export class TimeLimits {
  readonly #events: Events;
  readonly #limitMs: number;
  #limits: Limit[] = [];
  #first = 0;
  #isWatching = false;

  constructor(events: Events, limitMs: number) {
    this.#events = events;
    this.#limitMs = limitMs;
  }

  start(isOver: () => boolean, expire: () => void): void {
    this.#limits.push({ atMs: this.#events.now + this.#limitMs, isOver, expire });
    this.#watch();
  }

  #watch(): void {
    if (this.#isWatching) return;
    while (this.#limits[this.#first]?.isOver() === true) this.#first += 1;
    if (this.#first > 1_024) {
      this.#limits = this.#limits.slice(this.#first);
      this.#first = 0;
    }
    const next = this.#limits[this.#first];
    if (next === undefined) return;
    this.#isWatching = true;
    this.#events.at(next.atMs, () => {
      this.#isWatching = false;
      next.expire();
      this.#first += 1;
      this.#watch();
    });
  }
}
