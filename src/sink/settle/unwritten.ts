/** Counts unwritten lines by outcome, gathers them by target, and stores them in the checkpoint. */

import type { Ledger } from '../ledger.ts';
import { joinBatches } from '../lines/batch.ts';
import type { Message } from '../message.ts';
import { type Outcome, textOf } from '../outcome.ts';
import { type Checkpoint, type Deadline, type OwnedBatch, targetKey, type WaitReason } from '../ports.ts';
import type { UnwrittenSummary } from '../report.ts';
import { allOrFirstError } from '../write/in-flight.ts';

/** Bytes of lines that fill an item of the state table, because packing shrinks them to about a seventh. */
export const GATHER_BYTES = 2 * 1024 * 1024;

/** Ports and messages of an invocation. */
export interface UnwrittenOptions {
  /** `undefined` without a state table and for FIFO queues. Nothing is stored then, and the messages are returned. */
  readonly checkpoint: Checkpoint | undefined;
  readonly messages: readonly Message[];
  readonly ledger: Ledger;
  readonly deadline: Deadline;
}

interface Gathered {
  readonly reason: WaitReason;
  readonly batches: OwnedBatch[];
  bytes: number;
}

/** The unwritten lines of one invocation. */
export class UnwrittenLines {
  readonly #options: UnwrittenOptions;
  readonly #gathered = new Map<string, Gathered>();
  readonly #summary: Record<string, UnwrittenSummary> = {};

  constructor(options: UnwrittenOptions) {
    this.#options = options;
  }

  get hasCheckpoint(): boolean {
    return this.#options.checkpoint !== undefined;
  }

  /** Number of lines and last error text, by kind of outcome. */
  get summary(): Readonly<Record<string, UnwrittenSummary>> {
    return this.#summary;
  }

  /**
   * Counts the lines and, with a checkpoint, keeps them to be stored. Returns when they are gathered, or when a full
   * piece is stored. The gathered lines in memory therefore stay below `GATHER_BYTES` per target and reason.
   *
   * @param undecided - Whether the batch is a piece of a refused batch whose failing lines are not found yet.
   */
  async add(batch: OwnedBatch, outcome: Outcome, undecided: boolean): Promise<void> {
    const before = this.#summary[outcome.kind]?.lines ?? 0;
    this.#summary[outcome.kind] = { lines: before + batch.lines, text: textOf(outcome) };
    if (this.hasCheckpoint) await this.#gather(batch, waitReasonOf(outcome, undecided));
  }

  /**
   * Stores a small remainder, which a drainer later joins with others. Returns `false` if it is not stored and must be
   * written.
   */
  saveBuffered(batch: OwnedBatch): Promise<boolean> {
    return this.#save(batch, 'buffered');
  }

  /** Stores all gathered lines. Lines that could not be stored stay with their messages, which are returned. */
  async save(): Promise<void> {
    await allOrFirstError([...this.#gathered.keys()].map((key) => this.#saveGathered(key)));
  }

  async #gather(batch: OwnedBatch, reason: WaitReason): Promise<void> {
    const key = `${reason} ${targetKey(batch.target)}`;
    const gathered = this.#gathered.get(key) ?? { reason, batches: [], bytes: 0 };
    this.#gathered.set(key, gathered);
    gathered.batches.push(batch);
    gathered.bytes += batch.body.length;
    if (gathered.bytes >= GATHER_BYTES) await this.#saveGathered(key);
  }

  async #saveGathered(key: string): Promise<void> {
    const gathered = this.#gathered.get(key);
    const [first, ...others] = gathered?.batches ?? [];
    if (gathered === undefined || first === undefined) return;
    this.#gathered.delete(key);
    await this.#save(joinBatches([first, ...others]), gathered.reason);
  }

  async #save(batch: OwnedBatch, reason: WaitReason): Promise<boolean> {
    const { checkpoint, messages, ledger, deadline } = this.#options;
    if (checkpoint === undefined) return false;
    const saved = await checkpoint.save(batch, reason, messages, deadline);
    if (saved) ledger.checkpointed(batch.lines, batch.messageOf);
    return saved;
  }
}

const waitReasonOf = (outcome: Outcome, undecided: boolean): WaitReason => {
  if (undecided) return 'isolate';
  return outcome.kind === 'held' ? 'held' : 'retry';
};
