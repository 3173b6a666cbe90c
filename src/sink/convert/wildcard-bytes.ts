/**
 * Writes columns whose names come from the event directly into bytes.
 *
 * It handles plain values only. For any other value it returns `NOT_PLAIN`. The point converter then validates the
 * event and reports what is wrong.
 */

import type { Json } from '../json/json.ts';
import {
  NOT_PLAIN,
  NUMBER_BYTES_MAX,
  writeBoolean,
  writeFloat,
  writeInteger,
  writeName,
  writeString,
} from '../lines/line-bytes.ts';
import type { ColumnNames } from './column-headers.ts';

const LETTER_I = 105;

/** Writes a header and checks that a number fits after it. */
const writeHeader = (bytes: Buffer, at: number, header: Buffer | undefined, limit: number): number => {
  if (header === undefined || at + header.length + NUMBER_BYTES_MAX > limit) return NOT_PLAIN;
  // For names of usual length a loop is faster than a call of native code.
  for (let i = 0; i < header.length; i++) bytes[at + i] = header[i] as number;
  return at + header.length;
};

/** Writes the name of a measurement. */
export const writeMeasurement = (bytes: Buffer, at: number, names: ColumnNames, name: string, limit: number): number =>
  writeHeader(bytes, at, names.header(name), limit);

/** Writes a tag (`,name=value`). Only text that is not empty is plain. */
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
  return start < 0 ? NOT_PLAIN : writeName(bytes, start, value, limit);
};

/**
 * Writes a field (`,name=value`). Finite numbers, text and booleans are plain.
 *
 * @param integer - Whether the field is an integer. Only a safe integer is plain then; the caller has checked that the
 *   number is written as one.
 */
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
  if (typeof value === 'string') return writeString(bytes, start, value, limit);
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
