/** A hash function whose values are part of stored data. */

/**
 * Returns a hash from 0 to 2^32-1: FNV-1a over UTF-16 code units, with a final mix. Times of stored points
 * (docs/decisions/0005) and shards of the state table depend on it, so it never changes.
 */
export const stableHash = (text: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
};
