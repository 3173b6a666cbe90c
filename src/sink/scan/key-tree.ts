/** The keys of JSON objects that lead to wanted values. */

import { wordsOf } from '../lines/header.ts';

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
  /** Collects the values of all other keys; `undefined` if they are skipped. */
  readonly collected?: CollectedKeys | undefined;
}

/** The keys that a wildcard takes. */
export interface CollectedKeys {
  /** Slot of the first one. */
  readonly firstSlot: number;
  readonly names: string[];
}

/**
 * Keys that an object remembers, at most. The same key counts several times if the bytes before it or after it differ. If
 * there are more, it forgets all and learns them again.
 */
export const KEYS_MAX = 128;

/**
 * Adds a key that was seen. Returns `undefined` if its object must not be scanned.
 *
 * @param bytes - All bytes between the value before the key and its own value.
 */
export const learnKey = (node: KeyNode, key: string, bytes: Buffer): KeyEntry | undefined => {
  if (node.stops.has(key)) return undefined;
  const { collected } = node;
  if (collected !== undefined && !node.wanted.has(key) && !collect(node, key, collected)) return undefined;
  if (node.entries.length === KEYS_MAX) node.entries.length = 0;
  const words = wordsOf(bytes);
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

/** Gives a key its slot. Returns `false` for an index, which comes first in the object, and if all slots are taken. */
const collect = (node: KeyNode, key: string, { firstSlot, names }: CollectedKeys): boolean => {
  if (/^\d+$/.test(key)) return false;
  if (names.length === KEYS_MAX) {
    for (const name of names.splice(0)) node.wanted.delete(name);
    node.entries.length = 0;
    return false;
  }
  node.wanted.set(key, { slot: firstSlot + names.push(key) - 1, child: undefined });
  return true;
};
