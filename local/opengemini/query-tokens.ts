/** Tokens of the query language. */

import { type ByteText, bytesOf } from './byte-text.ts';

interface Token {
  readonly text: string;
  /** The unescaped text of a token in double quotes, which is a name and never a keyword. Otherwise undefined. */
  readonly quoted: ByteText | undefined;
}

const TOKEN =
  /\s+|"((?:\\.|[^"\\])*)"|'(?:\\.|[^'\\])*'|\/(?:\\.|[^/\\\n])+\/|=~|!~|!=|<>|<=|>=|::|[A-Za-z_]\w*|\d+\.\d+|(?:\d+(?:ns|ms|[uµsmhdw])?)+|./gsu;

/** Splits a query into tokens, without white space. */
export const tokenize = (query: string): Token[] =>
  [...query.matchAll(TOKEN)]
    .filter(([text]) => text.trim() !== '')
    .map(([text, quoted]) => ({
      text,
      quoted: quoted === undefined ? undefined : bytesOf(quoted.replace(/\\(["\\])/g, '$1')),
    }));

/** Reserved words of the language, which are names only in quotes. The list is not complete. */
const RESERVED =
  /^(?:all|alter|and|as|asc|begin|by|create|database|databases|default|delete|desc|drop|duration|end|field|from|grant|group|in|insert|into|key|keys|kill|limit|measurement|measurements|offset|on|or|order|password|policies|policy|query|read|replication|retention|select|series|set|show|slimit|soffset|tag|to|user|users|values|where|with|write)$/i;

const isName = (token: Token): boolean =>
  token.quoted !== undefined || (/^[A-Za-z_]/.test(token.text) && !RESERVED.test(token.text));

/** Moves over the tokens. A method that does not match leaves the position unchanged. */
export interface Cursor {
  /** Consumes the words if they are next, in upper or lower case. */
  words(...words: string[]): boolean;
  /** Consumes a name. */
  name(): ByteText | undefined;
  /** Consumes an unquoted token that matches the pattern. */
  match(shape: RegExp): string | undefined;
  /** Consumes a text in single quotes, and returns it unescaped. */
  text(): string | undefined;
  atEnd(): boolean;
  /** Returns the current token, as an error names it. */
  unexpected(): string;
}

/** Creates a cursor at the first token. */
export const createCursor = (tokens: readonly Token[]): Cursor => {
  let at = 0;
  const isWord = (word: string, token: Token | undefined): boolean =>
    token !== undefined && token.quoted === undefined && token.text.toUpperCase() === word;
  const match = (shape: RegExp): string | undefined => {
    const token = tokens[at];
    if (token === undefined || token.quoted !== undefined || !shape.test(token.text)) return undefined;
    at++;
    return token.text;
  };
  return {
    words: (...words) => {
      const fits = words.every((word, offset) => isWord(word, tokens[at + offset]));
      if (fits) at += words.length;
      return fits;
    },
    name: () => {
      const token = tokens[at];
      if (token === undefined || !isName(token)) return undefined;
      at++;
      return token.quoted ?? bytesOf(token.text);
    },
    match,
    text: () =>
      match(/^'.*'$/s)
        ?.slice(1, -1)
        .replace(/\\(['\\])/g, '$1'),
    atEnd: () => at >= tokens.length,
    unexpected: () => tokens[at]?.text ?? 'the end of the query',
  };
};
