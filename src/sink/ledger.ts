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

/** Count of one message. */
interface Account {
  /** Whether the message was decoded in this invocation. */
  begun: boolean;
  /** Events in the message. */
  events: number;
  /** Events that are safe: written, quarantined, checkpointed, or dropped on purpose. */
  settled: number;
}

/** The ledger of one invocation. A message is identified by its index in the invocation. */
export class Ledger {
  readonly #accounts: Account[];
  #received = 0;
  #written = 0;
  #quarantined = 0;
  #checkpointed = 0;
  #dropped = 0;
  #empty = 0;
  #control = 0;

  /** @param messages - Number of messages in the invocation. */
  constructor(messages: number) {
    this.#accounts = Array.from({ length: messages }, () => ({ begun: false, events: 0, settled: 0 }));
  }

  #account(messageIndex: number): Account {
    return this.#accounts[messageIndex] as Account;
  }

  /**
   * Records that a message was decoded and contains `events` events. A message that was never begun is returned.
   *
   * @param isControl - Whether AWS has sent the message to test a destination. It contains no event.
   */
  begin(messageIndex: number, events: number, isControl = false): void {
    const account = this.#account(messageIndex);
    account.begun = true;
    account.events = events;
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
    for (const messageIndex of messageOf) this.#account(messageIndex).settled += 1;
  }

  /** Records that the dead-letter queue confirmed one event of this message. */
  quarantined(messageIndex: number): void {
    this.#quarantined += 1;
    this.#account(messageIndex).settled += 1;
  }

  /** Records that the state table confirmed lines. The parameters are those of `written`. */
  checkpointed(lines: number, messageOf: Uint32Array): void {
    this.#checkpointed += lines;
    for (const messageIndex of messageOf) this.#account(messageIndex).settled += 1;
  }

  /** Records that a rule or a converter of the user has dropped one event of this message on purpose. */
  dropped(messageIndex: number): void {
    this.#dropped += 1;
    this.#account(messageIndex).settled += 1;
  }

  /** Whether every event of the message is safe, so that the queue may delete the message. */
  isSettled(messageIndex: number): boolean {
    const { begun, events, settled } = this.#account(messageIndex);
    return begun && settled === events;
  }

  /**
   * Returns the figures of the invocation.
   *
   * @param failed - Messages that the partial batch response returns to the queue.
   */
  close(failed: readonly number[]): LedgerFigures {
    let returned = 0;
    for (const messageIndex of failed) {
      const { events, settled } = this.#account(messageIndex);
      returned += events - settled;
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
      messagesReceived: this.#accounts.length,
      messagesReturned: failed.length,
      messagesEmpty: this.#empty,
      messagesControl: this.#control,
    };
  }
}
