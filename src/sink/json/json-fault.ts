/**
 * Finds the place where a text is not JSON, and says what is expected there. Only refusals use it, after `JSON.parse` has
 * failed, so it is simple rather than fast. It reads the text once and keeps its own stack, so that a hostile text costs no more
 * than its length. It never quotes the text, except for a punctuation mark or a word that stands for a JSON value.
 */

import { skipSpace } from './tokens.ts';

/** The first place where a text is not JSON. */
export interface JsonFault {
  /** Index in the text, in UTF-16 code units; the length of the text if more is expected at its end. */
  readonly at: number;
  /** What is wrong there: the end of a sentence after the place and a colon. */
  readonly problem: string;
  /** Whether the fault is a comma between complete documents. */
  readonly isCommaBetween: boolean;
}

/**
 * Returns the first fault of a text; `undefined` if it is one JSON value, or several objects and arrays that follow each other.
 * Bare NaN and infinities are no faults, because bodies may contain them.
 */
export const jsonFault = (text: string): JsonFault | undefined => new FaultSearch(text).run();

/**
 * Returns where the fault is and what is wrong, such as `character 8: expected ":" after the name, found the end of the text`.
 * Lines and characters count from 1.
 */
export const describeJsonFault = (text: string, { at, problem }: JsonFault): string => {
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const character = charactersIn(text.slice(lineStart, at)) + 1;
  const place = text.includes('\n')
    ? `line ${lineBreaksIn(text, at) + 1}, character ${character}`
    : `character ${character}`;
  return `${place}: ${problem}`;
};

/** Returns the number of characters. Those beyond U+FFFF have two code units each. */
const charactersIn = (text: string): number => text.replace(/[\uD800-\uDBFF][\uDC00-\uDFFF]/g, '.').length;

/** Returns the number of line breaks before an index. A list of all lines could exhaust the memory. */
const lineBreaksIn = (text: string, end: number): number => {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count += 1;
  return count;
};

/** What may follow at a place between tokens. */
type Expected = 'value' | 'element' | 'first element' | 'member' | 'first member' | 'colon' | 'next';

/** Words of programming languages for values of JSON. */
const WORDS: ReadonlyMap<string, string> = new Map([
  ['True', 'true'],
  ['TRUE', 'true'],
  ['False', 'false'],
  ['FALSE', 'false'],
  ['None', 'null'],
  ['NULL', 'null'],
  ['Null', 'null'],
  ['nil', 'null'],
  ['undefined', 'null'],
]);
const LITERAL = /(?:true|false|null|-?(?:NaN|nan|Infinity|inf))(?![\w$])/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** What looks like a number, also if JSON does not have it. */
const LIKE_NUMBER = /[+-]?\.?\d/y;
const WORD = /[A-Za-z]+/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bf]|[nrt]|u[\dA-Fa-f]{4})/y;

/** Returns the part of the text at an index that a sticky pattern matches; an empty text if it does not match. */
const matchAt = (pattern: RegExp, text: string, at: number): string => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? '';
};

const TEXTS: Readonly<Record<Exclude<Expected, 'next'>, string>> = {
  value: 'a value',
  element: 'a value after the comma',
  'first element': 'a value or "]"',
  member: 'a name in double quotes after the comma',
  'first member': 'a name in double quotes or "}"',
  colon: '":" after the name',
};

const CONTROL_NAMES: ReadonlyMap<string, string> = new Map([
  ['\n', 'a line break, which JSON writes as \\n'],
  ['\r', 'a carriage return, which JSON writes as \\r'],
  ['\t', 'a tab, which JSON writes as \\t'],
]);

const NO_ESCAPE = 'a string contains a backslash that begins no escape; JSON writes a backslash as \\\\';

