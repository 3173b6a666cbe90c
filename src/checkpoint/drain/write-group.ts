/**
 * Writes segments in batches of the current size, and decides when a server or a target receives no further request.
 */

import { cutBatch, emptyBatch } from '../../sink/lines/batch.ts';
import { consequenceOf, isUnexplained, type Outcome, textOf } from '../../sink/outcome.ts';
import { type OwnedBatch, type Target, targetKey } from '../../sink/ports.ts';
import { forEachConcurrent } from '../../sink/write/in-flight.ts';
import { type Settlement, type WriteContext, writeIsolating } from '../../sink/write/isolate-refused.ts';
import { FAILURES_MAX, isolateUnexplained } from '../../sink/write/isolate-unexplained.ts';
import type { DrainContext } from './drain-context.ts';
import type { SegmentGroup } from './segment-group.ts';

/** Writes the groups of one drain. */
export class GroupWriter {
  readonly #context: DrainContext;
  readonly #writeContext: WriteContext;
  /** Targets that receive no further request in this drain, with the outcome of their unsent lines. */
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
      resolveConflict: ports.columns?.resolver((fields) => {
        context.tally.conflictsResolved += fields;
      }),
    };
  }

  /** Returns the outcome for lines of this target while no request may be sent; otherwise `undefined`. */
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
   * Whether only one request may be in flight. Two concurrent segments with one failing line each would look like a
   * failing server.
   */
  oneAtATime(target: Target): boolean {
    return this.#hasFailed || this.#context.ports.isHalfOpen(target);
  }

  /** Writes the lines of a group and reports the fate of each to the group. */
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
    } else await writeIsolating(batch, settlement, this.#writeContext);
  }

  /**
   * Finds out what an unexplained failure concerns. If the server fails for all lines, no line of the group is the
   * cause. If it fails for this group only, it can still write other groups.
   */
  async #explainFailure(group: SegmentGroup): Promise<void> {
    const failed = firstUnexplained(group);
    if (failed === undefined) return;
    this.#hasFailed = true;
    if (this.withheld(group.target) !== undefined) return;
    group.failsAlone = await this.#isReferenceWritten(group.target);
    this.#serverStopped = group.failsAlone ? undefined : notTriedAfter(failed);
  }

  /**
   * Whether the server accepts the reference line. Without one, an empty write is sent instead, which never leads to a
   * quarantine.
   */
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

  /** Returns the settlement of the group, extended to record when to stop. */
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

  /** Returns batches of the current size, which are cut as they are requested. */
  #batches(lines: OwnedBatch): Iterable<OwnedBatch> {
    const { ports, options } = this.#context;
    return cutBatch(lines, { linesMax: ports.pace.batchLines(), bytesMax: options.batchBytes });
  }
}

const NO_TIME: Outcome = { kind: 'withheld', text: 'no time was left' };

const firstUnexplained = ({ unwrittenParts }: SegmentGroup): Outcome | undefined =>
  unwrittenParts.find(({ outcome }) => isUnexplained(outcome))?.outcome;

/** Returns the outcome of lines that are not sent because others failed. */
const notTriedAfter = (failure: Outcome): Outcome =>
  failure.kind === 'withheld'
    ? failure
    : { kind: 'withheld', text: `not tried after others (${failure.kind}): ${textOf(failure)}` };

/** Whether a failure concerns the whole server. An unexplained failure may be caused by a line. */
const stopsServer = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'server' && !isUnexplained(outcome);

const stopsTarget = (outcome: Outcome): boolean =>
  consequenceOf(outcome).breaker === 'target' || outcome.kind === 'withheld';
