/**
 * Writes columns whose names come from the event directly into bytes.
 *
 * It handles plain values only. For any other value it returns `NOT_PLAIN`. The point converter then validates the
 * event and reports what is wrong.
 */

import type { Json } from '../json/json.ts';
import { type Header, putHeader } from '../lines/header.ts';
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
const writeHeader = (view: DataView, at: number, header: Header | undefined, limit: number): number =>
  header === undefined || at + header.length + NUMBER_BYTES_MAX > limit ? NOT_PLAIN : putHeader(view, at, header);

/** Writes the name of a measurement. */
export const writeMeasurement = (view: DataView, at: number, names: ColumnNames, name: string, limit: number): number =>
  writeHeader(view, at, names.header(name), limit);

/** Writes a tag (`,name=value`). Only text that is not empty is plain. */
export const writeTagMember = (
  bytes: Buffer,
  view: DataView,
  at: number,
  header: Header | undefined,
  value: Json | undefined,
  limit: number,
): number => {
  if (typeof value !== 'string' || value === '') return NOT_PLAIN;
  const start = writeHeader(view, at, header, limit);
  return start < 0 ? NOT_PLAIN : writeName(bytes, start, value, limit);
};

/** Writes a field (`,name=value`). Finite numbers, text and booleans are plain. */
export const writeFieldMember = (
  bytes: Buffer,
  view: DataView,
  at: number,
  header: Header | undefined,
  value: Json | undefined,
  limit: number,
): number => {
  const start = writeHeader(view, at, header, limit);
  if (start < 0) return NOT_PLAIN;
  if (typeof value === 'number') return value - value === 0 ? writeFloat(bytes, start, value) : NOT_PLAIN;
  if (typeof value === 'string') return writeString(bytes, start, value, limit);
  return typeof value === 'boolean' ? writeBoolean(bytes, start, value) : NOT_PLAIN;
};

/**
 * Writes an integer field (`,name=value`). Only a safe integer is plain; the caller has checked that the number is
 * written as one.
 */
export const writeIntegerMember = (
  bytes: Buffer,
  view: DataView,
  at: number,
  header: Header | undefined,
  value: Json | undefined,
  limit: number,
): number => {
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return NOT_PLAIN;
  const start = writeHeader(view, at, header, limit);
  if (start < 0) return NOT_PLAIN;
  const end = writeInteger(bytes, start, value);
  bytes[end] = LETTER_I;
  return end + 1;
};
