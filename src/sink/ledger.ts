/**
 * Where every event of an invocation went. The five figures are taken at five different places, so that a mistake at
 * one of them shows as a difference: `received = written + quarantined + checkpointed + returned`.
 */

export const LEDGER_FIGURES = [
  'eventsReceived',
  'eventsWritten',
  'eventsQuarantined',
  'eventsCheckpointed',
  'eventsReturned',
  'ledgerImbalance',
  'messagesReceived',
  'messagesReturned',
  'messagesEmpty',
] as const;

export type LedgerFigures = Readonly<Record<(typeof LEDGER_FIGURES)[number], number>>;

interface Account {
  begun: boolean;
  /** Events found in the message. */
  events: number;
  /** Events that are safe: written, quarantined, or in the state table. */
  settled: number;
}

export class Ledger {
  readonly #accounts: Account[];
  #received = 0;
  #written = 0;
  #quarantined = 0;
  #checkpointed = 0;
  #empty = 0;

  constructor(messages: number) {
    this.#accounts = Array.from({ length: messages }, () => ({ begun: false, events: 0, settled: 0 }));
  }

  #account(messageIndex: number): Account {
    return this.#accounts[messageIndex] as Account;
  }

  /** A message was decoded and holds so many events. A message that was never begun stays to be returned. */
  begin(messageIndex: number, events: number): void {
    const account = this.#account(messageIndex);
    account.begun = true;
    account.events = events;
    this.#received += events;
    if (events === 0) this.#empty += 1;
  }

  /** A body was acknowledged: its lines count, and so does each line's owner. */
  written(lines: number, messageOf: Uint32Array): void {
    this.#written += lines;
    for (const messageIndex of messageOf) this.#account(messageIndex).settled += 1;
  }

  /** The dead-letter queue has confirmed one event of this message. */
  quarantined(messageIndex: number): void {
    this.#quarantined += 1;
    this.#account(messageIndex).settled += 1;
  }

  /** The state table has confirmed lines: they count, and so does each line's owner. */
  checkpointed(lines: number, messageOf: Uint32Array): void {
    this.#checkpointed += lines;
    for (const messageIndex of messageOf) this.#account(messageIndex).settled += 1;
  }

  /** Whether nothing of the message is left, so that the queue may delete it. */
  isSettled(messageIndex: number): boolean {
    const { begun, events, settled } = this.#account(messageIndex);
    return begun && settled === events;
  }

  /** The figures, for an answer that names the given messages as failed. */
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
      eventsReturned: returned,
      ledgerImbalance: this.#received - this.#written - this.#quarantined - this.#checkpointed - returned,
      messagesReceived: this.#accounts.length,
      messagesReturned: failed.length,
      messagesEmpty: this.#empty,
    };
  }
}
