/** Text with one character per byte, and its conversions to and from normal text. */

/**
 * Text as the server stores it: one character per byte. A line may contain bytes that are not valid UTF-8, and all its
 * limits count bytes. Names and values therefore keep this form until they are printed.
 */
export type ByteText = string;

/** Returns the UTF-8 bytes of a text. */
export const bytesOf = (text: string): ByteText => Buffer.from(text, 'utf8').toString('latin1');

const PLAIN = /^[\x20-\x7e]*$/;

/** One well-formed UTF-8 character, or (last branch) a single byte that is not part of one. */
const RUNE = new RegExp(
  [
    '[\\x00-\\x7f]',
    '[\\xc2-\\xdf][\\x80-\\xbf]',
    '\\xe0[\\xa0-\\xbf][\\x80-\\xbf]',
    '\\xed[\\x80-\\x9f][\\x80-\\xbf]',
    '[\\xe1-\\xec\\xee\\xef][\\x80-\\xbf]{2}',
    '\\xf0[\\x90-\\xbf][\\x80-\\xbf]{2}',
    '[\\xf1-\\xf3][\\x80-\\xbf]{3}',
    '\\xf4[\\x80-\\x8f][\\x80-\\xbf]{2}',
    '[^]',
  ].join('|'),
  'g',
);

/** A character of the text, or undefined for a byte that is not valid UTF-8. */
type Rune = string | undefined;

const mapRunes = (bytes: ByteText, convert: (rune: Rune, raw: ByteText) => string): string =>
  bytes.replace(RUNE, (raw) =>
    convert(raw.length === 1 && raw > '\x7f' ? undefined : Buffer.from(raw, 'latin1').toString('utf8'), raw),
  );

/** Returns the bytes as normal text. Each invalid byte becomes one U+FFFD (TextDecoder would merge some of them). */
export const textOf = (bytes: ByteText): string =>
  PLAIN.test(bytes) ? bytes : mapRunes(bytes, (rune) => rune ?? '\ufffd');

const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Whether all characters are printable. An invalid byte counts as printable, because it is checked as U+FFFD. */
export const isPrintable = (bytes: ByteText): boolean =>
  PLAIN.test(bytes) || [...textOf(bytes)].every((rune) => PRINTABLE.test(rune));

const NAMED_ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
};

const hex = (code: number, width: number): string => code.toString(16).padStart(width, '0');

const quoteRune = (rune: Rune, raw: ByteText): ByteText => {
  if (rune === undefined) return `\\x${hex(raw.charCodeAt(0), 2)}`;
  const named = NAMED_ESCAPES[rune];
  if (named !== undefined) return named;
  if (PRINTABLE.test(rune)) return raw;
  const code = rune.codePointAt(0) ?? 0;
  if (code < 0x20 || code === 0x7f) return `\\x${hex(code, 2)}`;
  return code < 0x1_0000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`;
};

/** Returns the quoted form of a text in error texts (the server's `%q`). */
export const quote = (bytes: ByteText): ByteText => `"${mapRunes(bytes, quoteRune)}"`;

const JSON_ESCAPES: Readonly<Record<string, string>> = {
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '"': '\\"',
  '\\': '\\\\',
};

/**
 * Returns a JSON string with the server's escapes, which include `<`, `>`, `&`, and the two line separators of Unicode.
 */
export const jsonString = (bytes: ByteText): string =>
  `"${mapRunes(bytes, (rune) => {
    if (rune === undefined) return '\\ufffd';
    return JSON_ESCAPES[rune] ?? (/[\x00-\x1f<>&\u2028\u2029]/.test(rune) ? `\\u${hex(rune.charCodeAt(0), 4)}` : rune);
  })}"`;

/** All white space of Unicode, as bytes. The server trims it from a timestamp before it parses the timestamp. */
const SPACE =
  '(?:[\\t-\\r ]|\\xc2[\\x85\\xa0]|\\xe1\\x9a\\x80|\\xe2\\x80[\\x80-\\x8a\\xa8\\xa9\\xaf]|\\xe2\\x81\\x9f|\\xe3\\x80\\x80)';
const SPACE_AROUND = new RegExp(`^${SPACE}+|${SPACE}+$`, 'g');

/** Removes white space at both ends. */
export const trimSpace = (bytes: ByteText): ByteText => bytes.replace(SPACE_AROUND, '');
