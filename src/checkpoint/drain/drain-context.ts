/** State that all parts of one drain share: ports, deadlines, and results so far. */

import type { KnownColumns } from '../../sink/convert/known-columns.ts';
import { type Outcome, textOf } from '../../sink/outcome.ts';
import type { DeadLetters, Deadline, Pace, Target, Writer } from '../../sink/ports.ts';
import type { RefusalCode } from '../../sink/refusal.ts';
import { sumRecords, sumUnwritten, type UnwrittenSummary } from '../../sink/report.ts';
import type { CheckpointClock, SegmentSaver } from '../save.ts';
import type { SegmentStore } from '../segment-store.ts';
import type { ReferenceLines } from './reference-lines.ts';

/** Ports of a drain. */
export interface DrainPorts {
  readonly store: SegmentStore;
  readonly saver: SegmentSaver;
  readonly writer: Writer;
  readonly pace: Pace;
  readonly referenceLines: ReferenceLines;
  /** `undefined` without a dead-letter queue: refused lines stay in the backlog. */
  readonly deadLetters: DeadLetters | undefined;
  /** Returns the outcome for lines of a target while no request may be sent; otherwise `undefined`. */
  withheld(target: Target): Outcome | undefined;
  /** Whether a breaker of this target is half-open: one request at a time tests the server. */
  isHalfOpen(target: Target): boolean;
  /** Control I/O, called before each batch. Never throws. */
  beforeBatch(): Promise<void>;
  /** Columns with conflicts that this instance has learned; `undefined` if no rule of the mapping asks for them. */
  readonly columns?: KnownColumns | undefined;
}

/** A segment that could not be read. Its lines were acknowledged, and are now set aside or lost. */
export interface Damage {
  readonly segment: string;
  readonly target: string;
  readonly lines: number;
  /** Clauses for the log: what is wrong with the segment, and where it is now. */
  readonly damage: string;
}

/** Settings of a drain, and the receiver of its events. */
export interface DrainOptions {
  /** Owner of the leases, unique per instance. */
  readonly owner: string;
  /** Bytes of a batch, at most, before compression. */
  readonly batchBytes: number;
  readonly sinkVersion: string;
  /** A call to the store failed. Nothing is lost, and the next drain tries again. `what` is a log message. */
  onWarning(what: string, facts: Readonly<Record<string, unknown>>): void;
  onDamage(damage: Damage): void;
}

/** Deadlines of a drain. */
export interface DrainDeadlines {
  /** For requests to openGemini. */
  readonly write: Deadline;
  /** For dead letters and the store: later than `write`. */
  readonly settle: Deadline;
}

/** Results of a drain. */
export interface DrainReport {
  /** Shards that were leased. */
  readonly leased: number;
  /** Shards that another drainer had leased. */
  readonly leasesLost: number;
  /** Segments that were deleted, because each of their lines is safe elsewhere. */
  readonly segmentsSettled: number;
  readonly eventsWritten: number;
  readonly eventsQuarantined: number;
  /** Segments in a format that is newer than this code. They stay unchanged. */
  readonly newer: number;
  readonly damaged: number;
  /** Fields that were changed because their columns have another type in openGemini. */
  readonly conflictsResolved: number;
  /** Refused lines by code. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Due lines that were not written, by kind of outcome. Includes lines for which no request was sent. */
  readonly unwritten: Readonly<Record<string, UnwrittenSummary>>;
  /** Shards in which nothing was due, or nothing that may be written now. */
  readonly idle: readonly number[];
}

/** The results of a drain in progress. */
export type DrainTally = { -readonly [Figure in keyof DrainReport]: DrainReport[Figure] };

const emptyTally = (): DrainTally => ({
  leased: 0,
  leasesLost: 0,
  segmentsSettled: 0,
  eventsWritten: 0,
  eventsQuarantined: 0,
  newer: 0,
  damaged: 0,
  conflictsResolved: 0,
  refusals: {},
  unwritten: {},
  idle: [],
});

/** State of one drain. */
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

  unwritten(lines: number, outcome: Outcome): void {
    const more = { [outcome.kind]: { lines, text: textOf(outcome) } };
    this.tally.unwritten = sumUnwritten([this.tally.unwritten, more]);
  }

  /**
   * Runs one call to the store. Returns `undefined` if it fails. The failure is logged as `what`, and the next drainer
   * tries again.
   */
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
