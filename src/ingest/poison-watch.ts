/**
 * Finds messages that crash the function, or block it until Lambda ends it. A message that was received often is marked
 * before its run, and the mark is removed after the run, whatever the result. A mark that still exists when the message
 * is received again shows an unfinished run. The message then runs alone, so that it affects no other message. After
 * its third unfinished run it is quarantined (docs/decisions/0017).
 *
 * A release that crashes with every message must not count against the messages. A run therefore counts only if the
 * same instance has completed another message before (docs/decisions/0027).
 */

import type { Deadline } from '../sink/ports.ts';

/** The port to the marks: the number of unfinished runs by message id. Every call may throw. */
export interface UnfinishedMarks {
  /** Returns the number of unfinished runs of each marked message. */
  read(ids: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, number>>;
  /** Stores the number of unfinished runs of each message, counting the run that begins. */
  mark(starts: ReadonlyMap<string, number>, deadline: Deadline): Promise<void>;
  unmark(ids: readonly string[], deadline: Deadline): Promise<void>;
}

/**
 * Number of receives from which a message is marked. A message that crashes the function reaches it; a healthy message
 * seldom does.
 */
export const MARK_FROM_RECEIVES = 4;
/** Unfinished runs after which a message is quarantined. */
export const UNFINISHED_MAX = 3;

/** The part of a delivery that the watch needs. */
export interface Watchable {
  readonly id: string;
  readonly receiveCount: number;
  readonly sentAtMs: number;
}

/** Maximum age of a marked message. An older one is quarantined immediately, because SQS deletes it after 14 days. */
const AGE_MAX_MS = 12 * 24 * 3_600_000;

/** Mode in which a message runs: with the others, alone after them, or not at all. */
export type RunMode = 'together' | 'alone' | 'quarantine';

/** Ports of the watch. */
export interface PoisonWatchOptions {
  /** `undefined` without a state table. No message is marked then, and all run together. */
  readonly marks: UnfinishedMarks | undefined;
  /** Whether this instance has completed any message. */
  hasCompletedAny(): boolean;
  onWarning(error: unknown): void;
}

/**
 * Tracks the unfinished messages of one invocation. While the marks are unavailable it tracks none, so that healthy
 * messages are not delayed. Never throws.
 */
export class PoisonWatch {
  readonly #options: PoisonWatchOptions;
  readonly #watched = new Set<string>();
  /** Messages whose run has begun and not ended. */
  readonly #running = new Set<string>();
  #unfinishedRuns: ReadonlyMap<string, number> = new Map();

  constructor(options: PoisonWatchOptions) {
    this.#options = options;
  }

  /** Reads the marks of messages that were received `MARK_FROM_RECEIVES` times or more. */
  async read(messages: readonly Watchable[], deadline: Deadline): Promise<void> {
    const { marks, onWarning } = this.#options;
    if (marks === undefined) return;
    for (const { id, receiveCount } of messages) if (receiveCount >= MARK_FROM_RECEIVES) this.#watched.add(id);
    if (this.#watched.size === 0) return;
    try {
      this.#unfinishedRuns = await marks.read([...this.#watched], deadline);
    } catch (error) {
      // No message is marked now, because a new mark would overwrite the count that could not be read.
      this.#watched.clear();
      onWarning(error);
    }
  }

  /** Whether no message is watched, as in most invocations. Then no earlier run is known to be unfinished. */
  get isIdle(): boolean {
    return this.#watched.size === 0;
  }

  runModeOf({ id, sentAtMs }: Watchable, nowMs: number): RunMode {
    const runs = this.#unfinishedRuns.get(id) ?? 0;
    if (runs >= UNFINISHED_MAX || (runs > 0 && nowMs - sentAtMs > AGE_MAX_MS)) return 'quarantine';
    return runs > 0 ? 'alone' : 'together';
  }

  /** Marks the messages. Await this before their bodies are read. */
  async begin(ids: readonly string[], deadline: Deadline): Promise<void> {
    const starts = ids
      .filter((id) => this.#watched.has(id))
      .map((id): [string, number] => [id, this.#countFor(this.#unfinishedRuns.get(id) ?? 0)]);
    for (const [id] of starts) this.#running.add(id);
    if (starts.length > 0) await this.#try((marks) => marks.mark(new Map(starts), deadline));
  }

  #countFor(runs: number): number {
    return this.#options.hasCompletedAny() ? runs + 1 : Math.max(runs, 1);
  }

  /** Removes the marks of messages whose run has begun, because it is now complete, whatever the result. */
  async end(ids: readonly string[], deadline: Deadline): Promise<void> {
    const ended = ids.filter((id) => this.#running.delete(id));
    if (ended.length > 0) await this.#try((marks) => marks.unmark(ended, deadline));
  }

  /** Removes the mark of a quarantined message. */
  async forget(id: string, deadline: Deadline): Promise<void> {
    await this.#try((marks) => marks.unmark([id], deadline));
  }

  async #try(work: (marks: UnfinishedMarks) => Promise<void>): Promise<void> {
    const { marks, onWarning } = this.#options;
    if (marks === undefined) return;
    try {
      await work(marks);
    } catch (error) {
      onWarning(error);
    }
  }
}
