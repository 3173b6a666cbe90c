import type { IncomingMessage } from 'node:http';

/**
 * Reads a body to its end but keeps no more than `bytesMax` bytes (0: no limit). The real server answers 413 without
 * reading on, which a client may meet as a reset connection; reading to the end lets every client see the answer.
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
