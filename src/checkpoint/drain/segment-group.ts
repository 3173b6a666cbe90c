/** Segments that are written together: which line belongs to which, and what became of the lines of each. */

import { joinBatches, pickLines } from '../../sink/lines/batch.ts';
import type { Outcome } from '../../sink/outcome.ts';
import type { OwnedBatch, Target } from '../../sink/ports.ts';
import type { LineRefusal, Settlement } from '../../sink/write/isolate-refused.ts';
import type { Segment, Trace } from '../format/segment.ts';
import type { IndexEntry } from '../segment-store.ts';

export interface LoadedSegment {
  readonly entry: IndexEntry;
  readonly segment: Segment;
}

/** A line that the server has refused. */
export interface RefusedLine {
  /** The line alone, with its owner. */
  readonly line: OwnedBatch;
  readonly refusal: LineRefusal;
}

export interface UnwrittenPart {
  readonly lines: OwnedBatch;
  readonly outcome: Outcome;
  readonly undecided: boolean;
}

export class SegmentGroup implements Settlement {
  readonly entries: readonly IndexEntry[];
  readonly lines: OwnedBatch;
  readonly traces: readonly Trace[];
  readonly refusedLines: RefusedLine[] = [];
  readonly unwrittenParts: UnwrittenPart[] = [];
  /** Its lines fail while others are written. */
  failsAlone = false;
  writtenLines = 0;
  /** The segment that each trace belongs to. */
  readonly #segmentOf: Uint32Array;

  constructor(loaded: readonly [LoadedSegment, ...LoadedSegment[]]) {
    this.entries = loaded.map(({ entry }) => entry);
    this.traces = loaded.flatMap(({ segment }) => segment.traces);
    this.#segmentOf = Uint32Array.from(loaded.flatMap(({ segment }, index) => segment.traces.map(() => index)));
    let traces = 0;
    const [first, ...others] = loaded.map(({ segment: { lines, traces: own } }) => {
      const moved = { ...lines, messageOf: lines.messageOf.map((index) => index + traces) };
      traces += own.length;
      return moved;
    });
    this.lines = joinBatches([first as OwnedBatch, ...others]);
  }

  written({ lines }: OwnedBatch): void {
    this.writtenLines += lines;
  }

  refused(batch: OwnedBatch, index: number, verdict: LineRefusal): void {
    this.refusedLines.push({ line: pickLines(batch, [index]), refusal: verdict });
  }

  unwritten(lines: OwnedBatch, outcome: Outcome, undecided: boolean): void {
    this.unwrittenParts.push({ lines, outcome, undecided });
  }

  get target(): Target {
    return this.lines.target;
  }

  traceOf(line: OwnedBatch): Trace {
    return this.traces[line.messageOf[0] as number] as Trace;
  }

  /** The lines of one segment out of some of the group. */
  linesOf(segment: number, lines: OwnedBatch): OwnedBatch | undefined {
    const indexes = Array.from(lines.messageOf.keys()).filter(
      (index) => this.#segmentOf[lines.messageOf[index] as number] === segment,
    );
    if (indexes.length === 0) return undefined;
    return indexes.length === lines.lines ? lines : pickLines(lines, indexes);
  }
}
