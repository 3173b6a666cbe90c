/**
 * Counts where every event of an invocation ended. The six figures are counted at six different places, so that a bug
 * at one of them appears as an imbalance: `received = written + quarantined + checkpointed + dropped + returned`.
 */

/** Names of the figures, which are also names of metrics. */
export const LEDGER_FIGURES = [
  'eventsReceived',
  'eventsWritten',
  'eventsQuarantined',
  'eventsCheckpointed',
  'eventsDropped',
  'eventsReturned',
  'ledgerImbalance',
  'messagesReceived',
  'messagesReturned',
  'messagesEmpty',
  'messagesControl',
] as const;

/** Figures of one invocation. `ledgerImbalance` is 0 unless the sink has a bug. */
export type LedgerFigures = Readonly<Record<(typeof LEDGER_FIGURES)[number], number>>;

/** Stands for the events of a message that was not decoded in this invocation. */
const NOT_BEGUN = -1;

/** The ledger of one invocation. A message is identified by its index in the invocation. */
export class Ledger {
  /** Events of each message. */
  readonly #events: Int32Array;
  /** Events of each message that are safe: written, quarantined, checkpointed, or dropped on purpose. */
  readonly #settled: Int32Array;
  #received = 0;
  #written = 0;
  #quarantined = 0;
  #checkpointed = 0;
  #dropped = 0;
  #empty = 0;
  #control = 0;

  /** @param messages - Number of messages in the invocation. */
  constructor(messages: number) {
    this.#events = new Int32Array(messages).fill(NOT_BEGUN);
    this.#settled = new Int32Array(messages);
  }

  #settle(messageIndex: number): void {
    this.#settled[messageIndex] = (this.#settled[messageIndex] as number) + 1;
  }

  /**
   * Records that a message was decoded and contains `events` events. A message that was never begun is returned.
   *
   * @param isControl - Whether AWS has sent the message to test a destination. It contains no event.
   */
  begin(messageIndex: number, events: number, isControl = false): void {
    this.#events[messageIndex] = events;
    this.#received += events;
    if (events === 0) this.#empty += 1;
    if (isControl) this.#control += 1;
  }

  /**
   * Records that the server confirmed a batch.
   *
   * @param lines - Lines in the batch.
   * @param messageOf - Index of the message of each line.
   */
  written(lines: number, messageOf: Uint32Array): void {
    this.#written += lines;
    for (let line = 0; line < messageOf.length; line++) this.#settle(messageOf[line] as number);
  }

  /** Records that the dead-letter queue confirmed one event of this message. */
  quarantined(messageIndex: number): void {
    this.#quarantined += 1;
    this.#settle(messageIndex);
  }

  /** Records that the state table confirmed lines. The parameters are those of `written`. */
  checkpointed(lines: number, messageOf: Uint32Array): void {
    this.#checkpointed += lines;
    for (let line = 0; line < messageOf.length; line++) this.#settle(messageOf[line] as number);
  }

  /** Records that a rule or a converter of the user has dropped one event of this message on purpose. */
  dropped(messageIndex: number): void {
    this.#dropped += 1;
    this.#settle(messageIndex);
  }

  /** Whether every event of the message is safe, so that the queue may delete the message. */
  isSettled(messageIndex: number): boolean {
    return this.#settled[messageIndex] === this.#events[messageIndex];
  }

  /**
   * Returns the figures of the invocation.
   *
   * @param failed - Messages that the partial batch response returns to the queue.
   */
  close(failed: readonly number[]): LedgerFigures {
    let returned = 0;
    for (const messageIndex of failed) {
      const events = this.#events[messageIndex] as number;
      if (events !== NOT_BEGUN) returned += events - (this.#settled[messageIndex] as number);
    }
    return {
      eventsReceived: this.#received,
      eventsWritten: this.#written,
      eventsQuarantined: this.#quarantined,
      eventsCheckpointed: this.#checkpointed,
      eventsDropped: this.#dropped,
      eventsReturned: returned,
      ledgerImbalance:
        this.#received - this.#written - this.#quarantined - this.#checkpointed - this.#dropped - returned,
      messagesReceived: this.#events.length,
      messagesReturned: failed.length,
      messagesEmpty: this.#empty,
      messagesControl: this.#control,
    };
  }
}
