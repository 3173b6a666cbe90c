/**
 * Finds the message that crashes the function, or holds it until it is killed. Whoever begins a message that was received
 * often marks it first; a mark that is still there when the message comes again says that its run came to no end. Then it
 * runs alone, so that it costs only itself, and after its third such run it runs no more.
 *
 * A release of the function that crashes with every message must not be laid to the messages' charge: a run counts only
 * where the same environment has brought another message to its end before.
 */

import type { Deadline } from '../sink/ports.ts';

/** The port to the marks: how often each message was begun and not ended. Every call may throw. */
export interface UnfinishedMarks {
  /** By message id; those without a mark are left out. */
  read(ids: readonly string[], deadline: Deadline): Promise<ReadonlyMap<string, number>>;
  mark(starts: ReadonlyMap<string, number>, deadline: Deadline): Promise<void>;
  unmark(ids: readonly string[], deadline: Deadline): Promise<void>;
}

/** Receives from which on a message is watched: a crash takes it there, a healthy message seldom comes so far. */
export const MARK_FROM_RECEIVES = 4;
/** Runs without an end after which a message is quarantined. */
export const UNFINISHED_MAX = 3;

export interface Watchable {
  readonly id: string;
  readonly receiveCount: number;
  readonly sentAtMs: number;
}

/** Older, the queue would soon delete it: then it is better kept as a dead letter, whatever the reason. */
const AGE_MAX_MS = 12 * 24 * 3_600_000;

/** `suspect`: runs alone. `unfinished`: runs no more. */
export type RunMode = 'none' | 'suspect' | 'unfinished';

/** Of one invocation. While the store is away nobody is watched: it must not keep healthy messages waiting. */
export class PoisonWatch {
  readonly #store: UnfinishedMarks | undefined;
  readonly #hasCompletedAny: () => boolean;
  readonly #onWarning: (error: unknown) => void;
  readonly #watched = new Set<string>();
  /** Begun, and not ended. */
  readonly #open = new Set<string>();
  #starts: ReadonlyMap<string, number> = new Map();

  /** `comesToEnds`: whether this environment has brought any message to its end yet. */
  constructor(store: UnfinishedMarks | undefined, hasCompletedAny: () => boolean, onWarning: (error: unknown) => void) {
    this.#store = store;
    this.#hasCompletedAny = hasCompletedAny;
    this.#onWarning = onWarning;
  }

  async look(messages: readonly Watchable[], deadline: Deadline): Promise<void> {
    if (this.#store === undefined) return;
    for (const { id, receiveCount } of messages) if (receiveCount >= MARK_FROM_RECEIVES) this.#watched.add(id);
    if (this.#watched.size === 0) return;
    try {
      this.#starts = await this.#store.read([...this.#watched], deadline);
    } catch (error) {
      // Marked now, they would lose what was counted before.
      this.#watched.clear();
      this.#onWarning(error);
    }
  }

  runModeOf({ id, sentAtMs }: Watchable, nowMs: number): RunMode {
    const starts = this.#starts.get(id) ?? 0;
    if (starts >= UNFINISHED_MAX || (starts > 0 && nowMs - sentAtMs > AGE_MAX_MS)) return 'unfinished';
    return starts > 0 ? 'suspect' : 'none';
  }

  /** To be awaited before their bodies are looked at. */
  async begin(ids: readonly string[], deadline: Deadline): Promise<void> {
    const starts = ids
      .filter((id) => this.#watched.has(id))
      .map((id): [string, number] => [id, this.#startsWith(this.#starts.get(id) ?? 0)]);
    for (const [id] of starts) this.#open.add(id);
    if (starts.length > 0) await this.#try((store) => store.mark(new Map(starts), deadline));
  }

  #startsWith(before: number): number {
    return this.#hasCompletedAny() ? before + 1 : Math.max(before, 1);
  }

  /** Those of them that were begun have come to an end, whatever it was. */
  async end(ids: readonly string[], deadline: Deadline): Promise<void> {
    const marked = ids.filter((id) => this.#open.delete(id));
    if (marked.length > 0) await this.#try((store) => store.unmark(marked, deadline));
  }

  /** It is quarantined: its mark has done its work. */
  async forget(id: string, deadline: Deadline): Promise<void> {
    await this.#try((store) => store.unmark([id], deadline));
  }

  async #try(work: (store: UnfinishedMarks) => Promise<void>): Promise<void> {
    if (this.#store === undefined) return;
    try {
      await work(this.#store);
    } catch (error) {
      this.#onWarning(error);
    }
  }
}
