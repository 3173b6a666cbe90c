/**
 * A segment as one value that is stored and read back. What is stored says its format, so that code of different versions
 * can share a table: older formats are read, newer ones are left alone and reported.
 */

import { createHash } from 'node:crypto';
import type { OwnedBatch, Target } from '../../sink/ports.ts';
import { readFormat1, writeFormat1 } from './format-1.ts';
import { readFormat2, writeFormat2 } from './format-2.ts';
import type { Segment } from './segment.ts';

/** A segment as it lies in the table. */
export interface StoredSegment {
  readonly format: number;
  readonly target: Target;
  readonly lines: number;
  /** SHA-256 of the lines. */
  readonly hash: Uint8Array;
  /** The codec's number in one byte, then what it has packed. */
  readonly data: Uint8Array;
}

interface Format {
  write(segment: Segment): Uint8Array;
  read(data: Uint8Array, target: Target): Segment;
}

const FORMATS: Readonly<Record<number, Format>> = {
  1: { write: writeFormat1, read: readFormat1 },
  2: { write: writeFormat2, read: readFormat2 },
};

/** The newest, which is written. */
export const SEGMENT_FORMAT = 2;

export const isReadable = (format: number): boolean => FORMATS[format] !== undefined;

const hashOf = ({ body }: OwnedBatch): Uint8Array => createHash('sha256').update(body).digest();

/** `format` is for tests, and for a release that must still be understood by the one before. */
export const writeSegment = (segment: Segment, format: number = SEGMENT_FORMAT): StoredSegment => ({
  format,
  target: segment.lines.target,
  lines: segment.lines.lines,
  hash: hashOf(segment.lines),
  data: (FORMATS[format] as Format).write(segment),
});

/** What is wrong with a stored segment, in words for an operator. */
export class DamagedSegment extends Error {
  override readonly name = 'DamagedSegment';
}

/** Throws `DamagedSegment` when what comes out is not what went in. The format must be readable. */
export const readSegment = (stored: StoredSegment): Segment => {
  let segment: Segment;
  try {
    segment = (FORMATS[stored.format] as Format).read(stored.data, stored.target);
  } catch (error) {
    throw new DamagedSegment(`it cannot be unpacked: ${(error as Error).message}`);
  }
  if (Buffer.compare(hashOf(segment.lines), stored.hash) !== 0)
    throw new DamagedSegment('its lines are not those that were stored');
  if (segment.lines.lines !== stored.lines) throw new DamagedSegment('it holds another number of lines');
  // Such a line would belong to no segment, and be forgotten with the one that it came from.
  if (segment.lines.messageOf.some((trace) => trace >= segment.traces.length))
    throw new DamagedSegment('a line of it has no owner');
  return segment;
};
