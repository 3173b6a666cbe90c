/**
 * Lines that the server has taken, one for each target. Whoever suspects a line writes one of these beside it: only if it
 * is taken, the fault is the line's and not the server's. An empty write is no such proof: a server whose disk is full
 * takes it. The same points again change nothing.
 */

import type { Deadline, OwnedBatch } from '../../sink/ports.ts';
import { type Batch, type Target, targetKey, type Writer } from '../../sink/ports.ts';

/** The port to witnesses that outlive an environment. Every call may throw. */
export interface ReferenceLineStore {
  /** A line with its line break. */
  read(target: Target, deadline: Deadline): Promise<Uint8Array | undefined>;
  keep(target: Target, line: Uint8Array, deadline: Deadline): Promise<void>;
}

/** Longer lines are not remembered. */
const LINE_BYTES_MAX = 1_024;
const NEWLINE = 10;
const OWNERS = new Uint32Array(1);

interface Known {
  readonly line: OwnedBatch;
  readonly target: Target;
  /** Whether it is in the store, or one like it. */
  kept: boolean;
}

export class ReferenceLines {
  readonly #store: ReferenceLineStore | undefined;
  readonly #known = new Map<string, Known>();

  /** Without a store, they are this environment's own. */
  constructor(store: ReferenceLineStore | undefined) {
    this.#store = store;
  }

  /** A writer that remembers what it has written. */
  rememberingReference(writer: Writer): Writer {
    return {
      write: async (batch, deadline) => {
        const outcome = await writer.write(batch, deadline);
        if (outcome.kind === 'written') this.#remember(batch);
        return outcome;
      },
    };
  }

  /** Undefined when none is known anywhere. */
  async of(target: Target, deadline: Deadline): Promise<OwnedBatch | undefined> {
    const known = this.#known.get(targetKey(target));
    if (known !== undefined) return known.line;
    const line = await this.#store?.read(target, deadline);
    return line === undefined ? undefined : oneLine(target, line);
  }

  /** Puts those into the store that this environment has not put there yet, for others to use. */
  async keep(deadline: Deadline): Promise<void> {
    if (this.#store === undefined) return;
    for (const known of this.#known.values()) {
      if (known.kept) continue;
      await this.#store.keep(known.target, known.line.body, deadline);
      known.kept = true;
    }
  }

  #remember({ target, body }: Batch): void {
    const end = body.indexOf(NEWLINE) + 1;
    if (end === 0 || end > LINE_BYTES_MAX) return;
    const key = targetKey(target);
    const kept = this.#known.get(key)?.kept ?? false;
    // A copy: it must not hold the whole body.
    this.#known.set(key, { line: oneLine(target, body.slice(0, end)), target, kept });
  }
}

const oneLine = (target: Target, body: Uint8Array): OwnedBatch => ({
  target,
  body: Uint8Array.from(body),
  lines: 1,
  lineEnds: Uint32Array.of(body.length),
  messageOf: OWNERS,
  eventOf: OWNERS,
});