const codeText = (char: string): string => (char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');

class FaultSearch {
  readonly #text: string;
  #at = 0;
  /** Closing brackets of the values around the place. */
  readonly #closers: string[] = [];
  #expected: Expected = 'value';
  /** Whether the last complete value is an object or an array. */
  #isContainer = false;
  #fault: JsonFault | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  run(): JsonFault | undefined {
    while (this.#fault === undefined) {
      this.#at = skipSpace(this.#text, this.#at);
      const isComplete = this.#expected === 'next' && this.#closers.length === 0;
      if (isComplete && this.#at === this.#text.length) return undefined;
      this.#step(this.#text[this.#at] ?? '');
    }
    return this.#fault;
  }

  #step(char: string): void {
    if (this.#expected === 'next') this.#next(char);
    else if (this.#expected === 'colon') this.#colon(char);
    else if (this.#expected === 'member' || this.#expected === 'first member') this.#member(char, this.#expected);
    else if (this.#expected === 'first element' && char === ']') this.#close();
    else this.#value(char, this.#expected);
  }

  /** Reads what follows a value. */
  #next(char: string): void {
    const closer = this.#closers.at(-1);
    if (closer === undefined) this.#document(char);
    else if (char === closer) this.#close();
    else if (char === ',') this.#pass(closer === '}' ? 'member' : 'element');
    else this.#wrong(`"," or "${closer}"`);
  }

  /** Reads what follows a complete value: another document, if both are objects or arrays. */
  #document(char: string): void {
    if (this.#isContainer && (char === '{' || char === '[')) this.#value(char, 'value');
    else this.#wrong('the end of the text', this.#isContainer && char === ',');
  }

  #colon(char: string): void {
    if (char === ':') this.#pass('value');
    else this.#wrong(TEXTS.colon);
  }

  #member(char: string, expected: 'member' | 'first member'): void {
    if (char === '"') this.#string('colon');
    else if (char === '}' && expected === 'first member') this.#close();
    else this.#wrong(TEXTS[expected]);
  }

  #value(char: string, expected: 'value' | 'element' | 'first element'): void {
    this.#isContainer = false;
    if (char === '{') this.#open('}', 'first member');
    else if (char === '[') this.#open(']', 'first element');
    else if (char === '"') this.#string('next');
    else this.#scalar(expected);
  }

  /** Reads a number, or a literal such as `true`. */
  #scalar(expected: 'value' | 'element' | 'first element'): void {
    const start = this.#at;
    const token = matchAt(LITERAL, this.#text, start) || matchAt(NUMBER, this.#text, start);
    const next = this.#text[start + token.length] ?? '';
    if (token === '') this.#noScalar(expected);
    else if (/^-?0$/.test(token) && /\d/.test(next)) this.#fail('a number has a leading zero', start);
    else if (next === '.') this.#fail('a digit is expected after the dot of a number', start + token.length + 1);
    else this.#pass('next', token.length);
  }

  #noScalar(expected: 'value' | 'element' | 'first element'): void {
    const word = matchAt(WORD, this.#text, this.#at);
    const json = WORDS.get(word);
    if (json !== undefined) this.#fail(`expected a value, found ${word}, which JSON writes as ${json}`, this.#at);
    else if (matchAt(LIKE_NUMBER, this.#text, this.#at) !== '')
      this.#fail('a number must begin with a digit, or "-" and a digit', this.#at);
    else this.#wrong(TEXTS[expected]);
  }

  /** Reads a string. */
  #string(after: 'colon' | 'next'): void {
    let at = this.#at + 1;
    let part: string;
    do {
      at += matchAt(PLAIN, this.#text, at).length;
      part = matchAt(ESCAPE, this.#text, at);
      at += part.length;
    } while (part !== '');
    const char = this.#text[at];
    if (char === '"') this.#pass(after, at + 1 - this.#at);
    else if (char === undefined) this.#fail('the text ends in a string', at);
    else if (char === '\\') this.#fail(NO_ESCAPE, at);
    else this.#fail(`a string contains ${controlText(char)}`, at);
  }

  #open(closer: string, expected: Expected): void {
    this.#closers.push(closer);
    this.#pass(expected);
  }

  #close(): void {
    this.#closers.pop();
    this.#isContainer = true;
    this.#pass('next');
  }

  /** Passes characters: a punctuation mark, or a token. */
  #pass(expected: Expected, length = 1): void {
    this.#at += length;
    this.#expected = expected;
  }

  #wrong(expected: string, isCommaBetween = false): void {
    this.#fail(`expected ${expected}, found ${this.#found()}`, this.#at, isCommaBetween);
  }

  #fail(problem: string, at: number, isCommaBetween = false): void {
    this.#fault = { at, problem, isCommaBetween };
  }

  /** Describes the character at the place. */
  #found(): string {
    const char = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    if (this.#at === this.#text.length) return 'the end of the text';
    if (/^\/[/*]/.test(this.#text.slice(this.#at, this.#at + 2))) return 'a comment, which JSON does not have';
    if (char === '"') return 'a double quote';
    if (char === "'") return 'a single quote';
    if (char === '\\') return 'a backslash';
    if (/[A-Za-z]/.test(char)) return 'a letter';
    if (/\d/.test(char)) return 'a digit';
    return /[!-~]/.test(char) ? `"${char}"` : `the character U+${codeText(char)}`;
  }
}

const controlText = (char: string): string =>
  CONTROL_NAMES.get(char) ?? `the control character U+${codeText(char)}, which JSON writes as \\u${codeText(char)}`;
