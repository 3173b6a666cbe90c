/** Model of the state table, with the port of production, delays, outages, and counts of reads and writes. */

import type { Decision } from '../../../src/controller/decision.ts';
import type { ControlReport } from '../../../src/controller/report.ts';
import { addReports } from '../../../src/controller/report.ts';
import { between, type Dice } from './dice.ts';
import type { Events } from './events.ts';

const DELAY_MS = { low: 3, high: 9 };

/** Callback instead of a promise, because a run has no promises. An error of `undefined` means success. */
export type Answered<T> = (error: 'away' | undefined, value: T | undefined) => void;

/** The table of one sink. */
export class TableModel {
  writes = 0;
  reads = 0;
  isAway = false;
  readonly #events: Events;
  readonly #dice: Dice;
  #decision: Decision | undefined;
  readonly #reports = new Map<number, ControlReport>();

  constructor(events: Events, dice: Dice) {
    this.#events = events;
    this.#dice = dice;
  }

  read(answered: Answered<Decision>): void {
    this.reads += 0.5;
    this.#call(() => this.#decision, answered);
  }

  report(epoch: number, report: ControlReport, answered: Answered<void>): void {
    this.writes += 1;
    this.#call(() => {
      const before = this.#reports.get(epoch);
      this.#reports.set(epoch, before === undefined ? report : addReports(before, report));
      this.#reports.delete(epoch - 10);
    }, answered);
  }

  reportsOf(epoch: number, answered: Answered<ControlReport>): void {
    this.reads += 1;
    this.#call(() => this.#reports.get(epoch), answered);
  }

  step(expectedEpoch: number, next: Decision, answered: Answered<'stepped' | 'conflict'>): void {
    this.writes += 1;
    this.#call(() => {
      if ((this.#decision?.epoch ?? -1) !== expectedEpoch) return 'conflict';
      this.#decision = next;
      return 'stepped';
    }, answered);
  }

  #call<T>(work: () => T, answered: Answered<NonNullable<T>>): void {
    this.#events.after(between(this.#dice, DELAY_MS.low, DELAY_MS.high), () => {
      if (this.isAway) answered('away', undefined);
      else answered(undefined, work() ?? undefined);
    });
  }
}
