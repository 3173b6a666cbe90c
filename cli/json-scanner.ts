/** Finds the end of JSON documents that span several lines, one line at a time. */

/**
 * State of the text that has been scanned: every bracket is closed, at least one is open, or a character cannot belong to
 * JSON.
 */
export type ScanState = 'closed' | 'open' | 'broken';

/** What may come next. `done` is the end of a document, after which another may begin. */
type Expected = 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' | 'done';

/** Whether a line begins a JSON object or array. */
export const beginsJson = (line: string): boolean => /^[\s\uFEFF]*[{[]/.test(line);

/** A structural character, a string that ends in its line, or a run of other characters: a number or a name like `NaN`. */
const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+|"/g;

/**
 * Scans the lines of one or several JSON documents. It checks brackets, commas, colons, and strings, but no numbers, because
 * the sink also reads `NaN`. Its memory is one character for each open bracket.
 */
export class JsonScanner {
  #open = '';
  #expected: Expected = 'done';
  #fault: string | undefined;

  /** Why the text is broken, as a clause without a period. Undefined unless `line` has returned `broken`. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Scans the next line. After `broken` the result stays `broken`. */
  line(text: string): ScanState {
    for (const [token] of text.replace(/^\uFEFF/, '').matchAll(TOKEN)) {
      if (this.#take(token)) continue;
      this.#fault ??= faultOf(token, this.#expected, this.#open.at(-1));
      return 'broken';
    }
    return this.#open === '' ? 'closed' : 'open';
  }

  #take(token: string): boolean {
    if (token === '{' || token === '[') return this.#opens(token);
    if (token === '}' || token === ']') return this.#closes(token);
    if (token === ',') return this.#moves('comma', this.#open.endsWith('{') ? 'name' : 'value');
    if (token === ':') return this.#moves('colon', 'value');
    if (this.#expected.startsWith('name')) return token.length > 1 && token.startsWith('"') && this.#next('colon');
    // A quote alone begins a string that does not end in its line.
    return this.#expectsValue() && token !== '"' && this.#next('comma');
  }

  #expectsValue(): boolean {
    return this.#expected.startsWith('value');
  }

  #opens(bracket: string): boolean {
    if (!this.#expectsValue() && this.#expected !== 'done') return false;
    this.#open += bracket;
    return this.#next(bracket === '{' ? 'name or }' : 'value or ]');
  }

  #closes(bracket: string): boolean {
    if (!this.#open.endsWith(bracket === '}' ? '{' : '[')) return false;
    if (this.#expected !== 'comma' && !this.#expected.endsWith(bracket)) return false;
    this.#open = this.#open.slice(0, -1);
    return this.#next(this.#open === '' ? 'done' : 'comma');
  }

  #moves(from: Expected, to: Expected): boolean {
    return this.#expected === from && this.#next(to);
  }

  #next(expected: Expected): true {
    this.#expected = expected;
    return true;
  }
}

const NAMES: Readonly<Record<Expected, string>> = {
  value: 'a value',
  'value or ]': 'a value or "]"',
  name: 'a name in quotes',
  'name or }': 'a name in quotes or "}"',
  colon: '":"',
  comma: '"," or a closing bracket',
  done: '"{" or "["',
};

const SHOWN_MAX = 20;

const faultOf = (token: string, expected: Expected, open: string | undefined): string => {
  if (token === '"') return 'a text does not end in its line';
  // Only a comma is followed by a name and nothing else.
  const isAfterComma =
    (expected === 'name' && token === '}') || (expected === 'value' && token === ']' && open === '[');
  if (isAfterComma) return `"${token}" follows a comma`;
  const shown = token.length > SHOWN_MAX ? `${token.slice(0, SHOWN_MAX)}...` : token;
  return `expected ${NAMES[expected]}, got ${/^"/.test(shown) ? shown : `"${shown}"`}`;
};
