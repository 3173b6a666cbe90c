/**
 * Simplified circuit breaker. Five failures in a row of one instance, except 503, open it for all instances. One
 * instance at a time probes the server. The others keep their lines.
 */

import type { Answer } from '../../../src/controller/report.ts';
import type { Events } from './events.ts';

const FAILURES_TO_OPEN = 5;
const PROBE_EVERY_MS = 2_000;
/** Interval at which the other instances notice that the breaker has opened or closed. */
const LOOK_EVERY_MS = 500;

/** The breaker of one server. */
export class BreakerModel {
  readonly #events: Events;
  readonly #failures = new Map<object, number>();
  #isOpen = false;
  #probeMs = 0;

  constructor(events: Events) {
    this.#events = events;
  }

  /** Returns 0 if a request may be sent, otherwise the time after which to try again. */
  waitMs(): number {
    if (!this.#isOpen) return 0;
    if (this.#events.now < this.#probeMs) return LOOK_EVERY_MS;
    this.#probeMs = this.#events.now + PROBE_EVERY_MS;
    return 0;
  }

  learn(instance: object, answer: Answer): void {
    if (answer === 'throttled') return;
    if (answer === 'answered') {
      this.#isOpen = false;
      if (this.#failures.size > 0) this.#failures.clear();
      return;
    }
    const failures = (this.#failures.get(instance) ?? 0) + 1;
    this.#failures.set(instance, failures);
    if (failures < FAILURES_TO_OPEN) return;
    this.#isOpen = true;
    this.#probeMs = this.#events.now + PROBE_EVERY_MS;
  }
}
