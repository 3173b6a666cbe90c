/** Unpacks gzip bodies with the error texts of the server. */

import { constants, crc32, inflateRawSync } from 'node:zlib';
import type { Body } from './block-reader.ts';
import type { ByteText } from './byte-text.ts';

type Header = { readonly end: number } | { readonly error: ByteText };

const CUT = 'unexpected EOF';
const NO_GZIP = 'gzip: invalid header';
const [HAS_CRC, HAS_EXTRA, HAS_NAME, HAS_COMMENT] = [2, 4, 8, 16];

const readHeader = (bytes: Buffer, from: number): Header => {
  if (from >= bytes.length) return { error: 'EOF' };
  if (from + 10 > bytes.length) return { error: CUT };
  if (bytes.readUIntBE(from, 3) !== 0x1f8b08) return { error: NO_GZIP };
  const flags = bytes[from + 3] ?? 0;
  let end = from + 10;
  if (flags & HAS_EXTRA) end += end + 2 > bytes.length ? 2 : 2 + bytes.readUInt16LE(end);
  for (const flag of [HAS_NAME, HAS_COMMENT]) {
    if (!(flags & flag)) continue;
    const zero = bytes.indexOf(0, end);
    if (zero < 0) return { error: CUT };
    end = zero + 1;
  }
  if (flags & HAS_CRC) end += 2;
  return end > bytes.length ? { error: CUT } : { end };
};

/** With `info` zlib also returns its engine, which contains the number of input bytes of the member. */
interface Inflated {
  readonly buffer: Buffer;
  readonly engine: { readonly bytesWritten: number };
}

const inflate = (bytes: Buffer, finishFlush: number): Inflated =>
  inflateRawSync(bytes, { info: true, finishFlush }) as unknown as Inflated;

const isCut = (cause: unknown): boolean => cause instanceof Error && 'code' in cause && cause.code === 'Z_BUF_ERROR';

type Member = { readonly bytes: Buffer; readonly end: number; readonly error: ByteText | undefined };

const readMember = (bytes: Buffer, from: number): Member => {
  const rest = bytes.subarray(from);
  try {
    const { buffer, engine } = inflate(rest, constants.Z_FINISH);
    const trailer = from + engine.bytesWritten;
    if (trailer + 8 > bytes.length) return { bytes: buffer, end: bytes.length, error: CUT };
    const intact =
      bytes.readUInt32LE(trailer) === crc32(buffer) && bytes.readUInt32LE(trailer + 4) === buffer.length % 2 ** 32;
    return { bytes: buffer, end: trailer + 8, error: intact ? undefined : 'gzip: invalid checksum' };
  } catch (cause) {
    if (isCut(cause)) return { bytes: inflate(rest, constants.Z_SYNC_FLUSH).buffer, end: bytes.length, error: CUT };
    // The server reports the position of the byte, but zlib does not return it.
    return { bytes: Buffer.alloc(0), end: bytes.length, error: 'flate: corrupt input before offset 1' };
  }
};

/** Unpacks a gzip body. A bad first header refuses the request. Any later error is a read error after valid bytes. */
export const gunzip = (bytes: Buffer): Body | { readonly headerError: ByteText } => {
  const first = readHeader(bytes, 0);
  if ('error' in first) return { headerError: first.error };
  const parts: Buffer[] = [];
  for (let header = first; ; ) {
    const member = readMember(bytes, header.end);
    parts.push(member.bytes);
    const done = member.error ?? (member.end === bytes.length ? 'EOF' : undefined);
    const next: Header = done === undefined ? readHeader(bytes, member.end) : { error: done };
    if ('error' in next)
      return { bytes: Buffer.concat(parts), readError: next.error === 'EOF' ? undefined : next.error };
    header = next;
  }
};
