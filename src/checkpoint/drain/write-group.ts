/** Writes segments in batches of the usual size, and decides when a server or a target gets no further request. */

import { cutBatch, emptyBatch } from '../../sink/lines/batch.ts';
import { consequenceOf, isUnexplained, type Outcome, textOf } from '../../sink/outcome.ts';
import { type OwnedBatch, type Target, targetKey } from '../../sink/ports.ts';
import { forEachConcurrent } from '../../sink/write/in-flight.ts';
import { type Settlement, type WriteContext, writeIsolating } from '../../sink/write/isolate-refused.ts';
import { FAILURES_MAX, isolateUnexplained } from '../../sink/write/isolate-unexplained.ts';
import type { DrainContext } from './drain-context.ts';
import type { SegmentGroup } from './segment-group.ts';

export class GroupWriter {
  readonly #context: DrainContext;
  readonly #writeContext: WriteContext;
  /** Targets that get no further request in this drain, with the outcome that their lines have instead. */
  readonly #stopped = new Map<string, Outcome>();
  #serverStopped: Outcome | undefined;
  #hasFailed = false;

  constructor(context: DrainContext) {
    const { ports, deadlines } = context;
    this.#context = context;
    this.#writeContext = {
      writer: ports.writer,
      deadline: deadlines.write,
      beforeBatch: () => ports.beforeBatch(),
    };
  }

  /** The outcome of lines of this target without a request; `undefined` if a request may be sent. */
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
   * Whether only one request may be in flight. Two segments with a failing line each would look like a failing server,
   * unless something is written between them.
   */
  oneAtATime(target: Target): boolean {
    return this.#hasFailed || this.#context.ports.isHalfOpen(target);
  }

  /** Writes the lines of the group, which receives the fate of each. */
  async write(group: SegmentGroup): Promise<void> {
    const { pace } = this.#context.ports;
    const settlement = this.#watched(group);
    const inFlightMax = this.oneAtATime(group.target) ? 1 : pace.inFlightMax();
    await forEachConcurrent(this.#batches(group.lines), inFlightMax, async (batch) => {
      const failed = firstUnexplained(group);
      const withheld = this.withheld(batch.target) ?? (failed && notTriedAfter(failed));
      if (withheld !== undefined) group.unwritten(batch, withheld, false);
      else await this.#writeBatch(batch, group, settlement);
    });
    await this.#explainFailure(group);
  }

  async #writeBatch(batch: OwnedBatch, group: SegmentGroup, settlement: Settlement): Promise<void> {
    const [first] = group.entries;
    await this.#writeContext.beforeBatch();
    if (group.entries.length === 1 && first !== undefined && first.failures >= FAILURES_MAX) {
      const reference = await this.#referenceLine(batch.target);
      await isolateUnexplained(batch, reference, settlement, this.#writeContext);
    } else await writeIsolating(batch, settlement, this.#writeContext, first?.wait === 'isolate');
  }

  /**
   * After an unexplained failure: a server that fails for all lines does not show a failing line in these, and one
   * that fails for these alone serves others.
   */
  async #explainFailure(group: SegmentGroup): Promise<void> {
    const failed = firstUnexplained(group);
    if (failed === undefined) return;
    this.#hasFailed = true;
    if (this.withheld(group.target) !== undefined) return;
    group.failsAlone = await this.#isReferenceWritten(group.target);
    this.#serverStopped = group.failsAlone ? undefined : notTriedAfter(failed);
  }

  /** Without a reference line an empty write must do. It cannot quarantine a line. */
  async #isReferenceWritten(target: Target): Promise<boolean> {
    const { ports, deadlines } = this.#context;
    const reference = (await this.#referenceLine(target)) ?? emptyBatch(target);
    return (await ports.writer.write(reference, deadlines.write)).kind === 'written';
  }

  #referenceLine(target: Target): Promise<OwnedBatch | undefined> {
    const { ports, deadlines } = this.#context;
    return this.#context.attempt('Failed to read a reference line.', { target: targetKey(target) }, () =>
      ports.referenceLines.of(target, deadlines.write),
    );
  }

  /** The settlement of the group, which also records when to stop. */
  #watched(group: SegmentGroup): Settlement {
    return {
      written: (batch) => group.written(batch),
      refused: (batch, index, refusal) => group.refused(batch, index, refusal),
      unwritten: (batch, outcome, undecided) => {
        if (stopsServer(outcome)) this.#serverStopped = notTriedAfter(outcome);
        else if (stopsTarget(outcome)) this.#stopped.set(targetKey(batch.target), notTriedAfter(outcome));
        group.unwritten(batch, outcome, undecided);
      },
    };
  }

  /** Batches of the current size, cut as they are requested. */
  #batches(lines: OwnedBatch): Iterable<OwnedBatch> {
    const { ports, options } = this.#context;
    return cutBatch(lines, { linesMax: ports.pace.batchLines(), bytesMax: options.batchBytes });
  }
}

const NO_TIME: Outcome = { kind: 'withheld', text: 'no time was left' };

const firstUnexplained = ({ unwrittenParts }: SegmentGroup): Outcome | undefined =>
  unwrittenParts.find(({ outcome }) => isUnexplained(outcome))?.outcome;

/** The outcome of lines that are not sent after a failure of others. */
const notTriedAfter = (failure: Outcome): Outcome =>
  failure.kind === 'withheld'
    ? failure
    : { kind: 'withheld', text: `not tried after others (${failure.kind}): ${textOf(failure)}` };

/** An unexplained failure may be caused by a line. Every other failure concerns the whole server. */
const stopsServer = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'server' && !isUnexplained(outcome);

const stopsTarget = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'target' || outcome.kind === 'withheld';
