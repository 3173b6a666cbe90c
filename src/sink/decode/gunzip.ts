/** Bodies of gzip in base64, unpacked within a bound. */

import { gunzipSync } from 'node:zlib';
import { type Refusal, refuse } from '../refusal.ts';

export interface Unzipped {
  readonly text: string;
  readonly bytes: number;
}

/** The first two bytes of gzip and its only method, in base64. */
const GZIP_BEGINS = /^\s*H4sI/;
/** One class, so that a long body is looked at once: what it lets through, the decoder refuses. */
const BASE64 = /^[A-Za-z0-9+/=\s]*$/;

export const isGzipBase64 = (body: string): boolean => {
  const first = body.charCodeAt(0);
  return (first === 72 || first <= 32) && GZIP_BEGINS.test(body) && BASE64.test(body);
};

/** `bytesMax` bounds what is unpacked, so a small body cannot fill the memory. */
export const gunzipText = (body: string, bytesMax: number): Unzipped | Refusal => {
  let bytes: Buffer;
  try {
    bytes = gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: bytesMax });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
      ? refuse('too-large', `the body unpacks to more than the ${bytesMax} bytes that SINK_MESSAGE_BYTES_MAX allows`)
      : refuse('undecodable', 'the body is not gzip in base64, or is cut off');
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), bytes: bytes.length };
  } catch {
    return refuse('undecodable', 'the body unpacks to bytes that are not UTF-8');
  }
};
