import { type ByteText, textOf } from './byte-text.ts';
import { parseLine } from './line-parser.ts';
import type { FieldType, FieldValue, Row } from './row.ts';

const NO_MEASUREMENT = 'parse fail, point without measurement is unsupported';

export interface ParsedBlock {
  readonly rows: readonly Row[];
  /** The error that survives: set means the server stores nothing of the block. */
  readonly error: ByteText | undefined;
}

/** A block of lines. An error lasts only until the next line, so bad lines before the last one leave no trace. */
export const parseRows = (block: ByteText): ParsedBlock => {
  const rows: Row[] = [];
  let error: ByteText | undefined;
  const lines = block.split('\n');
  if (lines.at(-1) === '') lines.pop(); // The newline that ends the block opens no new line.
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

export interface BlockPoint {
  readonly measurement: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly fields: ReadonlyArray<{ readonly key: string; readonly type: FieldType; readonly value: FieldValue }>;
  readonly timestamp: bigint | undefined;
}

/**
 * The server's grammar for tests: what one block (a body under 64 KiB) means, in readable text. Points are listed even
 * when `error` is set, although the server would then store none of them.
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
