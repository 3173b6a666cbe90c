/** Finds lines and JSON documents in the text of a body. */

import { valueEnd } from '../json/source-spans.ts';
import { beginsContainer, firstVisible, skipSpace } from '../json/tokens.ts';
import { type Unpacked, withoutByteOrderMark } from './unpack.ts';

/**
 * Yields the lines of a text one by one, because a list of all lines of a body of line breaks could exhaust the memory.
 */
export function* linesOf(text: string): Generator<string> {
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length + 1 : end + 1;
  }
}

/** Whether a line looks like line protocol: an equals sign follows a space, as in a field. */
export const LIKE_LINE_PROTOCOL = /^\S[^ \n]* .*=/;

/**
 * Returns the texts of objects and arrays that follow each other, with or without space between them; `undefined` if
 * there is anything else.
 *
 * @param max - Documents that are separated, at most. One more is returned if there are more.
 */
export const documentsIn = (text: string, max: number): readonly string[] | undefined => {
  const documents: string[] = [];
  for (let at = skipSpace(text, 0); at < text.length; ) {
    if (text[at] !== '{' && text[at] !== '[') return undefined;
    const end = valueEnd(text, at);
    documents.push(text.slice(at, end));
    if (documents.length > max) return documents;
    at = skipSpace(text, end);
  }
  return documents;
};

/** Returns the text that a JSON text contains, if that is JSON; otherwise `undefined`. */
export const textInJson = (text: string): Unpacked | undefined => {
  try {
    const inner: unknown = JSON.parse(text);
    return typeof inner === 'string' && isTelemetry(inner) ? { text: inner, bytes: inner.length } : undefined;
  } catch {
    return undefined;
  }
};

/** Whether a text begins like JSON, or looks like line protocol. */
export const isTelemetry = (text: string): boolean => {
  const content = withoutByteOrderMark(text);
  return beginsContainer(firstVisible(content)) || LIKE_LINE_PROTOCOL.test(content);
};
