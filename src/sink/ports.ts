/**
 * Ports of the data plane: the server, the dead-letter queue and the checkpoint. Contains every type that crosses one
 * of them.
 */

import type { Message } from './message.ts';
import type { Outcome } from './outcome.ts';

/** The moment by which a response is due. Every call that waits receives one. */
export interface Deadline {
  /** Milliseconds left; never negative. */
  remainingMs(): number;
  /** Aborts at the deadline. */
  readonly signal: AbortSignal;
}

/** Database and retention policy that a line is written to. */
export interface Target {
  readonly database: string;
  /** `undefined` for the server's default policy. */
  readonly retentionPolicy: string | undefined;
}

/**
 * Returns a key that identifies a target. Two targets with the same key are the same target. Neither name can contain a
 * slash, because openGemini refuses it.
 */
export const targetKey = (target: Target): string => `${target.database}/${target.retentionPolicy ?? ''}`;

/** Lines of one target for one request, separated by `\n`. Every line is validated. */
export interface Batch {
  readonly target: Target;
  readonly body: Uint8Array;
  readonly lines: number;
}

/** A batch with the owner of each line, the event that it came from. */
export interface OwnedBatch extends Batch {
  /** Offset in `body` after each line, its line break included. */
  readonly lineEnds: Uint32Array;
  /** Index of each line's message in this invocation. */
  readonly messageOf: Uint32Array;
  /** Index of each line's event in its message. */
  readonly eventOf: Uint32Array;
}

/**
 * Writes one batch and returns its outcome. An implementation never throws, because every failure is an outcome, and it
 * neither changes nor keeps `body` after it has returned.
 */
export interface Writer {
  /** Writes the lines by the deadline. Never throws. */
  write(batch: Batch, deadline: Deadline): Promise<Outcome>;
}

/** Adds a behavior to a writer. */
export type WriterWrapper = (inner: Writer) => Writer;

/**
 * Current limits of writing. The members are methods, because the limits change during an invocation and a spread would
 * freeze a getter at its first value.
 */
export interface Pace {
  /** Lines of a batch, at most; at least 1. */
  batchLines(): number;
  /** Requests that one invocation may have in flight; at least 1. */
  inFlightMax(): number;
}

/** Message for the dead-letter queue. */
export interface DeadLetter {
  /** Unique among the dead letters of an invocation. */
  readonly key: string;
  readonly body: string;
  /** Attributes of type String: printable ASCII, never empty, at most 1 KiB each. */
  readonly attributes: Readonly<Record<string, string>>;
  /** For FIFO queues: the group of the source message. */
  readonly groupId: string | undefined;
  /** For FIFO queues: the same in every delivery of the source message. */
  readonly deduplicationId: string;
}

/** The dead-letter queue. Neither call throws. The result of a dead letter that is not confirmed is `false`. */
export interface DeadLetters {
  /** Sends at most ten dead letters of at most 1 MiB together. Returns `true` for each one that the queue confirmed. */
  send(letters: readonly DeadLetter[], deadline: Deadline): Promise<readonly boolean[]>;
  /** Stores a dead letter that is too large for the queue. Returns `true` once it is stored. */
  keep(letter: DeadLetter, deadline: Deadline): Promise<boolean>;
}

/**
 * Why lines are stored instead of written. The reason decides how they are tried again:
 *
 * - `retry`: unchanged.
 * - `isolate`: in pieces, until the failing line is found.
 * - `held`: every 5 minutes.
 * - `buffered`: joined with other remainders that are too small for a batch.
 */
export const WAIT_REASONS = ['retry', 'isolate', 'held', 'buffered'] as const;
/** Why lines are stored instead of written. */
export type WaitReason = (typeof WAIT_REASONS)[number];

/** Storage for lines that cannot be written now. Never throws. */
export interface Checkpoint {
  /**
   * Stores lines with the trace of their owners. Returns `true` once they are safe.
   *
   * @param messages - The messages that `messageOf` of the lines refers to.
   */
  save(lines: OwnedBatch, wait: WaitReason, messages: readonly Message[], deadline: Deadline): Promise<boolean>;
}
