/** Segments as they were stored in users' tables. Each was stored once and stays readable forever. */

import { readFileSync } from 'node:fs';
import type { Segment, Trace } from '../../../src/checkpoint/format/segment.ts';
import type { StoredSegment } from '../../../src/checkpoint/format/stored-segment.ts';
import { batchOf } from '../make.ts';

/** Expected content of a segment. */
export interface GoldenContent {
  readonly lines: readonly string[];
  /** Indexes of each line's trace and event. */
  readonly owners: readonly (readonly [trace: number, event: number])[];
  readonly traces: readonly Trace[];
}

/** One segment of a file `test/fixture/segment-format-<n>.json`. */
interface WrittenGolden {
  readonly about: string;
  readonly format: number;
  readonly target: { readonly database: string; readonly retentionPolicy: string };
  readonly lines: number;
  /** Base64, like `data`. */
  readonly hash: string;
  readonly data: string;
  readonly expected: GoldenContent;
}

/** A segment as it was stored, and its expected content. */
export interface GoldenSegment {
  readonly about: string;
  readonly stored: StoredSegment;
  readonly expected: Segment;
}

/** Returns the address of the golden file of a format. */
export const goldenUrl = (format: number): URL =>
  new URL(`../../fixture/segment-format-${format}.json`, import.meta.url);

/** Reads the golden segments of a format. */
export const readGolden = (format: number): readonly GoldenSegment[] =>
  (JSON.parse(readFileSync(goldenUrl(format), 'utf8')) as readonly WrittenGolden[]).map((written) => {
    const { about, target, expected } = written;
    return {
      about,
      stored: {
        format: written.format,
        target,
        lines: written.lines,
        hash: Buffer.from(written.hash, 'base64'),
        data: Buffer.from(written.data, 'base64'),
      },
      expected: {
        lines: batchOf(expected.lines, { to: target, owners: expected.owners }),
        traces: expected.traces,
      },
    };
  });

/** Returns a golden segment in the form of its file. */
export const writtenGolden = (about: string, stored: StoredSegment, expected: GoldenContent): unknown => ({
  about,
  format: stored.format,
  target: stored.target,
  lines: stored.lines,
  hash: Buffer.from(stored.hash).toString('base64'),
  data: Buffer.from(stored.data).toString('base64'),
  expected,
});
