/** Segments that are written together. Records which line belongs to which segment, and the fate of each line. */

import { joinBatches, pickLines } from '../../sink/lines/batch.ts';
import type { Outcome } from '../../sink/outcome.ts';
import type { OwnedBatch, Target } from '../../sink/ports.ts';
import type { LineRefusal, Settlement } from '../../sink/write/isolate-refused.ts';
import type { Segment, Trace } from '../format/segment.ts';
import type { IndexEntry } from '../segment-store.ts';

/** A segment with its entry in the index. */
export interface LoadedSegment {
  readonly entry: IndexEntry;
  readonly segment: Segment;
}

/** A line that the server refused. */
export interface RefusedLine {
  /** The line alone, with its owner. */
  readonly line: OwnedBatch;
  readonly refusal: LineRefusal;
}

/** Lines that were not written, with the outcome of their request. */
export interface UnwrittenPart {
  readonly lines: OwnedBatch;
  readonly outcome: Outcome;
  /** The lines are a piece of a refused batch, and its failing lines are not found yet. */
  readonly undecided: boolean;
}

/** Receives the fate of each line. All segments of a group have the same target. */
export class SegmentGroup implements Settlement {
  readonly entries: readonly IndexEntry[];
  /** The lines of all segments, in order. */
  readonly lines: OwnedBatch;
  /** The owners that `messageOf` of the lines refers to. */
  readonly traces: readonly Trace[];
  readonly refusedLines: RefusedLine[] = [];
  readonly unwrittenParts: UnwrittenPart[] = [];
  /** The lines fail while other writes succeed. */
  failsAlone = false;
  writtenLines = 0;
  /** Index of the segment that each trace belongs to. */
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

  refused(batch: OwnedBatch, index: number, refusal: LineRefusal): void {
    this.refusedLines.push({ line: pickLines(batch, [index]), refusal });
  }

  unwritten(lines: OwnedBatch, outcome: Outcome, undecided: boolean): void {
    this.unwrittenParts.push({ lines, outcome, undecided });
  }

  get target(): Target {
    return this.lines.target;
  }

  /** Returns the owner of a single line. */
  traceOf(line: OwnedBatch): Trace {
    return this.traces[line.messageOf[0] as number] as Trace;
  }

  /** Returns the lines of one segment among some lines of the group; `undefined` if there are none. */
  linesOf(segment: number, lines: OwnedBatch): OwnedBatch | undefined {
    const indexes = Array.from(lines.messageOf.keys()).filter(
      (index) => this.#segmentOf[lines.messageOf[index] as number] === segment,
    );
    if (indexes.length === 0) return undefined;
    return indexes.length === lines.lines ? lines : pickLines(lines, indexes);
  }
}
