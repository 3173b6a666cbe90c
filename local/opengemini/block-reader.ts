import type { ByteText } from './byte-text.ts';

const BLOCK_BYTES = 65_536;
const LINE_BYTES_MAX = 1_048_576;

/** A request body, and the error that waits behind its last byte if the sender broke off. */
export interface Body {
  readonly bytes: Buffer;
  readonly readError: ByteText | undefined;
}

export interface Blocks {
  readonly blocks: readonly Buffer[];
  readonly error: ByteText | undefined;
}

const NEWLINE = 0x0a;
const READING = 'cannot read influx line protocol data: ';

const PAGE_BYTES = 8_192;

/** How a buffer of the server's grows when it must hold `bytes`: by a quarter at a time, up to whole pages. */
const grow = (capacity: number, bytes: number): number => {
  if (bytes <= capacity) return capacity;
  let grown = bytes > 2 * capacity ? bytes : capacity;
  while (grown < bytes) grown += (grown + 768) >> 2;
  return Math.ceil(grown / PAGE_BYTES) * PAGE_BYTES;
};

/**
 * Cuts a body the way the server fills its read buffer: 64 KiB at a time, cut at the last newline, the rest carried
 * over. A buffer without a newline grows, and only then is the length of a line looked at, so that the longest line is
 * nearer to 2.4 MB than to the configured 1 MiB. The real server recycles buffers that have grown, which makes its
 * blocks above 64 KiB depend on its past; here every block begins with a fresh one.
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
