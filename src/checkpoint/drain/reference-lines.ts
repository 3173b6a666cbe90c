/**
 * Reference lines: for each target one line that the server accepted recently (docs/decisions/0016). It is written
 * after a line that failed. If the reference line is written, the other line causes the failure, not the server. An
 * empty write proves less, because a server with a full disk accepts it. Writing the same point again changes nothing.
 */

import {
  type Batch,
  type Deadline,
  type OwnedBatch,
  type Target,
  targetKey,
  type WriterWrapper,
} from '../../sink/ports.ts';

/** The port to reference lines that outlive an instance. Every call may throw. */
export interface ReferenceLineStore {
  /** Returns a line with its line break; `undefined` if none is stored. */
  read(target: Target, deadline: Deadline): Promise<Uint8Array | undefined>;
  keep(target: Target, line: Uint8Array, deadline: Deadline): Promise<void>;
}

/** Longest line that is remembered, in bytes. */
const LINE_BYTES_MAX = 1_024;
const NEWLINE = 10;
const OWNERS = new Uint32Array(1);

interface Remembered {
  readonly line: OwnedBatch;
  readonly target: Target;
  /** Whether this line, or another one of the target, is in the store. */
  isStored: boolean;
}

/** Reference lines of one instance. */
export class ReferenceLines {
  readonly #store: ReferenceLineStore | undefined;
  readonly #remembered = new Map<string, Remembered>();

  /** @param store - `undefined`: only this instance uses the lines. */
  constructor(store: ReferenceLineStore | undefined) {
    this.#store = store;
  }

  /** Remembers the first line of a batch that was written. */
  remember({ target, body }: Batch): void {
    const end = body.indexOf(NEWLINE) + 1;
    if (end === 0 || end > LINE_BYTES_MAX) return;
    const key = targetKey(target);
    const isStored = this.#remembered.get(key)?.isStored ?? false;
    // A copy, because a view would keep the whole body in memory.
    this.#remembered.set(key, { line: oneLine(target, body.slice(0, end)), target, isStored });
  }

  /** Returns the reference line of a target; `undefined` if neither this instance nor the store has one. */
  async of(target: Target, deadline: Deadline): Promise<OwnedBatch | undefined> {
    const remembered = this.#remembered.get(targetKey(target));
    if (remembered !== undefined) return remembered.line;
    const line = await this.#store?.read(target, deadline);
    return line === undefined ? undefined : oneLine(target, line);
  }

  /** Stores the lines of targets for which this instance has not stored one yet. Errors of the store are thrown. */
  async keep(deadline: Deadline): Promise<void> {
    if (this.#store === undefined) return;
    for (const remembered of this.#remembered.values()) {
      if (remembered.isStored) continue;
      await this.#store.keep(remembered.target, remembered.line.body, deadline);
      remembered.isStored = true;
    }
  }
}

/** Creates a wrapper that remembers a line of each batch that is written. */
export const rememberingReference =
  (referenceLines: ReferenceLines): WriterWrapper =>
  (inner) => ({
    async write(batch, deadline) {
      const outcome = await inner.write(batch, deadline);
      if (outcome.kind === 'written') referenceLines.remember(batch);
      return outcome;
    },
  });

const oneLine = (target: Target, body: Uint8Array): OwnedBatch => ({
  target,
  // A copy, because the batch is a part of a larger buffer.
  body: new Uint8Array(body),
  lines: 1,
  lineEnds: Uint32Array.of(body.length),
  messageOf: OWNERS,
  eventOf: OWNERS,
});
