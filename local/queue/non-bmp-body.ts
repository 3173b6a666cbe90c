/**
 * Bodies with characters beyond the Basic Multilingual Plane (BMP). SQS accepts every character of XML 1.0, but the
 * emulator accepts only those of 16 bits and would refuse an emoji. Such a body is stored packed, and unpacked when it
 * is received. Equal bodies give equal packed bodies, so that the emulator's deduplication by content still works.
 */

import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Starts with a private-use character, which the emulator accepts and with which normal text does not begin. */
const MARK = '\uF8FF[packed]';
const NON_BMP = /[\u{10000}-\u{10FFFF}]/u;

/**
 * Returns the body in a form that the emulator accepts. A packed body is padded to the number of bytes of the original,
 * because the emulator checks sizes later. The result is longer than the original only if packing did not shorten it.
 */
export const packBody = (body: string): string => {
  // A body that already begins with the mark is packed too. Otherwise it would be unpacked when it is received.
  if (!NON_BMP.test(body) && !body.startsWith(MARK)) return body;
  const packed = MARK + deflateRawSync(body).toString('base64');
  return packed + ' '.repeat(Math.max(0, Buffer.byteLength(body) - Buffer.byteLength(packed)));
};

/** Returns the body as it was sent. */
export const unpackBody = (stored: string): string =>
  stored.startsWith(MARK) ? inflateRawSync(Buffer.from(stored.slice(MARK.length), 'base64')).toString() : stored;
