/**
 * Scans the text of one JSON object and finds the values that a mapping reads, without creating objects and strings
 * (docs/decisions/0045).
 *
 * The scanner accepts less than JSON, and nothing else: a text that it accepts is a JSON object for `JSON.parse`, too.
 * It gives up at anything unusual, such as a repeated or escaped key, or a wanted value that is an array. The ordinary
 * path then reads the text from its beginning.
 */

import type { NativeBuffer } from '../lines/line-bytes.ts';
import { type KeyEntry, type KeyNode, learnKey } from './key-tree.ts';

/** Kinds of wanted values. */
export const Kind = {
  ABSENT: 0,
  /** A number of digits only, with or without a minus sign. */
  INTEGER: 1,
  /** A number with a fraction and without an exponent. */
  FRACTION: 2,
  EXPONENT: 3,
  TRUE: 4,
  FALSE: 5,
  NULL: 6,
  /** A value on the way to others: an object, or a scalar that contains none of them. */
  ON_THE_WAY: 7,
  /** Text that a tag value contains as it is. */
  STRING: 16,
  /** Text that a tag value may have to escape. */
  SPECIAL: 17,
} as const;
/** Flag that is added to the kind of a string with an escape other than that of a quote or backslash. */
const FLAG_OTHER_ESCAPE = 2;

/** Characters of a text, at most. Longer ones are rare, and gain less. */
export const SCAN_CHARACTERS_MAX = 16 * 1024;
/** Levels of nesting below a value that is not wanted, at most. */
const DEPTH_MAX = 64;
/** Bytes after the text that can be read, because keys are compared and values are copied four bytes at a time. */
const SLACK = 8;
const FAILED = -1;

const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const DOT = 46;
const ZERO = 48;
const COLON = 58;
const OPENING_BRACKET = 91;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;
const CLOSING_BRACE = 125;

/** Classes of bytes in strings. Class 0 needs no attention, as all bytes of characters above ASCII. */
const CLASS_END = 1;
const CLASS_ESCAPE = 2;
const CLASS_SPECIAL = 3;
const CLASS_INVALID = 4;
const CLASSES = new Uint8Array(256);
CLASSES.fill(CLASS_INVALID, 0, 32);
for (const special of ' ,=\x7f') CLASSES[special.charCodeAt(0)] = CLASS_SPECIAL;
CLASSES[QUOTE] = CLASS_END;
CLASSES[BACKSLASH] = CLASS_ESCAPE;

/** Letters of the escapes of one letter that are not wanted: / b f n r t. */
const SHORT_ESCAPES = [47, 98, 102, 110, 114, 116];
/** Four bytes of each constant, as they are read at a time. Those of `false` follow its first letter. */
const wordOf = (constant: string): number => Buffer.from(constant.slice(-4)).readInt32LE(0);
const [TRUE_WORD, FALSE_WORD, NULL_WORD] = [wordOf('true'), wordOf('false'), wordOf('null')];

/** Finds the wanted values of one text after the other. */
export class JsonScanner {
  /** The text in UTF-8. */
  readonly bytes = Buffer.allocUnsafeSlow(3 * SCAN_CHARACTERS_MAX + SLACK) as NativeBuffer;
  readonly view = new DataView(this.bytes.buffer);
  /** Kind of each wanted value. */
  readonly kinds: Uint8Array;
  /** Offsets of each wanted value, before and after it; for text, without its quotes. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Slots of collected values in the order of the text, and their number. */
  readonly collected: Int32Array;
  collectedCount = 0;
  readonly #root: KeyNode;
  readonly #firstCollected: number;
  /** Kind of the scalar that was scanned last. */
  #kind: number = Kind.ABSENT;

  /** @param slots - Number of wanted values. */
  constructor({ root, slots }: { readonly root: KeyNode; readonly slots: number }) {
    this.kinds = new Uint8Array(slots);
    this.starts = new Int32Array(slots);
    this.ends = new Int32Array(slots);
    this.collected = new Int32Array(slots);
    this.#root = root;
    this.#firstCollected = root.collected?.firstSlot ?? slots;
  }

