/**
 * The event source mapping: receives messages into batches, invokes the function, and deletes the messages that its
 * response settles.
 */

import { settleResponse } from '../../local/event-source/partial-batch.ts';
import type { Surroundings } from './instance.ts';
import type { Cancel } from './kernel.ts';
import type { Received, SimMessage, SimQueue } from './sim-queue.ts';

/** Settings of the mapping. */
export interface SourceSettings {
  readonly batchSize: number;
  readonly windowMs: number;
  readonly concurrency: number;
}

/** The response of an invocation, or undefined if it had none. */
export type InvokeBatch = (batch: readonly Received[]) => Promise<{ readonly response: unknown } | undefined>;

interface Gathering {
  readonly received: Received[];
  cancel: Cancel;
}

/** Largest batch of a FIFO queue. */
const FIFO_BATCH = 10;

/** The event source mapping of one sink. */
export class SimEventSource {
  readonly #queue: SimQueue;
  readonly #settings: SourceSettings;
  readonly #world: Surroundings;
  readonly #invoke: InvokeBatch;
  /** Visible messages that wait for a batch, in order of arrival. */
  readonly #waiting = new Set<SimMessage>();
  #gatherings: Gathering[] = [];
  running = 0;

  constructor(queue: SimQueue, settings: SourceSettings, world: Surroundings, invoke: InvokeBatch) {
    this.#queue = queue;
    this.#settings = settings;
    this.#world = world;
    this.#invoke = invoke;
    queue.onVisible = (message) => {
      this.#waiting.add(message);
      this.#receiveWaiting();
    };
  }

  get isQuiet(): boolean {
    return this.running === 0 && this.#gatherings.length === 0 && this.#waiting.size === 0;
  }

  /** Deletes a message, after a response or on request of the function. */
  end(receiptHandle: string): void {
    this.#queue.delete(receiptHandle);
    this.#receiveWaiting();
  }

  #receiveWaiting(): void {
    if (this.#queue.settings.fifo) {
      for (const group of this.#freeGroups()) if (!this.#receiveGroup(group)) return;
      return;
    }
    for (const message of [...this.#waiting]) {
      const gathering = this.#place(this.#settings.batchSize);
      if (gathering === undefined) return;
      this.#receive(message, gathering);
      if (this.#world.faults.take('message-duplicated')) this.#queue.duplicate(message);
      if (gathering.received.length >= this.#settings.batchSize) this.#close(gathering);
    }
  }

  #receive(message: SimMessage, { received }: Gathering): void {
    this.#waiting.delete(message);
    const one = this.#queue.receive(message);
    if (one !== undefined) received.push(one);
  }

  /**
   * Groups without a message in flight, because only those can be received. Each is in the order in which it was sent.
   */
  #freeGroups(): SimMessage[][] {
    const groups = Map.groupBy(this.#queue.messages.values(), ({ groupId }) => groupId);
    return [...groups.values()].filter((group) => group.every(({ visible }) => visible));
  }

  #receiveGroup(group: readonly SimMessage[]): boolean {
    const gathering = this.#place(FIFO_BATCH);
    if (gathering === undefined) return false;
    const room = FIFO_BATCH - gathering.received.length;
    for (const message of group.slice(0, this.#world.random.below(room) + 1)) this.#receive(message, gathering);
    for (const message of group) this.#waiting.delete(message);
    if (gathering.received.length >= FIFO_BATCH) this.#close(gathering);
    return true;
  }

  /** Returns an open batch, or a new one if the concurrency allows it. */
  #place(batchSize: number): Gathering | undefined {
    const { random, kernel } = this.#world;
    const { fifo } = this.#queue.settings;
    const open = this.#gatherings.filter(({ received }) => received.length < batchSize);
    const hasRoom = this.running + this.#gatherings.length < this.#settings.concurrency;
    if (open.length > 0 && (!hasRoom || random.next() < 0.9)) return random.pick(open);
    if (!hasRoom) return undefined;
    const gathering: Gathering = { received: [], cancel: () => {} };
    gathering.cancel = kernel.schedule(fifo ? 1 : this.#settings.windowMs, () => this.#close(gathering));
    this.#gatherings.push(gathering);
    return gathering;
  }

  #close(gathering: Gathering): void {
    if (!this.#gatherings.includes(gathering)) return;
    gathering.cancel();
    this.#gatherings = this.#gatherings.filter((one) => one !== gathering);
    if (gathering.received.length > 0) void this.#run(gathering.received);
  }

  async #run(received: readonly Received[]): Promise<void> {
    this.running += 1;
    // A throttled batch is received again after its visibility timeout, with one more receive.
    const ended = this.#world.faults.take('invocation-throttled') ? undefined : await this.#invoke(received);
    this.running -= 1;
    if (ended !== undefined) this.#settle(received, ended.response);
    this.#receiveWaiting();
  }

  #settle(received: readonly Received[], response: unknown): void {
    const ids = received.map(({ message }) => message.id);
    const done = new Set(settleResponse(response, ids));
    for (const { message, receiptHandle } of received)
      if (done.has(message.id) && !this.#world.faults.take('delete-lost')) this.#queue.delete(receiptHandle);
  }
}
