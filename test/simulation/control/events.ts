/** Events in the order of time: a binary heap without promises, because a run has millions of events. */

/** The events of one run. */
export class Events {
  /** Milliseconds since the start. */
  now = 0;
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  readonly #acts: (() => void)[] = [];
  #order = 0;

  after(delayMs: number, act: () => void): void {
    this.at(this.now + delayMs, act);
  }

  /** Events at the same time run in the order in which they were scheduled. */
  at(timeMs: number, act: () => void): void {
    const times = this.#times;
    const orders = this.#orders;
    const acts = this.#acts;
    const order = this.#order++;
    let place = times.length;
    times.push(timeMs);
    orders.push(order);
    acts.push(act);
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if ((times[parent] as number) <= timeMs) break;
      this.#copy(parent, place);
      place = parent;
    }
    times[place] = timeMs;
    orders[place] = order;
    acts[place] = act;
  }

  runUntil(endMs: number): void {
    while (this.#times.length > 0 && (this.#times[0] as number) <= endMs) {
      const act = this.#acts[0] as () => void;
      this.now = this.#times[0] as number;
      this.#removeFirst();
      act();
    }
    this.now = endMs;
  }

  #removeFirst(): void {
    const time = this.#times.pop() as number;
    const order = this.#orders.pop() as number;
    const act = this.#acts.pop() as () => void;
    const length = this.#times.length;
    if (length === 0) return;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= length) break;
      if (child + 1 < length && this.#isBefore(child + 1, this.#times[child] as number, this.#orders[child] as number))
        child += 1;
      if (!this.#isBefore(child, time, order)) break;
      this.#copy(child, place);
      place = child;
    }
    this.#times[place] = time;
    this.#orders[place] = order;
    this.#acts[place] = act;
  }

  #isBefore(place: number, time: number, order: number): boolean {
    const own = this.#times[place] as number;
    return own < time || (own === time && (this.#orders[place] as number) < order);
  }

  #copy(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#orders[to] = this.#orders[from] as number;
    this.#acts[to] = this.#acts[from] as () => void;
  }
}
