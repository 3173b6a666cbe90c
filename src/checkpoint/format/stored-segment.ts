/**
 * Converts segments to stored values and back. A stored value contains its format number, so that different versions of
 * the code can share a table. Older formats are read; newer ones stay unchanged and are reported.
 */

import { createHash } from 'node:crypto';
import type { OwnedBatch, Target } from '../../sink/ports.ts';
import { readFormat1 } from './format-1.ts';
import { readFormat2, writeFormat2 } from './format-2.ts';
import type { Segment, Trace } from './segment.ts';

/** A segment as it is stored in the table. */
export interface StoredSegment {
  readonly format: number;
  readonly target: Target;
  readonly lines: number;
  /** SHA-256 of the lines. */
  readonly hash: Uint8Array;
  /** The lines with their owners, packed as the format defines. */
  readonly data: Uint8Array;
}

/** Number of the format that is written. */
export const SEGMENT_FORMAT = 2;

/** Readers by format number. Every released format stays readable forever. */
const READERS: Readonly<Record<number, (data: Uint8Array, target: Target) => Segment>> = {
  1: readFormat1,
  [SEGMENT_FORMAT]: readFormat2,
};

/** Whether this version can read a format. */
export const isReadable = (format: number): boolean => READERS[format] !== undefined;

/** Returns the SHA-256 of the lines. */
export const hashOf = ({ body }: OwnedBatch): Uint8Array => createHash('sha256').update(body).digest();

/** Packs a segment in the newest format. */
export const writeSegment = (segment: Segment): StoredSegment => ({
  format: SEGMENT_FORMAT,
  target: segment.lines.target,
  lines: segment.lines.lines,
  hash: hashOf(segment.lines),
  data: writeFormat2(segment),
});

/** A stored segment that cannot be read. The message is a clause for an operator, such as "its lines are ...". */
export class DamagedSegment extends Error {
  override readonly name = 'DamagedSegment';
}

/**
 * Reads a stored segment. Its format must be readable.
 *
 * @throws {DamagedSegment} If the result is not what was stored.
 */
export const readSegment = (stored: StoredSegment): Segment => {
  let segment: Segment;
  try {
    segment = (READERS[stored.format] as (data: Uint8Array, target: Target) => Segment)(stored.data, stored.target);
  } catch (error) {
    throw new DamagedSegment(`it cannot be unpacked: ${(error as Error).message}`);
  }
  if (Buffer.compare(hashOf(segment.lines), stored.hash) !== 0)
    throw new DamagedSegment('its lines are not those that were stored');
  if (segment.lines.lines !== stored.lines) throw new DamagedSegment('its number of lines is wrong');
  // Format 1 is JSON. Times and dead letters of the lines depend on their messages.
  if (!Array.isArray(segment.traces) || !segment.traces.every(isTrace))
    throw new DamagedSegment('one of its messages has no id or no time');
  // A line without an owner would be deleted with its segment before it is written.
  if (segment.lines.messageOf.some((trace) => trace >= segment.traces.length))
    throw new DamagedSegment('one of its lines has no owner');
  return segment;
};

/** Times of SQS have at most 15 digits. */
const TIME_MS_MAX = 999_999_999_999_999;

const isTime = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) >= 0 && (value as number) <= TIME_MS_MAX;

const isTrace = (value: unknown): boolean => {
  const { messageId, sentAtMs, firstSeenMs } = (value ?? {}) as Partial<Trace>;
  return typeof messageId === 'string' && isTime(sentAtMs) && isTime(firstSeenMs);
};
