/** Writes segments in batches of the usual size, and knows when a server or a target should be left alone. */

import { emptyBatch, sliceLines } from '../../sink/lines/batch.ts';
import { consequenceOf, isUnexplained, type Outcome, textOf } from '../../sink/outcome.ts';
import { type OwnedBatch, type Target, targetKey } from '../../sink/ports.ts';
import { type Settlement, writeIsolating } from '../../sink/write/isolate-refused.ts';
import { FAILURES_MAX, isolateUnexplained } from '../../sink/write/isolate-unexplained.ts';
import { forEachConcurrent } from '../../sink/write/side-by-side.ts';
import type { DrainContext } from './drain-context.ts';
import type { SegmentGroup } from './segment-group.ts';

export class GroupWriter {
  readonly #context: DrainContext;
  /** Targets that are not asked again in this drain, and why. */
  readonly #stopped = new Map<string, Outcome>();
  #serverStopped: Outcome | undefined;
  #hasFailed = false;

  constructor(context: DrainContext) {
    this.#context = context;
  }

  /** Why a target is not asked now; undefined when it may be. */
  withheld(target: Target): Outcome | undefined {
    const { ports, deadlines } = this.#context;
    return (
      ports.withheld(target) ??
      this.#serverStopped ??
      this.#stopped.get(targetKey(target)) ??
      (deadlines.write.remainingMs() > 0 ? undefined : NO_TIME)
    );
  }

  /**
   * Whether one request at a time is made. Two segments with a line each that fails whatever the server's state look like
   * a server that fails, unless something is written between them.
   */
  oneAtATime(target: Target): boolean {
    return this.#hasFailed || this.#context.ports.isHalfOpen(target);
  }

  /** What becomes of each line is told to the group. */
  async write(group: SegmentGroup): Promise<void> {
    const [first] = group.entries;
    const lastResort = group.entries.length === 1 && first !== undefined && first.failures >= FAILURES_MAX;
    const settlement = this.#watched(group);
    const { ports, options, deadlines } = this.#context;
    const failure = (): Outcome | undefined =>
      group.unwrittenParts.find(({ outcome }) => isUnexplained(outcome))?.outcome;
    const atOnce = this.oneAtATime(group.target) ? 1 : options.inFlightMax;
    await forEachConcurrent(this.#batches(group.lines), atOnce, async (batch) => {
      const failed = failure();
      const held = this.withheld(batch.target) ?? (failed && afterwards(failed));
      if (held !== undefined) group.unwritten(batch, held, false);
      else if (lastResort) await this.#writeAsLastResort(batch, settlement);
      else await writeIsolating(batch, ports.writer, settlement, deadlines.write, first?.wait === 'isolate');
    });
    const failed = failure();
    if (failed === undefined) return;
    this.#hasFailed = true;
    if (this.withheld(group.target) !== undefined) return;
    // A server that fails for everybody is no reason to suspect these lines, and one that fails for them alone serves others.
    group.failsAlone = await this.#isWell(group.target);
    this.#serverStopped = group.failsAlone ? undefined : afterwards(failed);
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
      ports.referenceLines.of(target, deadlines.write),
    );
  }

  async #writeAsLastResort(batch: OwnedBatch, settlement: Settlement): Promise<void> {
    const { ports, deadlines } = this.#context;
    const witness = await this.#witness(batch.target);
    await isolateUnexplained(batch, witness, ports.writer, settlement, deadlines.write);
  }

  /** The group's own settlement, which also knows when to stop. */
  #watched(group: SegmentGroup): Settlement {
    return {
      written: (batch) => group.written(batch),
      refused: (batch, index, verdict) => group.refused(batch, index, verdict),
      unwritten: (batch, outcome, undecided) => {
        if (stopsServer(outcome)) this.#serverStopped = afterwards(outcome);
        else if (stopsTarget(outcome)) this.#stopped.set(targetKey(batch.target), afterwards(outcome));
        group.unwritten(batch, outcome, undecided);
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

const NO_TIME: Outcome = { kind: 'withheld', text: 'no time was left' };

/** What is said of lines that are not tried after that. */
const afterwards = (failure: Outcome): Outcome =>
  failure.kind === 'withheld'
    ? failure
    : { kind: 'withheld', text: `not tried after others (${failure.kind}): ${textOf(failure)}` };

/** A failure that explains nothing may be that of a line; everything else speaks for the whole server. */
const stopsServer = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'server' && !isUnexplained(outcome);

const stopsTarget = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'target' || outcome.kind === 'withheld';
