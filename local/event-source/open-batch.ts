import type { SQSRecord } from 'aws-lambda';
import { EMPTY_EVENT_BYTES, EVENT_BYTES_MAX } from './sqs-event.ts';

/** Records of one event to come, and the bytes of its JSON. */
export interface OpenBatch {
  readonly records: readonly SQSRecord[];
  /** False, and nothing added, if the event would have too many records or bytes. */
  add(record: SQSRecord): boolean;
  bytes(): number;
  isFull(): boolean;
  /** About how many more records like these would fit. */
  room(): number;
}

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
    room: () => {
      const bySize = size - records.length;
      if (records.length === 0) return bySize;
      const byBytes = Math.floor((EVENT_BYTES_MAX - bytes) / (bytes / records.length));
      return Math.max(1, Math.min(bySize, byBytes));
    },
  };
};
