/**
 * Sends dead letters back. Each connection sends one letter at a time, and deletes it only after SQS has confirmed the
 * sending. If the process ends between the two, the letter is sent twice, which writes the same point twice and changes
 * nothing. No letter is lost at any moment.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { awsRemedy } from '../aws-remedy.ts';
import { externalError } from '../usage-error.ts';
import type { Letter } from './letter.ts';
import { assertMayReceive, type HeldLetter, type LetterQueue, RECEIVE_MAX } from './letter-queue.ts';

/** Settings of one run. */
export interface RedriveRunOptions {
  /** Whether a letter is to be sent. */
  wants(letter: Letter): boolean;
  /** Letters per second, at most; undefined means no limit. */
  readonly rate: number | undefined;
  /** Letters that are in transit at a time. A FIFO queue has one. */
  readonly connections: number;
  /** Ends the run early, after the letters in transit. */
  readonly signal: AbortSignal;
  /** Called after each letter with the number of letters that were sent. */
  onSent(sent: number): void;
}

/** What became of the letters. */
export interface RedriveResult {
  /** Letters that were sent, and deleted from the dead-letter queue. */
  readonly sent: number;
  /** Letters that were sent and could not be deleted. They would be sent again. */
  readonly undeleted: number;
  /** Letters that `wants` excluded, which are still there. */
  readonly skipped: number;
  /** Letters of events that were sent in this run and refused again. */
  readonly returned: readonly Letter[];
}

/** How long a received letter is hidden. It is also how long a letter waits if the process is killed. */
const HIDE_SECONDS = 60;
/** Time before a letter becomes visible in which it is not sent any more, in ms. */
const SPARE_MS = 20_000;

/** One redrive from a queue to another. */
export class RedriveRun {
  readonly #from: LetterQueue;
  readonly #to: LetterQueue;
  readonly #options: RedriveRunOptions;
  /** How often a letter of each event was sent, by the identity of the event. */
  readonly #sentTimes = new Map<string, number>();
  readonly #startedAtMs = Date.now();
  /** Newest receipt handles of letters that stay, by message id. */
  readonly #staying = new Map<string, string>();
  readonly #returned = new Map<string, Letter>();
  #sent = 0;
  #undeleted = 0;
  /** When the next letter may be sent, by `performance.now()`. */
  #nextSendMs = 0;

  constructor(from: LetterQueue, to: LetterQueue, options: RedriveRunOptions) {
    this.#from = from;
    this.#to = to;
    this.#options = options;
  }

