/** Simulated time, which advances only when all work at the current time is done. */

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly ring: () => void;
  cancelled: boolean;
}

/** Cancels a timer. */
export type Cancel = () => void;

/** The timers of a simulation. */
export class Kernel {
  /** Milliseconds since the start. */
  now = 0;
  /** Number of timers that have fired. */
  steps = 0;
  readonly #heap: Timer[] = [];
  #order = 0;

  schedule(delayMs: number, ring: () => void): Cancel {
    const timer: Timer = { at: this.now + Math.max(0, delayMs), order: this.#order++, ring, cancelled: false };
    this.#push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.schedule(delayMs, resolve));
  }

  /** Fires timers one by one until `isDone` returns true, no timer is left, or `untilMs` has passed. */
  async run(isDone: () => boolean, untilMs: number): Promise<void> {
    await settled();
    while (!isDone()) {
      const timer = this.#pop();
      if (timer === undefined || timer.at > untilMs) return;
      if (timer.cancelled) continue;
      this.now = timer.at;
      this.steps += 1;
      timer.ring();
      await settled();
    }
  }

  #isBefore(a: Timer, b: Timer): boolean {
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#isBefore(timer, heap[parent] as Timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#isBefore(heap[child + 1] as Timer, heap[child] as Timer)) child += 1;
      if (!this.#isBefore(heap[child] as Timer, last)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

/** Resolves when all promises that can settle have settled. `setImmediate` runs after their reactions. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
