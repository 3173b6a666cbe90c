/**
 * An operator who pauses and resumes the sinks at random times, and the check that no instance writes meanwhile. One
 * seed in five has an operator.
 */

import { type Random, randomFrom } from '../../local/workload/random.ts';
import { type Hold, isInForce } from '../../src/breaker/hold.ts';
import type { Batch, Deadline } from '../../src/sink/ports.ts';
import { memoryStateTable, type TableItems } from '../contract/memory-state-table.ts';
import type { TableView } from '../contract/table-view.ts';
import { BEGINNING_MS, type Instance, STEP_MS } from './instance.ts';
import type { Kernel } from './kernel.ts';

const HOLDS_MAX = 4;
const HOLD_MS_MAX = 120_000;
/** A call of the operator needs no deadline, because its connection has no faults. */
const NO_DEADLINE: Deadline = { remainingMs: () => Number.POSITIVE_INFINITY, signal: new AbortController().signal };
/**
 * Time in which an instance reads a hold: the read interval of 1.5 s, and generous time for the read and for the other
 * control calls. The time of requests to the server is not included, because no read happens between the attempts of
 * one batch.
 */
const READ_WITHIN_MS = 10_000;

/** Last read of the shared state by one instance. */
interface Read {
  readonly startedAt: number;
  /** `undefined` while the read is in progress, and after it failed. */
  readonly result: { readonly hold: Hold | undefined } | undefined;
}

/** The parts of a simulation that an operator uses. */
export interface OperatorParts {
  readonly seed: number;
  readonly kernel: Kernel;
  readonly items: () => TableItems;
  readonly violation: (text: string) => void;
  readonly trace: (line: string) => void;
}

/** The operator of one seed. */
export class SimOperator {
  readonly #parts: OperatorParts;
  readonly #random: Random;
  readonly #reads = new WeakMap<Instance, Read>();
  /** Time of the last response of the server, by instance. */
  readonly #answeredAt = new WeakMap<Instance, number>();
  /** Start of the hold that is in the table, by sink. */
  readonly #since = new Map<string, number>();

  constructor(parts: OperatorParts) {
    this.#parts = parts;
    this.#random = randomFrom(parts.seed + 0x401d);
  }

  /** Whether the seed has an operator. */
  get #acts(): boolean {
    return this.#parts.seed % 5 === 0;
  }

  /** Schedules the holds of a sink. None of them lasts until `calmMs`. */
  begin(sink: string, activeMs: number, calmMs: number): void {
    if (!this.#acts) return;
    const { kernel } = this.#parts;
    const random = this.#random;
    for (let left = 1 + random.below(HOLDS_MAX); left > 0; left--) {
      const lastsMs = 1_000 + random.next() * HOLD_MS_MAX;
      const hasEnd = random.next() < 0.5;
      const at = random.next() * activeMs;
      kernel.schedule(at, () => this.#pause(sink, hasEnd ? lastsMs : undefined));
      // A hold with an end is ended by the operator too, sometimes before its end.
      if (!hasEnd || random.next() < 0.5) kernel.schedule(at + lastsMs * random.next(), () => this.#resume(sink));
    }
    // A restore of the table may have brought back a hold without an end.
    kernel.schedule(calmMs, () => this.#resume(sink));
  }

  #pause(sink: string, lastsMs: number | undefined): void {
    const { kernel, items, trace } = this.#parts;
    const nowMs = Math.floor(BEGINNING_MS + kernel.now);
    const hold = { reason: 'maintenance', sinceMs: nowMs, untilMs: lastsMs && nowMs + Math.floor(lastsMs) };
    trace(`--- the operator pauses ${sink} ${lastsMs === undefined ? '' : `for ${Math.round(lastsMs)} ms`}`);
    if (!this.#since.has(sink)) this.#since.set(sink, kernel.now);
    void memoryStateTable(items(), sink).holds.hold(hold, NO_DEADLINE);
  }

  #resume(sink: string): void {
    this.#parts.trace(`--- the operator resumes ${sink}`);
    this.#since.delete(sink);
    void memoryStateTable(this.#parts.items(), sink).holds.resume(NO_DEADLINE);
  }

  /** Returns the view, whose reads of the shared state are recorded for `sending`. */
  watched(view: TableView, instance: Instance): TableView {
    return {
      ...view,
      readShared: async () => {
        const startedAt = this.#parts.kernel.now;
        this.#reads.set(instance, { startedAt, result: undefined });
        const shared = await view.readShared();
        this.#reads.set(instance, { startedAt, result: { hold: shared.hold } });
        return shared;
      },
    };
  }

  /** Checks a request at the time at which an instance sends it. */
  sending(sink: string, instance: Instance, { lines }: Batch): void {
    if (!this.#acts) return;
    const { kernel, violation } = this.#parts;
    const read = this.#reads.get(instance);
    const hold = read?.result?.hold;
    // The clock of an instance may be wrong by a step.
    if (isInForce(hold, BEGINNING_MS + kernel.now + STEP_MS))
      violation(`${instance.name} wrote ${lines} lines, although it has read the hold since ${hold.sinceMs}`);
    const since = this.#since.get(sink);
    if (read?.result === undefined || since === undefined) return;
    if (kernel.now - Math.max(since, read.startedAt, this.#answeredAt.get(instance) ?? 0) > READ_WITHIN_MS)
      violation(`${instance.name} wrote ${lines} lines, and has not read the hold for ${READ_WITHIN_MS} ms`);
  }

  /** Records that an instance received a response of the server. */
  answered(instance: Instance): void {
    this.#answeredAt.set(instance, this.#parts.kernel.now);
  }
}