  get result(): RedriveResult {
    return {
      sent: this.#sent,
      undeleted: this.#undeleted,
      skipped: this.#staying.size - this.#returned.size,
      returned: [...this.#returned.values()],
    };
  }

  /** Sends the letters that are in the queue. Throws the first error of a call, after all connections have ended. */
  async send(): Promise<void> {
    assertMayReceive(this.#from.url, await this.#from.facts());
    const { rate = Number.POSITIVE_INFINITY } = this.#options;
    // More connections than letters per second would only wait for their turns.
    const connections = this.#from.isFifo ? 1 : Math.min(this.#options.connections, Math.ceil(rate));
    const failed = new AbortController();
    const signal = AbortSignal.any([failed.signal, this.#options.signal]);
    const ended = await Promise.allSettled(
      Array.from({ length: connections }, async () => {
        try {
          await this.#work(signal);
        } catch (error) {
          // The others end too. Their next letter would probably fail for the same reason.
          failed.abort();
          throw error;
        }
      }),
    );
    for (const one of ended) if (one.status === 'rejected') throw one.reason;
  }

  /**
   * Looks for letters of sent events that come back refused, until the target queue is empty or the time is over.
   *
   * @param seconds - At most.
   */
  async watch(seconds: number): Promise<void> {
    const endMs = performance.now() + seconds * 1_000;
    let emptyChecks = 0;
    while (performance.now() < endMs && !this.#options.signal.aborted && emptyChecks < EMPTY_CHECKS) {
      const { visible, hidden } = await this.#to.facts();
      emptyChecks = visible + hidden === 0 ? emptyChecks + 1 : 0;
      for (const held of await this.#from.receive(RECEIVE_MAX, HIDE_SECONDS)) this.#keep(held);
      await sleep(LOOK_MS, undefined, { signal: this.#options.signal }).catch(() => undefined);
    }
  }

  /**
   * Returns the letters that are in the dead-letter queue now, without those that this run holds: new ones, those behind
   * the first of a FIFO group, and those that another process has received. SQS counts approximately.
   */
  async others(): Promise<number> {
    const { visible, hidden } = await this.#from.facts();
    return Math.max(0, visible + hidden - this.#staying.size);
  }

  /** Makes all letters that stay visible again. Never throws. */
  async giveBack(): Promise<void> {
    await this.#from.giveBack([...this.#staying.values()]);
  }

  async #work(signal: AbortSignal): Promise<void> {
    let isTurnUsed = true;
    while (!signal.aborted) {
      // The turn is awaited before a letter is received, because a low rate would outlast the time that it is hidden.
      if (isTurnUsed) await this.#awaitTurn(signal);
      if (signal.aborted) return;
      const batch = await this.#from.receive(this.#options.rate === undefined ? RECEIVE_MAX : 1, HIDE_SECONDS);
      const isNew = batch.some(({ letter }) => !this.#staying.has(letter.id));
      if (!isNew) {
        for (const held of batch) this.#keep(held);
        return;
      }
      isTurnUsed = await this.#sendBatch(batch, signal);
    }
  }

  /** Sends the letters of a batch that are wanted. Returns whether it has sent any. */
  async #sendBatch(batch: readonly HeldLetter[], signal: AbortSignal): Promise<boolean> {
    let hasSent = false;
    for (const [index, held] of batch.entries()) {
      const { letter } = held;
      if (this.#isReturned(letter) || !this.#options.wants(letter)) {
        this.#keep(held);
        continue;
      }
      const giveBackRest = () => this.#from.giveBack(batch.slice(index).map(({ receiptHandle }) => receiptHandle));
      if (signal.aborted) {
        await giveBackRest();
        return hasSent;
      }
      // A letter that is visible again soon is left to its next receiver.
      if (performance.now() >= held.hiddenUntilMs - SPARE_MS) continue;
      try {
        await this.#sendOne(held);
        hasSent = true;
      } catch (error) {
        // One letter may be in both queues. The others of the batch were not touched.
        await giveBackRest();
        throw error;
      }
    }
    return hasSent;
  }

  async #sendOne(held: HeldLetter): Promise<void> {
    const { identity } = held.letter;
    this.#sentTimes.set(identity, (this.#sentTimes.get(identity) ?? 0) + 1);
    try {
      await this.#to.send(held.letter);
    } catch (error) {
      throw externalError(`The queue ${this.#to.url} does not accept the letters`, error, awsRemedy(error));
    }
    try {
      await this.#from.delete(held);
      this.#sent += 1;
    } catch (error) {
      this.#undeleted += 1;
      throw error;
    }
    this.#options.onSent(this.#sent);
  }

  /** Keeps a letter hidden until the end, so that it is not received again and again. */
  #keep({ letter, receiptHandle }: HeldLetter): void {
    if (!this.#staying.has(letter.id) && this.#isReturned(letter)) this.#returned.set(letter.id, letter);
    this.#staying.set(letter.id, receiptHandle);
  }

  /**
   * Whether a letter was written because an event of this run was refused again. Without this rule, a letter whose
   * mapping is still wrong would be sent in circles. Older letters of the same event are copies, which are sent too, but
   * no event is sent more than `SENT_TIMES_MAX` times, however wrong the clock of this machine is.
   */
  #isReturned({ identity, sentAtMs }: Letter): boolean {
    const sentTimes = this.#sentTimes.get(identity) ?? 0;
    return sentTimes >= SENT_TIMES_MAX || (sentTimes > 0 && sentAtMs >= this.#startedAtMs - CLOCK_ERROR_MS);
  }

  /** Waits until the rate permits the next letter. */
  async #awaitTurn(signal: AbortSignal): Promise<void> {
    const { rate } = this.#options;
    if (rate === undefined) return;
    const atMs = Math.max(performance.now(), this.#nextSendMs);
    this.#nextSendMs = atMs + 1_000 / rate;
    const waitMs = atMs - performance.now();
    if (waitMs > 0) await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Difference between the clocks of SQS and of this machine that is expected at most, in ms. */
const CLOCK_ERROR_MS = 5_000;
const SENT_TIMES_MAX = 2;
/** Pause between two looks at the queues, in ms. */
const LOOK_MS = 500;
/** The target counts as empty after this number of empty looks, because SQS counts approximately. */
const EMPTY_CHECKS = 3;
