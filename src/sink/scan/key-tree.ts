/** The keys of JSON objects that lead to wanted values. */

/** A key of an object, with all bytes between the value before it and its own value, such as `,"key":`. */
export interface KeyEntry {
  /** The bytes, four at a time. */
  readonly words: Int32Array;
  /** Number of bytes in all words but the last one. */
  readonly last: number;
  readonly lastWord: number;
  /** Bits of the last word that belong to the bytes. */
  readonly mask: number;
  /** Number of bytes. */
  readonly length: number;
  /** Number of the wanted value; negative for a value to skip. */
  readonly slot: number;
  /** Keys of the value, if it is on the way to wanted values. */
  readonly child: KeyNode | undefined;
}

/** The keys of an object with wanted values. */
export interface KeyNode {
  /** Keys that were seen, in the order of their first appearance. */
  readonly entries: KeyEntry[];
  readonly wanted: Map<string, Pick<KeyEntry, 'slot' | 'child'>>;
  /** Keys at which scanning stops. */
  readonly stops: ReadonlySet<string>;
}

/** Keys that an object remembers, at most. If there are more, it forgets all and learns anew. */
const KEYS_MAX = 128;

/** Creates an object without keys. */
export const newNode = (stops: ReadonlySet<string> = new Set()): KeyNode => ({ entries: [], wanted: new Map(), stops });

/**
 * Adds a key that was seen. Returns `undefined` if its object must not be scanned.
 *
 * @param bytes - All bytes between the value before the key and its own value.
 */
export const learnKey = (node: KeyNode, key: string, bytes: Buffer): KeyEntry | undefined => {
  if (node.stops.has(key)) return undefined;
  if (node.entries.length === KEYS_MAX) node.entries.length = 0;
  const padded = Buffer.alloc(Math.ceil(bytes.length / 4) * 4);
  bytes.copy(padded);
  const words = Int32Array.from({ length: padded.length / 4 }, (_, word) => padded.readInt32LE(4 * word));
  const rest = bytes.length % 4;
  const entry: KeyEntry = {
    words,
    last: 4 * (words.length - 1),
    lastWord: words.at(-1) as number,
    mask: rest === 0 ? -1 : (1 << (8 * rest)) - 1,
    length: bytes.length,
    ...(node.wanted.get(key) ?? { slot: -1, child: undefined }),
  };
  node.entries.push(entry);
  return entry;
};
