/** Writes segments in batches of the usual size, and knows when a server or a target should be left alone. */

import { type Settlement, writeIsolating } from '../sink/isolate.ts';
import { FAILURES_MAX, writeAsLastResort } from '../sink/last-resort.ts';
import { emptyBatch, type OwnedBatch, sliceLines } from '../sink/line-buffer.ts';
import { consequenceOf, isUnexplained, type Outcome } from '../sink/outcome.ts';
import { sideBySide } from '../sink/side-by-side.ts';
import { type Target, targetKey } from '../sink/writer.ts';
import type { DrainContext } from './drain-context.ts';
import type { SegmentGroup } from './segment-group.ts';

export class GroupWriter {
  readonly #context: DrainContext;
  /** Targets that are not asked again in this drain. */
  readonly #stopped = new Set<string>();
  #serverStopped = false;
  #hasFailed = false;

  constructor(context: DrainContext) {
    this.#context = context;
  }

  mayWrite(target: Target): boolean {
    const { ports, deadlines } = this.#context;
    return (
      !this.#serverStopped &&
      !this.#stopped.has(targetKey(target)) &&
      ports.heldBack(target) === undefined &&
      deadlines.write.remainingMs() > 0
    );
  }

  /**
   * Whether one request at a time is made. Two segments with a line each that fails whatever the server's state look like
   * a server that fails, unless something is written between them.
   */
  isCautious(target: Target): boolean {
    return this.#hasFailed || this.#context.ports.isHalfOpen(target);
  }

  /** What becomes of each line is told to the group. */
  async write(group: SegmentGroup): Promise<void> {
    const [first] = group.entries;
    const lastResort = group.entries.length === 1 && first !== undefined && first.failures >= FAILURES_MAX;
    const settlement = this.#watched(group);
    const { ports, options, deadlines } = this.#context;
    const hasFailed = (): boolean => group.leftLines.some(({ outcome }) => isUnexplained(outcome));
    const atOnce = this.isCautious(group.target) ? 1 : options.inFlightMax;
    await sideBySide(this.#batches(group.lines), atOnce, async (batch) => {
      if (!this.mayWrite(batch.target) || hasFailed()) group.left(batch, NOT_TRIED, false);
      else if (lastResort) await this.#writeAsLastResort(batch, settlement);
      else await writeIsolating(batch, ports.writer, settlement, deadlines.write, first?.wait === 'isolate');
    });
    if (!hasFailed()) return;
    this.#hasFailed = true;
    if (!this.mayWrite(group.target)) return;
    // A server that fails for everybody is no reason to suspect these lines, and one that fails for them alone serves others.
    group.isSuspicious = await this.#isWell(group.target);
    this.#serverStopped = !group.isSuspicious;
  }

  /** Where no line is known that was ever written, an empty write must do: it convicts nobody. */
  async #isWell(target: Target): Promise<boolean> {
    const { ports, deadlines } = this.#context;
    const witness = (await this.#witness(target)) ?? emptyBatch(target);
    return (await ports.writer.write(witness, deadlines.write)).kind === 'written';
  }

  #witness(target: Target): Promise<OwnedBatch | undefined> {
    const { ports, deadlines } = this.#context;
    return this.#context.attempt('A witness could not be read', { target: targetKey(target) }, () =>
      ports.witnesses.of(target, deadlines.write),
    );
  }

  async #writeAsLastResort(batch: OwnedBatch, settlement: Settlement): Promise<void> {
    const { ports, deadlines } = this.#context;
    const witness = await this.#witness(batch.target);
    await writeAsLastResort(batch, witness, ports.writer, settlement, deadlines.write);
  }

  /** The group's own settlement, which also knows when to stop. */
  #watched(group: SegmentGroup): Settlement {
    return {
      written: (batch) => group.written(batch),
      refused: (batch, index, verdict) => group.refused(batch, index, verdict),
      left: (batch, outcome, undecided) => {
        if (stopsServer(outcome)) this.#serverStopped = true;
        else if (stopsTarget(outcome)) this.#stopped.add(targetKey(batch.target));
        group.left(batch, outcome, undecided);
      },
    };
  }

  /** In batches of the usual size, as they are asked for. */
  *#batches(lines: OwnedBatch): Generator<OwnedBatch> {
    const { batchLines, batchBytes } = this.#context.options;
    let first = 0;
    while (first < lines.lines) {
      const start = first === 0 ? 0 : (lines.lineEnds[first - 1] as number);
      let end = first + 1;
      while (end < lines.lines && end - first < batchLines && (lines.lineEnds[end] as number) - start <= batchBytes)
        end++;
      yield sliceLines(lines, first, end);
      first = end;
    }
  }
}

const NOT_TRIED: Outcome = { kind: 'withheld', text: 'not tried' };

/** A failure that explains nothing may be that of a line; everything else speaks for the whole server. */
const stopsServer = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'server' && !isUnexplained(outcome);

const stopsTarget = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'target' || outcome.kind === 'withheld';
