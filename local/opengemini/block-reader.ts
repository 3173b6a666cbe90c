/** Splits a request body into blocks in the same way as the server's read buffer. */

import type { ByteText } from './byte-text.ts';

const BLOCK_BYTES = 65_536;
const LINE_BYTES_MAX = 1_048_576;

/** A request body. */
export interface Body {
  readonly bytes: Buffer;
  /** The server's read error after the last byte if the body is incomplete; otherwise undefined. */
  readonly readError: ByteText | undefined;
}

/** The blocks of a body. */
export interface Blocks {
  readonly blocks: readonly Buffer[];
  /** The error that ended the reading. The blocks before it are still processed. */
  readonly error: ByteText | undefined;
}

const NEWLINE = 0x0a;
const READING = 'cannot read influx line protocol data: ';

const PAGE_BYTES = 8_192;

/**
 * Returns the new capacity of the server's buffer for `bytes`. It grows by a quarter at a time and is rounded up to
 * whole pages.
 */
const grow = (capacity: number, bytes: number): number => {
  if (bytes <= capacity) return capacity;
  let grown = bytes > 2 * capacity ? bytes : capacity;
  while (grown < bytes) grown += (grown + 768) >> 2;
  return Math.ceil(grown / PAGE_BYTES) * PAGE_BYTES;
};

/**
 * Splits a body as the server fills its read buffer. It reads 64 KiB, cuts at the last newline, and carries the
 * remaining bytes over. A buffer without a newline grows, and the server checks the length of a line only then. The
 * longest accepted line is therefore nearer to 2.4 MB than to the configured 1 MiB. The real server reuses buffers that
 * have grown, so its blocks above 64 KiB depend on earlier requests. Here every block starts with a new buffer.
 */
export const splitBlocks = ({ bytes, readError }: Body): Blocks => {
  const blocks: Buffer[] = [];
  let start = 0;
  let read = 0;
  let capacity = BLOCK_BYTES;
  const fail = (reason: ByteText): Blocks => ({ blocks, error: READING + reason });
  for (;;) {
    if (capacity === read - start) return fail('no forward progress made');
    const end = start + capacity;
    if (end > bytes.length) {
      if (readError !== undefined) return fail(`cannot read a block of data in 0.000s: ${readError}`);
      if (start < bytes.length) blocks.push(bytes.subarray(start));
      return { blocks, error: undefined };
    }
    const newline = bytes.lastIndexOf(NEWLINE, end - 1);
    if (newline >= read) {
      blocks.push(bytes.subarray(start, newline));
      start = newline + 1;
      read = end;
      capacity = grow(BLOCK_BYTES, read - start);
    } else if (capacity > LINE_BYTES_MAX) {
      return fail(`too long line: more than ${LINE_BYTES_MAX} bytes`);
    } else {
      capacity = grow(capacity, 2 * capacity);
    }
  }
};
