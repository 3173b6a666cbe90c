import type { ByteText } from './byte-text.ts';

/** Where `char` stands with an even number of backslashes before it, or -1. The count never looks behind an earlier hit. */
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

/** Like `indexOfUnescaped`, but hits inside double quotes do not count. */
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

/** Names and tag values know four escapes; any other backslash stays where it is. */
export const unescapeName = (text: ByteText): ByteText =>
  text.includes('\\') ? text.replace(/\\([ ,=\\])/g, '$1') : text;

/** In a string each run of backslashes is halved: rounded down before a quote, which it escapes, else rounded up. */
export const unescapeString = (text: ByteText): ByteText =>
  text.replace(/(\\+)("?)/g, (_run, slashes: string, mark: string) =>
    mark === '' ? '\\'.repeat(Math.ceil(slashes.length / 2)) : `${'\\'.repeat(Math.floor(slashes.length / 2))}"`,
  );
