/** Finds the ends of tokens in a JSON text that has been parsed before, so that every token is valid and complete. */

const isSpace = (char: string | undefined): boolean => char === ' ' || char === '\n' || char === '\r' || char === '\t';

/** Returns the first index from `from` on that is not white space. */
export const skipSpace = (text: string, from: number): number => {
  let at = from;
  while (isSpace(text[at])) at += 1;
  return at;
};

/** Returns the index after the string that begins at `from`. */
export const stringEnd = (text: string, from: number): number => {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
};

/** Returns the index after the number, `true`, `false`, or `null` that begins at `from`. */
export const scalarEnd = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && !isSpace(text[at]) && !',]}'.includes(text[at] as string)) at += 1;
  return at;
};
