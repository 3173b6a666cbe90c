/** Reads request bodies. */

import type { IncomingMessage } from 'node:http';

/**
 * Reads the whole body but keeps at most `bytesMax` bytes (0 means no limit). The real server responds with 413 without
 * reading the remaining bytes, and a client may then get a reset connection. Reading all bytes lets every client
 * receive the response.
 */
export const readBody = async (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (bytesMax === 0 || bytes < bytesMax) chunks.push(chunk);
    bytes += chunk.length;
  }
  const whole = Buffer.concat(chunks);
  return bytesMax === 0 ? whole : whole.subarray(0, bytesMax);
};
