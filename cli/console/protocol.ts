/**
 * What server and page of the console exchange: types only, because the page imports them, too. All times are in ms
 * since 1970.
 */

import type { Fault } from '../../local/opengemini/faults.ts';

/** Figures of one second. */
export interface Figures {
  readonly atMs: number;
  /** Events received in messages, per second. */
  readonly received: number;
  /** Lines written, per second, those from the state table included. */
  readonly written: number;
  /** Messages delivered to the function, per second. */
  readonly messages: number;
  /** Percentiles of the latency of writes in the last ten seconds, in ms. Null if there were no writes. */
  readonly latency: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Lines per batch that the controller has decided. Null before the first invocation. */
  readonly batchLines: number | null;
  /** Requests in flight per invocation that the controller has decided. Null before the first decision. */
  readonly share: number | null;
  /** Concurrent invocations, at most. */
  readonly concurrency: number;
  /** Invocations that run now. */
  readonly running: number;
}

/** Sums since the start. */
export interface LedgerSums {
  readonly received: number;
  readonly written: number;
  readonly quarantined: number;
  readonly checkpointed: number;
  readonly dropped: number;
  readonly returned: number;
  /** Events of the state table that were written or quarantined later. */
  readonly drained: number;
  /** Invocations with a bug in the sink, whose figures do not add up. */
  readonly imbalance: number;
  readonly invocations: number;
}

/** A circuit breaker that is open. */
export interface BreakerView {
  /** `server`, or `target#DATABASE/POLICY`. */
  readonly key: string;
  readonly kind: string;
  /** Error text of the server. */
  readonly reason: string;
  readonly openedAtMs: number;
  readonly probeAtMs: number;
}

/** Lines in the state table. */
export interface CheckpointView {
  readonly segments: number;
  readonly lines: number;
  readonly bytes: number;
  /** When the oldest line was saved. Null if there is none. */
  readonly oldestMs: number | null;
}

/** Writes that the stand-in has received since its start, and its faults. */
export interface StandInView {
  readonly writes: number;
  readonly writesByStatus: Readonly<Record<string, number>>;
  readonly lines: number;
  readonly faults: readonly Fault[];
}

/** State of the system. */
export interface SystemState {
  readonly atMs: number;
  readonly ledger: LedgerSums;
  readonly breakers: readonly BreakerView[];
  /** Null until the state table was read. */
  readonly checkpoint: CheckpointView | null;
  /** Messages in each queue: visible, in flight, or delayed. */
  readonly queues: { readonly source: number; readonly deadLetters: number };
  /** Null on a user's own server. */
  readonly standIn: StandInView | null;
  /** Process ids of the ingest function. */
  readonly processes: readonly number[];
  /** Why a part of the state could not be read. Null if everything was read. */
  readonly fault: string | null;
}

/** Contents of the event `update` of the stream: the state, and a sample if one was taken. */
export interface Update {
  readonly state: SystemState;
  readonly figures: Figures | null;
}

/** Texts that stay the same while the system runs. */
export interface SystemFacts {
  readonly sink: string;
  readonly server: string;
  readonly database: string;
  readonly queueUrl: string;
  /** Names of the faults of the stand-in. Empty on a user's own server. */
  readonly faultNames: readonly string[];
  /** Sets of sample events. */
  readonly samples: readonly SampleSet[];
}

/** Contents of the event `history`, the first one of the stream. */
export interface History {
  readonly facts: SystemFacts;
  /** Oldest first. */
  readonly figures: readonly Figures[];
}

/** A set of sample events that a button sends. */
export interface SampleSet {
  readonly name: string;
  readonly title: string;
  readonly messages: number;
}

/** A dead letter. */
export interface LetterView {
  readonly id: string;
  /** Code of the refusal, or that of a message which SQS itself has moved. */
  readonly reason: string;
  readonly detail: string;
  /** What to do about the reason. */
  readonly remedy: string;
  /** The event, laid out. Shortened to `BODY_CHARS_MAX`. */
  readonly lines: readonly string[];
  /** Index of the line that failed. Null if the place is not known. */
  readonly failing: number | null;
  /** Name of the member that is absent in that line. Null if its value failed. */
  readonly absent: string | null;
  readonly measurement: string | null;
  readonly sentAtMs: number;
}

/** All dead letters that were read. */
export interface LettersView {
  readonly letters: readonly LetterView[];
  /** Whether the queue contains more than were read. */
  readonly hasMore: boolean;
}

/** The mapping of the running function. */
export interface MappingView {
  readonly text: string;
  readonly format: MappingFormat;
  /** File that the console writes. Null if it cannot, for the reason in `why`. */
  readonly file: string | null;
  readonly why: string;
}

/** Format of a mapping text. */
export type MappingFormat = 'json' | 'yaml';

/** A fault of a mapping. Line and column begin at 1. */
export interface MappingFault {
  readonly line: number;
  readonly column: number;
  readonly text: string;
}

/** What became of one message body. */
export interface ConvertedBody {
  /** Shortened to `BODY_CHARS_MAX`. */
  readonly body: string;
  readonly lines: readonly string[];
  readonly refusals: readonly { readonly reason: string; readonly detail: string }[];
  readonly dropped: number;
}

/** Result of a conversion with the mapping in the editor. Without faults, `bodies` has the last messages, newest first. */
export interface ConversionView {
  readonly faults: readonly MappingFault[];
  readonly bodies: readonly ConvertedBody[];
}

/** Result of an action: one sentence for the user. */
export interface ActionResult {
  readonly text: string;
}
