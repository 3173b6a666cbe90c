/** The writer of segment format 1, as it was released: for golden files, and for an old release in the simulation. */

import { gzipSync } from 'node:zlib';
import { GZIP, marked } from '../../../src/checkpoint/format/codec.ts';
import type { Owners } from '../../../src/checkpoint/format/format-1.ts';
import type { Segment } from '../../../src/checkpoint/format/segment.ts';
import {
  hashOf,
  readSegment,
  type StoredSegment,
  writeSegment,
} from '../../../src/checkpoint/format/stored-segment.ts';
import type { SegmentStore } from '../../../src/checkpoint/segment-store.ts';

/** Packs bytes with the codec of format 1. */
export const packGzip = (bytes: Uint8Array): Uint8Array => marked(GZIP, gzipSync(bytes, { level: 1 }));

/** Returns a segment in format 1. */
export const writeFormat1 = ({ lines, traces }: Segment): StoredSegment => {
  const owners: Owners = {
    traces,
    owners: Array.from(lines.messageOf, (trace, line) => [trace, lines.eventOf[line] as number]),
  };
  const content = Buffer.concat([Buffer.from(`${JSON.stringify(owners)}\n`), lines.body]);
  return { format: 1, target: lines.target, lines: lines.lines, hash: hashOf(lines), data: packGzip(content) };
};

/** Writes a segment in any format that was ever released. */
export const writeInFormat = (segment: Segment, format: number): StoredSegment =>
  format === 1 ? writeFormat1(segment) : writeSegment(segment);

/** The store as a release uses it that still writes format 1 and reads both formats. */
export const inFormat1 = (store: SegmentStore): SegmentStore => {
  const bytesOf = new Map<string, number>();
  return {
    ...store,
    putPayload: (entry, segment, deadline) => {
      const old = writeFormat1(readSegment(segment));
      bytesOf.set(entry.id, old.data.length);
      return store.putPayload({ ...entry, format: old.format, bytes: old.data.length }, old, deadline);
    },
    putEntry: (entry, deadline) => {
      const bytes = bytesOf.get(entry.id);
      return store.putEntry(bytes === undefined ? entry : { ...entry, format: 1, bytes }, deadline);
    },
  };
};