  /** Scans a text of at most `SCAN_CHARACTERS_MAX` characters. Returns whether it was accepted. */
  scan(text: string): boolean {
    const { bytes, kinds } = this;
    if (text.charCodeAt(0) !== OPENING_BRACE) return false;
    const length = bytes.utf8Write(text, 0);
    // A lone surrogate would be written as another character.
    if (length !== text.length && !text.isWellFormed()) return false;
    bytes[length] = 0; // No token contains this byte, so that each of them ends here.
    kinds.fill(Kind.ABSENT);
    this.collectedCount = 0;
    const end = this.#wantedMembers(this.#root, 0);
    return end !== FAILED && this.#skipSpace(end) === length;
  }

  /** Scans an object with wanted values from its brace. Returns the offset after it. */
  #wantedMembers(node: KeyNode, from: number): number {
    const { bytes, view } = this;
    const { entries } = node;
    let at = from;
    let expected = 0;
    for (;;) {
      // Producers write members in the same order, so the search begins at the key that follows the one before. A function
      // of its own would take 6 % longer for nested events.
      let entry: KeyEntry | undefined;
      for (let left = entries.length, index = expected; left > 0; left--) {
        const candidate = entries[index] as KeyEntry;
        index = index + 1 === entries.length ? 0 : index + 1;
        const { words, last, mask, lastWord } = candidate;
        let word = 0;
        while (4 * word < last && view.getInt32(at + 4 * word, true) === words[word]) word += 1;
        if (4 * word < last || (view.getInt32(at + last, true) & mask) !== lastWord) continue;
        entry = candidate;
        expected = index;
        break;
      }
      if (entry === undefined) {
        const first = this.#skipSpace(at === from ? at + 1 : at);
        if (bytes[first] === CLOSING_BRACE) return first + 1;
        entry = this.#learn(node, at, at === from ? first : this.#afterComma(first));
        if (entry === undefined) return FAILED;
        expected = 0;
      }
      at += entry.length;
      at = entry.slot < 0 ? this.#skipValue(at, 0) : this.#wantedValue(entry, at);
      if (at === FAILED) return FAILED;
      if (bytes[at] === CLOSING_BRACE) return at + 1;
      // The entry of a first member begins with its brace, which would be found in the place of a comma.
      if (bytes[at] === OPENING_BRACE) return FAILED;
    }
  }

  /** Adds the key at an offset to the node, with all bytes from `from` to its value. Gives up at an escape. */
  #learn(node: KeyNode, from: number, key: number): KeyEntry | undefined {
    const { bytes } = this;
    const end = bytes[key] === QUOTE ? this.#string(key + 1) : FAILED;
    if (end === FAILED || bytes.subarray(key, end).includes(BACKSLASH)) return undefined;
    const value = this.#afterColon(end);
    if (value === FAILED) return undefined;
    return learnKey(node, bytes.toString('utf8', key + 1, end - 1), bytes.subarray(from, value));
  }

  /** Scans a wanted value, or one on the way to wanted values. Returns the offset after it. */
  #wantedValue({ slot, child }: KeyEntry, at: number): number {
    const { bytes, kinds } = this;
    const first = bytes[at];
    if (kinds[slot] !== Kind.ABSENT) return FAILED;
    if (child !== undefined) {
      kinds[slot] = Kind.ON_THE_WAY;
      if (first === OPENING_BRACE) return this.#wantedMembers(child, at);
      // A wildcard takes a scalar.
      return this.#root.collected === undefined ? this.#scalar(at) : FAILED;
    }
    if (slot >= this.#firstCollected) {
      this.collected[this.collectedCount++] = slot;
      if (first === OPENING_BRACE || first === OPENING_BRACKET) {
        kinds[slot] = Kind.ON_THE_WAY;
        return this.#skipValue(at, 0);
      }
    }
    const end = this.#scalar(at);
    const quote = first === QUOTE ? 1 : 0;
    if (end === FAILED || (quote === 1 && (this.#kind & FLAG_OTHER_ESCAPE) !== 0)) return FAILED;
    kinds[slot] = this.#kind;
    this.starts[slot] = at + quote;
    this.ends[slot] = end - quote;
    return end;
  }

  /** Skips any value. Returns the offset after it. */
  #skipValue(from: number, depth: number): number {
    const { bytes } = this;
    const isObject = bytes[from] === OPENING_BRACE;
    if (!isObject && bytes[from] !== OPENING_BRACKET) return this.#scalar(from);
    if (depth === DEPTH_MAX) return FAILED;
    const closing = isObject ? CLOSING_BRACE : CLOSING_BRACKET;
    let at = this.#skipSpace(from + 1);
    if (bytes[at] === closing) return at + 1;
    while (at !== FAILED) {
      if (isObject) {
        at = bytes[at] === QUOTE ? this.#string(at + 1) : FAILED;
        if (at !== FAILED) at = this.#afterColon(at);
        if (at === FAILED) return FAILED;
      }
      at = this.#skipValue(at, depth + 1);
      if (at === FAILED) return FAILED;
      at = this.#skipSpace(at);
      if (bytes[at] === closing) return at + 1;
      at = this.#afterComma(at);
    }
    return FAILED;
  }

  /** Scans a string, a number or a constant, and sets its kind. Returns the offset after it. */
  #scalar(at: number): number {
    switch (this.bytes[at]) {
      case QUOTE:
        return this.#string(at + 1);
      case 116: // t
        this.#kind = Kind.TRUE;
        return this.view.getInt32(at, true) === TRUE_WORD ? at + 4 : FAILED;
      case 102: // f
        this.#kind = Kind.FALSE;
        return this.view.getInt32(at + 1, true) === FALSE_WORD ? at + 5 : FAILED;
      case 110: // n
        this.#kind = Kind.NULL;
        return this.view.getInt32(at, true) === NULL_WORD ? at + 4 : FAILED;
      default:
        return this.#number(at);
    }
  }

  /** Scans a string from its first character. Returns the offset after its closing quote. */
  #string(from: number): number {
    const { bytes } = this;
    let kind: number = Kind.STRING;
    for (let at = from; ; at++) {
      const byteClass = CLASSES[bytes[at] as number] as number;
      if (byteClass === 0) continue;
      if (byteClass === CLASS_END) {
        this.#kind = kind;
        return at + 1;
      }
      if (byteClass === CLASS_INVALID) return FAILED;
      kind |= Kind.SPECIAL;
      if (byteClass !== CLASS_ESCAPE) continue;
      at += 1;
      const escaped = bytes[at] as number;
      if (escaped === QUOTE || escaped === BACKSLASH) continue;
      kind |= FLAG_OTHER_ESCAPE;
      if (escaped === 117 && /^[0-9A-Fa-f]{4}$/.test(bytes.toString('latin1', at + 1, at + 5)))
        at += 4; // u
      else if (!SHORT_ESCAPES.includes(escaped)) return FAILED;
    }
  }

  /** Scans a number. Returns the offset after it. */
  #number(from: number): number {
    const { bytes } = this;
    const first = bytes[from] === MINUS ? from + 1 : from;
    let at = bytes[first] === ZERO ? first + 1 : this.#digits(first);
    this.#kind = Kind.INTEGER;
    if (at !== FAILED && bytes[at] === DOT) {
      at = this.#digits(at + 1);
      this.#kind = Kind.FRACTION;
    }
    if (at === FAILED || ((bytes[at] as number) | 32) !== 101) return at; // e
    const sign = bytes[at + 1];
    this.#kind = Kind.EXPONENT;
    return this.#digits(sign === MINUS || sign === 43 ? at + 2 : at + 1); // +
  }

  /** Returns the offset after at least one digit. */
  #digits(from: number): number {
    const { bytes } = this;
    let at = from;
    while (((bytes[at] as number) - ZERO) >>> 0 <= 9) at += 1;
    return at === from ? FAILED : at;
  }

  #afterComma(at: number): number {
    return this.bytes[at] === COMMA ? this.#skipSpace(at + 1) : FAILED;
  }

  #afterColon(from: number): number {
    const at = this.#skipSpace(from);
    return this.bytes[at] === COLON ? this.#skipSpace(at + 1) : FAILED;
  }

  #skipSpace(from: number): number {
    const { bytes } = this;
    for (let at = from; ; at++) {
      const code = bytes[at] as number;
      if (code > 32 || (code !== 32 && code !== 10 && code !== 13 && code !== 9)) return at;
    }
  }
}
