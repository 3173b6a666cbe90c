/**
 * Parses JSON whose keys contain escapes. `JSON.parse` of V8 may return a wrong key for them (seen in Node 20 to 24): it
 * expects the keys of the object that it parsed before, and compares the expected key with the text before the escapes
 * are removed. After `{"a":1,"\\":1}`, the text `{"a":1,"\n":1}` gets the key `\` (docs/decisions/0029).
 */

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPENING_BRACKET = 91;
const BACKSLASH = 92;
const CLOSING_BRACKET = 93;
const OPENING_BRACE = 123;
const CLOSING_BRACE = 125;

/** Whether a key of a JSON text contains an escape. Reads only the strings that contain a backslash. */
export const hasEscapedKey = (text: string): boolean => {
  for (let at = text.indexOf('\\'); at >= 0; at = text.indexOf('\\', at)) {
    at = endOfString(text, at);
    if (text.charCodeAt(skipSpace(text, at)) === COLON) return true;
  }
  return false;
};

/** Returns the index behind the quote that closes the string. `at` is inside the string, not behind a backslash. */
const endOfString = (text: string, at: number): number => {
  let index = at;
  for (; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === BACKSLASH) index += 1;
    else if (code === QUOTE) return index + 1;
  }
  return index;
};

const skipSpace = (text: string, at: number): number => {
  let index = at;
  while (index < text.length && text.charCodeAt(index) <= 32) index += 1;
  return index;
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
    const code = this.#next();
    if (code === OPENING_BRACE) return this.#object();
    if (code === OPENING_BRACKET) return this.#array();
    if (code === QUOTE) return this.#string();
    return this.#scalar();
  }

  /** Skips white space and returns the code of the next character. */
  #next(): number {
    this.#at = skipSpace(this.#text, this.#at);
    return this.#text.charCodeAt(this.#at);
  }

  #object(): Record<string, unknown> {
    const object: Record<string, unknown> = {};
    this.#at += 1;
    while (this.#next() !== CLOSING_BRACE) {
      const key = this.#string();
      this.#next();
      this.#at += 1; // The colon.
      const value = this.value();
      // An assignment to this name would set the prototype.
      if (key === '__proto__')
        Object.defineProperty(object, key, { value, writable: true, enumerable: true, configurable: true });
      else object[key] = value;
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    return object;
  }

  #array(): unknown[] {
    const array: unknown[] = [];
    this.#at += 1;
    while (this.#next() !== CLOSING_BRACKET) {
      array.push(this.value());
      if (this.#next() === COMMA) this.#at += 1;
    }
    this.#at += 1;
    return array;
  }

  #string(): string {
    const start = this.#at;
    this.#at = endOfString(this.#text, start + 1);
    // A string alone has no expected key.
    return JSON.parse(this.#text.slice(start, this.#at)) as string;
  }

  #scalar(): unknown {
    const start = this.#at;
    while (this.#at < this.#text.length && !endsScalar(this.#text.charCodeAt(this.#at))) this.#at += 1;
    const source = this.#text.slice(start, this.#at);
    if (source === 'true') return true;
    if (source === 'false') return false;
    return source === 'null' ? null : this.#readNumber(source);
  }
}

const endsScalar = (code: number): boolean =>
  code === COMMA || code === CLOSING_BRACKET || code === CLOSING_BRACE || code <= 32;
