/** Finds separators and removes escapes in a line, with the server's rules for backslashes and quotes. */

import type { ByteText } from './byte-text.ts';

/**
 * Returns the first index of `char` with an even number of backslashes before it, or -1. The count of backslashes stops
 * at an earlier occurrence of `char`.
 */
export const indexOfUnescaped = (text: ByteText, char: string): number => {
  let from = 0;
  for (;;) {
    const at = text.indexOf(char, from);
    if (at < 0) return -1;
    let slashes = 0;
    while (at - slashes > from && text[at - slashes - 1] === '\\') slashes++;
    if (slashes % 2 === 0) return at;
    from = at + 1;
  }
};

const endsInQuote = (text: ByteText): boolean => {
  let inside = false;
  for (let rest = text; ; inside = !inside) {
    const at = indexOfUnescaped(rest, '"');
    if (at < 0) return inside;
    rest = rest.slice(at + 1);
  }
};

/** Like `indexOfUnescaped`, but ignores characters inside double quotes. */
export const indexOfUnquoted = (text: ByteText, char: string): number => {
  let offset = 0;
  for (;;) {
    const rest = text.slice(offset);
    const at = indexOfUnescaped(rest, char);
    if (at < 0) return -1;
    if (!endsInQuote(rest.slice(0, at))) return offset + at;
    const closing = indexOfUnescaped(rest.slice(at + 1), '"');
    if (closing < 0) return -1;
    offset += at + 1 + closing + 1;
  }
};

/** Removes the four escapes of names and tag values. Any other backslash is kept. */
export const unescapeName = (text: ByteText): ByteText =>
  text.includes('\\') ? text.replace(/\\([ ,=\\])/g, '$1') : text;

/**
 * Removes the escapes of a string. Each run of backslashes is halved: rounded down before a quote, otherwise rounded
 * up.
 */
export const unescapeString = (text: ByteText): ByteText =>
  text.replace(/(\\+)("?)/g, (_run, slashes: string, mark: string) =>
    mark === '' ? '\\'.repeat(Math.ceil(slashes.length / 2)) : `${'\\'.repeat(Math.floor(slashes.length / 2))}"`,
  );
