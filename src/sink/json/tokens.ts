/**
 * Finds the first character and the ends of tokens in a JSON text. Every token is valid, and only the last one of a text
 * may be incomplete.
 */

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

/** Returns the first index from `from` on that is not white space. */
export const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
};

/** Returns the index after the string that begins at `from`; the length of the text if the string does not end. */
export const stringEnd = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return Math.min(at + 1, text.length);
};

/** Returns the index after the number, `true`, `false`, or `null` that begins at `from`. */
export const scalarEnd = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && !isSpace(text[at]) && !',]}'.includes(text[at] as string)) at += 1;
  return at;
};

/** Returns the code of the first character that is not space; `undefined` if there is none. */
export const firstVisible = (text: string): number | undefined => {
  const code = text.charCodeAt(0);
  if (code > 32 && code < 127) return code;
  const at = text.search(/\S/);
  return at < 0 ? undefined : text.charCodeAt(at);
};

const OPENING_BRACE = 123;
const OPENING_BRACKET = 91;

/** Whether the code of a character is that of an opening brace or bracket. */
export const beginsContainer = (code: number | undefined): boolean =>
  code === OPENING_BRACE || code === OPENING_BRACKET;
