/** Reads the body of a response up to a limit, because a faulty server or proxy may send a body without an end. */

/**
 * Bytes of a response that are kept. A text of openGemini quotes at most one line, of 60 KiB, and JSON may write each
 * byte as six (`\u0001`). The text of a conflict must be complete, because it names the failing lines
 * (docs/decisions/0002).
 */
const RESPONSE_BYTES_MAX = 1024 * 1024;

/** Returns the text of a body. A longer body is cut, and its connection is closed without reading the remaining bytes. */
export const limitedText = async (body: AsyncIterable<Uint8Array>): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the body, and with it the connection.
    if (bytes > RESPONSE_BYTES_MAX) break;
  }
  return Buffer.concat(chunks).toString('utf8', 0, RESPONSE_BYTES_MAX);
};
