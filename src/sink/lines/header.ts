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
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const words = new Int32Array(padded.length / 4);
  for (let i = 0; i < words.length; i++) words[i] = padded.readInt32LE(4 * i);
  return { words, length: bytes.length };
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
