import { deflateRawSync, inflateRawSync } from 'node:zlib';

/*
 * SQS takes every character of XML 1.0, the emulator only those of 16 bits: it would refuse an emoji. Such a body is
 * stored packed, and unpacked when it is received. The packing is a function of the body alone, so that the
 * emulator's deduplication by content still works.
 */

/** A private-use character that the emulator takes and that no text begins with by accident. */
const MARK = '\uF8FF[packed]';
const ASTRAL = /[\u{10000}-\u{10FFFF}]/u;

/** The body as the emulator can keep it. It has the bytes of the original, where it can, because sizes are counted later. */
export const packBody = (body: string): string => {
  // A body that begins with the mark is packed too, or it would be unpacked on its way out.
  if (!ASTRAL.test(body) && !body.startsWith(MARK)) return body;
  const packed = MARK + deflateRawSync(body).toString('base64');
  return packed + ' '.repeat(Math.max(0, Buffer.byteLength(body) - Buffer.byteLength(packed)));
};

/** The body as it was sent. */
export const unpackBody = (stored: string): string =>
  stored.startsWith(MARK) ? inflateRawSync(Buffer.from(stored.slice(MARK.length), 'base64')).toString() : stored;
