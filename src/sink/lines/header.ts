/** Constant parts of lines, such as `,name=`, stored four bytes at a time. */

import { NUMBER_BYTES_MAX } from './line-bytes.ts';

/** Bytes that are stored four at a time. */
export interface Header {
  readonly words: Int32Array;
  readonly length: number;
}

/** Returns text as a header, such as the name of a measurement. */
export const header = (text: string): Header => {
  const bytes = Buffer.from(text);
  return { words: wordsOf(bytes), length: bytes.length };
};

/** Returns bytes four at a time, as `DataView` reads them. The last word is filled with zeros. */
export const wordsOf = (bytes: Buffer): Int32Array => {
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  return Int32Array.from({ length: padded.length / 4 }, (_, word) => padded.readInt32LE(4 * word));
};

/** Writes a header. May write up to three bytes more, which the next part of the line overwrites. */
export const putHeader = (view: DataView, at: number, { words, length }: Header): number => {
  for (let i = 0; i < words.length; i++) view.setInt32(at + 4 * i, words[i] as number, true);
  return at + length;
};

/**
 * Returns the upper limit of the bytes of a line without its text: headers, numbers, and the surplus bytes of headers.
 */
export const fixedBytesOf = (headers: readonly (Header | undefined)[]): number =>
  headers.reduce((sum, one) => sum + 4 * (one?.words.length ?? 0) + 4 + NUMBER_BYTES_MAX, 0);

/** Several headers in one array, so that a loop over them loads no objects. */
export interface HeaderTable {
  readonly words: Int32Array;
  /** Index in `words` of each header, and the index after the last one. */
  readonly wordStarts: Int32Array;
  /** Bytes of each header. */
  readonly lengths: Int32Array;
}

/** Returns texts as a table of headers. */
export const headerTable = (texts: readonly string[]): HeaderTable => {
  const headers = texts.map(header);
  const wordStarts = new Int32Array(headers.length + 1);
  for (const [index, { words }] of headers.entries()) wordStarts[index + 1] = (wordStarts[index] ?? 0) + words.length;
  return {
    words: Int32Array.from(headers.flatMap(({ words }) => [...words])),
    wordStarts,
    lengths: Int32Array.from(headers, ({ length }) => length),
  };
};

/** Writes a header of a table, as `putHeader` does. */
export const putHeaderOf = (
  { words, wordStarts, lengths }: HeaderTable,
  index: number,
  view: DataView,
  at: number,
): number => {
  const end = wordStarts[index + 1] as number;
  for (let word = wordStarts[index] as number, to = at; word < end; word++, to += 4)
    view.setInt32(to, words[word] as number, true);
  return at + (lengths[index] as number);
};
