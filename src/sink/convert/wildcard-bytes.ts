/**
 * Columns under names that events bring along, written straight into bytes. Only what is plain: whatever needs a judge
 * gives NOT_PLAIN, and its event takes the way over points, which judges everything and tells what is wrong.
 */

import type { Json } from '../json/json.ts';
import {
  NUMBER_BYTES_MAX,
  writeBoolean,
  writeFloat,
  writeInteger,
  writeName,
  writeString,
} from '../lines/line-bytes.ts';
import type { ColumnNames } from './column-headers.ts';

/** Instead of a position. */
export const NOT_PLAIN = -1;

const LETTER_I = 105;

const writeHeader = (bytes: Buffer, at: number, header: Buffer | undefined, limit: number): number => {
  if (header === undefined || at + header.length + NUMBER_BYTES_MAX > limit) return NOT_PLAIN;
  // A loop beats a call into native code for names of usual length.
  for (let i = 0; i < header.length; i++) bytes[at + i] = header[i] as number;
  return at + header.length;
};

export const writeMeasurement = (bytes: Buffer, at: number, names: ColumnNames, name: string, limit: number): number =>
  writeHeader(bytes, at, names.header(name), limit);

export const writeTagMember = (
  bytes: Buffer,
  at: number,
  names: ColumnNames,
  name: string,
  value: Json,
  limit: number,
): number => {
  if (typeof value !== 'string' || value === '') return NOT_PLAIN;
  const start = writeHeader(bytes, at, names.header(name), limit);
  return start < 0 ? NOT_PLAIN : Math.max(NOT_PLAIN, writeName(bytes, start, value, limit));
};

/** `integer` is what the event says of this member; its number must then be spelled as one. */
export const writeFieldMember = (
  bytes: Buffer,
  at: number,
  names: ColumnNames,
  name: string,
  value: Json,
  integer: boolean,
  limit: number,
): number => {
  const start = writeHeader(bytes, at, names.header(name), limit);
  if (start < 0) return NOT_PLAIN;
  if (typeof value === 'number')
    return integer ? writeIntegerMember(bytes, start, value) : writeFloatMember(bytes, start, value);
  if (integer) return NOT_PLAIN;
  if (typeof value === 'string') return Math.max(NOT_PLAIN, writeString(bytes, start, value, limit));
  return typeof value === 'boolean' ? writeBoolean(bytes, start, value) : NOT_PLAIN;
};

const writeFloatMember = (bytes: Buffer, at: number, value: number): number =>
  value - value === 0 ? writeFloat(bytes, at, value) : NOT_PLAIN;

const writeIntegerMember = (bytes: Buffer, at: number, value: number): number => {
  if (!Number.isSafeInteger(value)) return NOT_PLAIN;
  const end = writeInteger(bytes, at, value);
  bytes[end] = LETTER_I;
  return end + 1;
};
