/** Parses one block of lines as the server does, including its handling of bad lines. */

import { type ByteText, textOf } from './byte-text.ts';
import { parseLine } from './line-parser.ts';
import type { FieldType, FieldValue, Row } from './row.ts';

const NO_MEASUREMENT = 'parse fail, point without measurement is unsupported';

/** Result of parsing a block. */
export interface ParsedBlock {
  readonly rows: readonly Row[];
  /** The remaining error. If it is set, the server stores nothing of the block. */
  readonly error: ByteText | undefined;
}

/**
 * Parses a block of lines. The next line clears an error, so bad lines before the last one are lost without an error.
 */
export const parseRows = (block: ByteText): ParsedBlock => {
  const rows: Row[] = [];
  let error: ByteText | undefined;
  const lines = block.split('\n');
  if (lines.at(-1) === '') lines.pop(); // The newline at the end of the block does not start a new line.
  for (const raw of lines) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    error = undefined;
    if (line === '' || line[0] === '#') continue;
    const row = parseLine(line);
    if ('error' in row) error = row.error;
    else rows.push(row.value);
  }
  if (error === undefined && rows.some((row) => row.measurement === '')) error = NO_MEASUREMENT;
  return { rows, error };
};

/** A point of a block, with names and strings as text. */
export interface BlockPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: ReadonlyArray<{ readonly key: string; readonly type: FieldType; readonly value: FieldValue }>;
  /** Time in the precision of the request. Undefined if the line has none. */
  readonly timestamp: bigint | undefined;
}

/**
 * Parses one block (a body under 64 KiB) with the server's grammar, for tests. The points are returned even if `error`
 * is set, although the server would then store none of them.
 */
export const parseBlock = (bytes: Uint8Array): { points: BlockPoint[]; error: string | undefined } => {
  const { rows, error } = parseRows(Buffer.from(bytes).toString('latin1'));
  const points = rows.map((row) => ({
    measurement: textOf(row.measurement),
    tags: Object.fromEntries(row.tags.map(([key, value]) => [textOf(key), textOf(value)])),
    fields: row.fields.map((field) => ({
      ...field,
      key: textOf(field.key),
      value: typeof field.value === 'string' ? textOf(field.value) : field.value,
    })),
    timestamp: row.timestamp,
  }));
  return { points, error: error === undefined ? undefined : textOf(error) };
};
