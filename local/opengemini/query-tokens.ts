import { type ByteText, bytesOf } from './byte-text.ts';

interface Token {
  readonly text: string;
  /** Set when it was written in double quotes: then it is a name and never a keyword. */
  readonly quoted: ByteText | undefined;
}

const TOKEN = /\s+|"((?:\\.|[^"\\])*)"|'(?:\\.|[^'\\])*'|[A-Za-z_]\w*|(?:\d+(?:ns|ms|[uµsmhdw])?)+|./gsu;

export const tokenize = (query: string): Token[] =>
  [...query.matchAll(TOKEN)]
    .filter(([text]) => text.trim() !== '')
    .map(([text, quoted]) => ({
      text,
      quoted: quoted === undefined ? undefined : bytesOf(quoted.replace(/\\(["\\])/g, '$1')),
    }));

/** Words that the real language keeps for itself: bare, they are no names. Not the whole list. */
const RESERVED =
  /^(?:all|alter|as|asc|begin|by|create|database|databases|default|delete|desc|drop|duration|end|field|from|grant|group|in|insert|into|key|keys|kill|limit|measurement|measurements|on|order|password|policy|query|read|replication|retention|select|series|set|show|tag|to|user|users|values|where|with|write)$/i;

const isName = (token: Token): boolean =>
  token.quoted !== undefined || (/^[A-Za-z_]/.test(token.text) && !RESERVED.test(token.text));

/** Walks over the tokens; each step either takes what it asks for or leaves everything in place. */
export interface Cursor {
  words(...words: string[]): boolean;
  name(): ByteText | undefined;
  match(shape: RegExp): string | undefined;
  atEnd(): boolean;
  /** The class of the token in the way, as the error text names it. */
  unexpected(): string;
}

export const createCursor = (tokens: readonly Token[]): Cursor => {
  let at = 0;
  const isWord = (word: string, token: Token | undefined): boolean =>
    token !== undefined && token.quoted === undefined && token.text.toUpperCase() === word;
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
    match: (shape) => {
      const token = tokens[at];
      if (token === undefined || token.quoted !== undefined || !shape.test(token.text)) return undefined;
      at++;
      return token.text;
    },
    atEnd: () => at >= tokens.length,
    unexpected: () => {
      const token = tokens[at];
      if (token === undefined) return '$end';
      return isName(token) ? 'IDENT' : /^\w/.test(token.text) ? token.text.toUpperCase() : '$unk';
    },
  };
};
