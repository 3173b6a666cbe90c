/**
 * Parses JSON whose keys contain escapes. `JSON.parse` of V8 may return a wrong key for them (seen in Node 20 to 24): it
 * expects the keys of the object that it parsed before, and compares the expected key with the text before the escapes
 * are removed. After `{"a":1,"\\":1}`, the text `{"a":1,"\n":1}` gets the key `\` (docs/decisions/0029).
 */

import { scalarEnd, skipSpace, stringEnd } from './tokens.ts';

/** Whether a key of a JSON text contains an escape. Reads only strings that contain a backslash, from it to their end. */
export const hasEscapedKey = (text: string): boolean => {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    at = escapedStringEnd(text, at);
    if (text[skipSpace(text, at)] === ':') return true;
  }
  return false;
};

/**
 * Returns the index after a string, from its first backslash on. Searches for quotes instead of reading each character
 * like `stringEnd`, because every message with a backslash pays for it.
 */
const escapedStringEnd = (text: string, backslash: number): number => {
  for (let quote = text.indexOf('"', backslash + 2); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let before = quote;
    while (text[before - 1] === '\\') before -= 1;
    // An odd number of backslashes before a quote escapes it.
    if ((quote - before) % 2 === 0) return quote + 1;
  }
  return text.length;
};

/** Creates the value of a number from its source text. */
type ReadNumber = (source: string) => unknown;

/**
 * Parses a text that `JSON.parse` has accepted, with exact keys.
 *
 * @throws RangeError if the text is nested thousands of levels deep.
 */
export const parseWithExactKeys = (text: string, readNumber: ReadNumber): unknown =>
  new ExactKeysParser(text, readNumber).value();

class ExactKeysParser {
  readonly #text: string;
  readonly #readNumber: ReadNumber;
  #at = 0;

  constructor(text: string, readNumber: ReadNumber) {
    this.#text = text;
    this.#readNumber = readNumber;
  }

  value(): unknown {
    const char = this.#next();
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    return char === '"' ? this.#string() : this.#scalar();
  }

  /** Skips white space and returns the next character. */
  #next(): string | undefined {
    this.#at = skipSpace(this.#text, this.#at);
    return this.#text[this.#at];
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    while (this.#next() !== '}') {
      const key = this.#string();
      this.#next();
      this.#at += 1; // The colon.
      const value = this.value();
      // An assignment to this name would set the prototype.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      else object[key] = value;
      if (this.#next() === ',') this.#at += 1;
    }
    this.#at += 1;
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    while (this.#next() !== ']') {
      array.push(this.value());
      if (this.#next() === ',') this.#at += 1;
    }
    this.#at += 1;
    return array;
  }

  #string(): string {
    // A string alone has no expected key.
    return JSON.parse(this.#take(stringEnd)) as string;
  }

  #scalar(): unknown {
    const source = this.#take(scalarEnd);
    return source === 'true' || source === 'false' || source === 'null' ? JSON.parse(source) : this.#readNumber(source);
  }

  /** Returns the text of the token that begins here, and moves behind it. */
  #take(endOf: (text: string, from: number) => number): string {
    const start = this.#at;
    this.#at = endOf(this.#text, start);
    return this.#text.slice(start, this.#at);
  }
}
