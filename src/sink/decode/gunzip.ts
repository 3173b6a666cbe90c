/** Decompresses bodies that are gzip in base64, up to a limit. */

import { gunzipSync } from 'node:zlib';
import { type Refusal, refuse } from '../refusal.ts';

/** A body after decompression. */
export interface Unzipped {
  readonly text: string;
  /** Length of the text in UTF-8. */
  readonly bytes: number;
}

/** The magic number of gzip and its only compression method, in base64. */
const GZIP_BEGINS = /^\s*H4sI/;
/**
 * Matches base64 with a single character class, so that a long body is scanned only once. It also matches some invalid
 * base64, which `gunzipText` refuses.
 */
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

/** Whether a body looks like gzip in base64. */
export const isGzipBase64 = (body: string): boolean => {
  const first = body.charCodeAt(0);
  return (first === 72 || first <= 32) && GZIP_BEGINS.test(body) && BASE64.test(body);
};

/**
 * Decompresses a body. Never throws.
 *
 * @param bytesMax - Bytes of the decompressed text, at most, so that a small body cannot exhaust the memory.
 */
export const gunzipText = (body: string, bytesMax: number): Unzipped | Refusal => {
  let bytes: Buffer;
  try {
    bytes = gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: bytesMax });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? refuse(
          'too-large',
          `the decompressed body has more than ${bytesMax} bytes, the limit that SINK_MESSAGE_BYTES_MAX sets`,
        )
      : refuse('undecodable', 'the body is not gzip in base64, or it is truncated');
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: bytes.length };
  } catch {
    return refuse('undecodable', 'the decompressed body is not UTF-8');
  }
};
