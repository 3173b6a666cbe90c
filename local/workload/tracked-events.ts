/** Events that are followed from the queue to the server. Each has a number, which is the integer field `id` of its line. */

import { setTimeout as pause } from 'node:timers/promises';

/** Times of the events of one run, on the clock of the process. */
export class TrackedEvents {
  readonly #sentAt: number[] = [];
  readonly #storedAt = new Map<number, number>();

  /** Number of events that were sent. */
  get sent(): number {
    return this.#sentAt.length;
  }

  /** Number of events that the server has confirmed. */
  get stored(): number {
    return this.#storedAt.size;
  }

  /** Returns the number of an event that is sent now. */
  next(): number {
    return this.#sentAt.push(performance.now()) - 1;
  }

  /** Records lines that the server has confirmed. Only the first time of an event counts. */
  confirm(lines: string): void {
    const now = performance.now();
    for (const [, id] of lines.matchAll(/\bid=(\d+)i/g)) {
      if (!this.#storedAt.has(Number(id))) this.#storedAt.set(Number(id), now);
    }
  }

  /** Returns when the server confirmed an event; `undefined` if it has not. */
  storedAtMs(id: number): number | undefined {
    return this.#storedAt.get(id);
  }

  /** Returns the times from queue to server of stored events, in ms, sorted. `isCounted` chooses the events. */
  latencies(isCounted: (sentMs: number, storedMs: number) => boolean): readonly number[] {
    return [...this.#storedAt]
      .map(([id, storedMs]) => [this.#sentAt[id] as number, storedMs] as const)
      .filter((times) => isCounted(...times))
      .map(([sentMs, storedMs]) => storedMs - sentMs)
      .sort((a, b) => a - b);
  }

  /** Waits until all events are stored. Returns `false` if the time has passed first. */
  async allStored(limitMs: number): Promise<boolean> {
    const endMs = performance.now() + limitMs;
    while (this.stored < this.sent && performance.now() < endMs) await pause(50);
    return this.stored === this.sent;
  }
}

/**
 * Sends messages at a constant rate. Returns a function that ends it, and waits for the last call of `send`.
 *
 * @param send - Sends this number of messages. An error ends the stream, and is thrown at its end.
 */
export const sendSteadily = (
  messagesPerSecond: number,
  send: (messages: number) => Promise<void>,
): (() => Promise<void>) => {
  const startMs = performance.now();
  let sent = 0;
  let isRunning = true;
  const run = async (): Promise<void> => {
    while (isRunning) {
      const due = Math.floor(((performance.now() - startMs) / 1_000) * messagesPerSecond) - sent;
      if (due > 0) await send(due);
      sent += due;
      await pause(20);
    }
  };
  const ended = run();
  // An error is thrown by the returned function, not before.
  ended.catch(() => undefined);
  return () => {
    isRunning = false;
    return ended;
  };
};
