/** What all parts of one drain share: its ports, its time, and what it has done so far. */

import { type Outcome, textOf } from '../../sink/outcome.ts';
import type { DeadLetters, Deadline, Target, Writer } from '../../sink/ports.ts';
import type { RefusalCode } from '../../sink/refusal.ts';
import { sumRecords, sumUnwritten, type UnwrittenSummary } from '../../sink/report.ts';
import type { CheckpointClock, SegmentSaver } from '../save.ts';
import type { SegmentStore } from '../segment-store.ts';
import type { ReferenceLines } from './reference-lines.ts';

export interface DrainPorts {
  readonly store: SegmentStore;
  readonly saver: SegmentSaver;
  readonly writer: Writer;
  readonly referenceLines: ReferenceLines;
  /** Undefined without a dead-letter queue: what is refused waits on. */
  readonly deadLetters: DeadLetters | undefined;
  /** What to answer for a target without asking its server; undefined when it may be asked. */
  withheld(target: Target): Outcome | undefined;
  /** Whether it is still to be seen that its server is well. */
  isHalfOpen(target: Target): boolean;
}

/** A segment that cannot be read: lines that were acknowledged are put aside, or gone. */
export interface Damage {
  readonly segment: string;
  readonly target: string;
  readonly lines: number;
  /** What is wrong with it, and where it is now. */
  readonly damage: string;
}

export interface DrainOptions {
  /** Of leases. */
  readonly owner: string;
  readonly batchLines: number;
  readonly batchBytes: number;
  readonly inFlightMax: number;
  readonly sinkVersion: string;
  /** What went wrong with the store, and costs nothing but time: for the log. */
  onWarning(what: string, facts: Readonly<Record<string, unknown>>): void;
  onDamage(damage: Damage): void;
}

export interface DrainDeadlines {
  readonly write: Deadline;
  /** For dead letters and the store: later. */
  readonly settle: Deadline;
}

export interface DrainReport {
  readonly leased: number;
  /** Shards that another drainer had. */
  readonly leasesLost: number;
  readonly segmentsSettled: number;
  readonly eventsWritten: number;
  readonly eventsQuarantined: number;
  /** Segments in a format that is newer than this code. */
  readonly newer: number;
  readonly damaged: number;
  /** Refused lines by code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Outcomes that left lines waiting which were due, by kind; also of those that nobody was asked for. */
  readonly unwritten: Readonly<Record<string, UnwrittenSummary>>;
  /** Shards in which nothing was due, or nothing that may be written now. */
  readonly idle: readonly number[];
}

export type DrainTally = { -readonly [Figure in keyof DrainReport]: DrainReport[Figure] };

const emptyTally = (): DrainTally => ({
  leased: 0,
  leasesLost: 0,
  segmentsSettled: 0,
  eventsWritten: 0,
  eventsQuarantined: 0,
  newer: 0,
  damaged: 0,
  refusals: {},
  unwritten: {},
  idle: [],
});

export class DrainContext {
  readonly ports: DrainPorts;
  readonly options: DrainOptions;
  readonly clock: CheckpointClock;
  readonly deadlines: DrainDeadlines;
  readonly tally = emptyTally();

  constructor(ports: DrainPorts, options: DrainOptions, clock: CheckpointClock, deadlines: DrainDeadlines) {
    this.ports = ports;
    this.options = options;
    this.clock = clock;
    this.deadlines = deadlines;
  }

  refused(code: RefusalCode): void {
    this.tally.refusals = sumRecords([this.tally.refusals, { [code]: 1 }]);
  }

  left(lines: number, outcome: Outcome): void {
    const more = { [outcome.kind]: { lines, text: textOf(outcome) } };
    this.tally.unwritten = sumUnwritten([this.tally.unwritten, more]);
  }

  /** What the store fails at is told, and left to the next drainer. */
  async attempt<T>(
    what: string,
    facts: Readonly<Record<string, unknown>>,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.options.onWarning(what, { ...facts, error: (error as Error).message });
      return undefined;
    }
  }
}
