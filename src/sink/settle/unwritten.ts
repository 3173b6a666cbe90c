/** Lines that cannot be written now: gathered by target, and handed to the state table in pieces that fill an item. */

import type { Ledger } from '../ledger.ts';
import { joinBatches } from '../lines/batch.ts';
import type { Message } from '../message.ts';
import type { Checkpoint, Deadline, WaitReason } from '../ports.ts';
import { type OwnedBatch, targetKey } from '../ports.ts';

/** Packed to a seventh or so, this fills an item of the table. */
const GATHER_BYTES = 2 * 1024 * 1024;

export class UnwrittenLines {
  readonly #checkpoint: Checkpoint;
  readonly #messages: readonly Message[];
  readonly #ledger: Ledger;
  readonly #deadline: Deadline;
  readonly #gathered = new Map<string, { wait: WaitReason; batches: OwnedBatch[]; bytes: number }>();

  constructor(checkpoint: Checkpoint, messages: readonly Message[], ledger: Ledger, deadline: Deadline) {
    this.#checkpoint = checkpoint;
    this.#messages = messages;
    this.#ledger = ledger;
    this.#deadline = deadline;
  }

  /** Returns at once, or when a full piece is stored: so what waits in memory is bounded. */
  async add(batch: OwnedBatch, wait: WaitReason): Promise<void> {
    const key = `${wait} ${targetKey(batch.target)}`;
    const group = this.#gathered.get(key) ?? { wait, batches: [], bytes: 0 };
    this.#gathered.set(key, group);
    group.batches.push(batch);
    group.bytes += batch.body.length;
    if (group.bytes >= GATHER_BYTES) await this.#saveGroup(key);
  }

  /** Whether the lines are safe. */
  async save(batch: OwnedBatch, wait: WaitReason): Promise<boolean> {
    const saved = await this.#checkpoint.save(batch, wait, this.#messages, this.#deadline);
    if (saved) this.#ledger.checkpointed(batch.lines, batch.messageOf);
    return saved;
  }

  /** Stores what is left. What could not be stored stays with its messages, which come back. */
  async close(): Promise<void> {
    await Promise.all([...this.#gathered.keys()].map((key) => this.#saveGroup(key)));
  }

  async #saveGroup(key: string): Promise<void> {
    const group = this.#gathered.get(key);
    const [first, ...others] = group?.batches ?? [];
    if (group === undefined || first === undefined) return;
    this.#gathered.delete(key);
    await this.save(joinBatches([first, ...others]), group.wait);
  }
}
