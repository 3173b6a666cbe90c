/** A batch that is being filled, with Lambda's limits for records and bytes. */

import type { SQSRecord } from 'aws-lambda';
import { EMPTY_EVENT_BYTES, EVENT_BYTES_MAX } from './sqs-event.ts';

/** The records of a future event. */
export interface OpenBatch {
  readonly records: readonly SQSRecord[];
  /** Adds a record. Returns false without adding it if the event would have too many records or bytes. */
  add(record: SQSRecord): boolean;
  /** Bytes of the event's JSON. */
  bytes(): number;
  /** Whether the batch has its number of records. */
  isFull(): boolean;
  /** Estimated number of further records of this size that fit, at least 1. */
  capacity(): number;
}

/** Creates an empty batch for at most `size` records. */
export const openBatch = (size: number): OpenBatch => {
  const records: SQSRecord[] = [];
  let bytes = EMPTY_EVENT_BYTES;
  return {
    records,
    add: (record) => {
      if (records.length >= size) return false;
      const comma = records.length > 0 ? 1 : 0;
      const more = Buffer.byteLength(JSON.stringify(record)) + comma;
      if (bytes + more > EVENT_BYTES_MAX && records.length > 0) return false;
      records.push(record);
      bytes += more;
      return true;
    },
    bytes: () => bytes,
    isFull: () => records.length >= size,
    capacity: () => {
      const bySize = size - records.length;
      if (records.length === 0) return bySize;
      const byBytes = Math.floor((EVENT_BYTES_MAX - bytes) / (bytes / records.length));
      return Math.max(1, Math.min(bySize, byBytes));
    },
  };
};
