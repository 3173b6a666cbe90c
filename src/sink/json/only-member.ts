/** Looks at one number of a JSON text without parsing the text. */

const QUOTE = 34;
const MINUS = 45;
const ZERO = 48;
const COLON = 58;
const BACKSLASH = 92;

/** Digits of an integer, at most, whose double is exact for all of them. */
const EXACT_DIGITS = 15;

/**
 * Returns the end of a member's name in JSON, for `isOnlyPlainInteger`. `undefined` for a name that JSON can write in
 * several ways.
 */
export const memberPattern = (name: string | undefined): string | undefined =>
  name !== undefined && /^[\x20-\x7e]+$/.test(name) && !/["\\]/.test(name) ? `${name}"` : undefined;

/**
 * Whether a text contains exactly one member with a name, and its value is an integer of at most 15 digits, without a
 * fraction or an exponent. Searching for the name is faster than reading the whole text.
 *
 * @param text - JSON without escapes in names.
 * @param pattern - Result of `memberPattern`.
 */
export const isOnlyPlainInteger = (text: string, pattern: string): boolean => {
  const at = nextMember(text, pattern, 0);
  return at >= 0 && isPlainInteger(text, at) && nextMember(text, pattern, at) < 0;
};

/** Returns the index after the next name and its colon, or -1. Text in a string never has a quote without a backslash. */
const nextMember = (text: string, pattern: string, from: number): number => {
  for (let at = text.indexOf(pattern, from); at >= 0; at = text.indexOf(pattern, at + pattern.length)) {
    if (text.charCodeAt(at - 1) !== QUOTE || text.charCodeAt(at - 2) === BACKSLASH) continue;
    const colon = skipSpace(text, at + pattern.length);
    if (text.charCodeAt(colon) === COLON) return skipSpace(text, colon + 1);
  }
  return -1;
};

const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (text.charCodeAt(at) <= 32) at += 1;
  return at;
};

const isPlainInteger = (text: string, from: number): boolean => {
  const first = text.charCodeAt(from) === MINUS ? from + 1 : from;
  let at = first;
  let code = text.charCodeAt(at);
  while (code >= ZERO && code <= ZERO + 9) code = text.charCodeAt(++at);
  // A dot or an exponent may follow, or a brace, a comma, or space.
  return at > first && at - first <= EXACT_DIGITS && (code === 44 || code === 125 || code <= 32);
};
