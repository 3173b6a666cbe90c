/** Unpacks bodies that are gzip, zlib or text in base64, up to a limit. */

import { gunzipSync, inflateSync } from 'node:zlib';
import { type Refusal, refuse } from '../refusal.ts';
import { base64Bytes } from './base64.ts';
import { contentHint } from './content-hint.ts';

/** A body that was unpacked. */
export interface Unpacked {
  readonly text: string;
  /** Length of the text in UTF-8. */
  readonly bytes: number;
}

interface SizeLimit {
  /** Bytes of the unpacked text, at most, so that a small body cannot exhaust the memory. */
  readonly messageBytesMax: number;
}

const BYTE_ORDER_MARK = 0xfeff;

/** Returns a text without the byte order mark at its start. */
export const withoutByteOrderMark = (text: string): string =>
  text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;

/** The magic number of gzip and its only compression method, in base64. */
const GZIP_BEGINS = /^\s*H4sI/;
/**
 * Matches base64 with a single character class, so that a long body is scanned only once. It also matches some invalid
 * base64, which `unpackGzip` refuses.
 */
const BASE64 = /^[A-Za-z0-9+/_=\s-]*$/;

/** Whether a body looks like gzip in base64, in the standard or the URL alphabet. */
export const isGzipBase64 = (body: string): boolean => {
  const first = body.charCodeAt(0);
  return (first === 72 || first <= 32) && GZIP_BEGINS.test(body) && BASE64.test(body);
};

/** Returns a body that is not packed, or a refusal if it is too large. */
export const plainText = (body: string, { messageBytesMax }: SizeLimit): Unpacked | Refusal => {
  const bytes = body.length * 3 <= messageBytesMax ? body.length : Buffer.byteLength(body);
  if (bytes <= messageBytesMax) return { text: body, bytes };
  return refuse(
    'too-large',
    `the body has ${bytes} bytes, the limit that SINK_MESSAGE_BYTES_MAX sets is ${messageBytesMax}`,
  );
};

/** Decompresses a body that is gzip in base64. Never throws. */
export const unpackGzip = (body: string, bytesMax: number): Unpacked | Refusal => {
  let bytes: Buffer;
  try {
    bytes = gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: bytesMax });
  } catch (error) {
    return isTooLarge(error)
      ? decompressedTooLarge(bytesMax)
      : refuse('undecodable', 'the body is not gzip in base64, or it is truncated');
  }
  return utf8(bytes) ?? refuse('undecodable', 'the decompressed body is not UTF-8');
};

/** Whether a function of `node:zlib` has failed because of its `maxOutputLength`. */
export const isTooLarge = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';

const decompressedTooLarge = (bytesMax: number): Refusal =>
  refuse(
    'too-large',
    `the decompressed body has more than ${bytesMax} bytes, the limit that SINK_MESSAGE_BYTES_MAX sets`,
  );

/** Returns the text of bytes that are UTF-8, with its byte order mark; `undefined` for other bytes. */
export const utf8 = (bytes: Buffer): Unpacked | undefined => {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes), bytes: bytes.length };
  } catch {
    return undefined;
  }
};

/** The four headers of zlib with a window of 32 KiB, in base64. */
const ZLIB_BEGINS = /^\s*e[AFJN]/;

/**
 * Decompresses a text that is zlib in base64. Returns `undefined` if it is not, because other texts begin with the same
 * characters.
 */
export const unpackZlib = (text: string, bytesMax: number): Unpacked | Refusal | undefined => {
  const packed = ZLIB_BEGINS.test(text) ? base64Bytes(text) : undefined;
  if (packed === undefined) return undefined;
  try {
    return utf8(inflateSync(packed, { maxOutputLength: bytesMax }));
  } catch (error) {
    return isTooLarge(error) ? decompressedTooLarge(bytesMax) : undefined;
  }
};

/** Decodes a body that must be text in base64, or base64 of gzip or zlib. */
export const unpackBase64 = (body: string, limit: SizeLimit): Unpacked | Refusal => {
  if (isGzipBase64(body)) return unpackGzip(body, limit.messageBytesMax);
  const zlib = unpackZlib(body, limit.messageBytesMax);
  if (zlib !== undefined) return zlib;
  const bytes = base64Bytes(body);
  if (bytes === undefined) return refuse('undecodable', `expected base64, found a body that ${contentHint(body)}`);
  const text = utf8(bytes);
  if (text === undefined) return refuse('undecodable', 'the body is base64 of bytes that are not UTF-8');
  return plainText(text.text, limit);
};

/** Returns the text of a body that may be base64; `undefined` if it is not base64 of UTF-8 text. */
export const textInBase64 = (body: string): string | undefined => {
  const bytes = base64Bytes(body);
  return bytes === undefined ? undefined : utf8(bytes)?.text;
};
