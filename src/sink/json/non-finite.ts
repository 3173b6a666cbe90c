/**
 * Parses texts that are JSON except for bare NaN and infinities, as the JSON writers of Python, Jackson and C print
 * them. Such a text is rare, so each of its numbers keeps its source text, and one pass of this module is enough.
 */

import { parseWithSources } from './json.ts';

/** Names of numbers that JSON does not have, and numbers that stand for them while the text is parsed. */
const STAND_INS: ReadonlyMap<string, string> = new Map([
  ['NaN', '1e9000001'],
  ['nan', '1e9000002'],
  ['Infinity', '1e9000003'],
  ['inf', '1e9000004'],
]);
const NAMES: ReadonlyMap<string, string> = new Map([...STAND_INS].map(([name, number]) => [number, name]));

const LIKELY = /(?:NaN|nan|Infinity|inf)\s*[,}\]]|^\s*-?(?:NaN|nan|Infinity|inf)\s*$/;

/** Whether a text that is not JSON may become JSON if names of numbers are allowed. */
export const mayHaveNonFinite = (text: string): boolean => LIKELY.test(text);

/**
 * Parses a text with bare `NaN`, `nan`, `Infinity`, `inf` and their negatives outside strings. They become numbers that
 * are not finite.
 *
 * @throws SyntaxError if the text is not JSON otherwise.
 */
export const parseNonFinite = (text: string): ReturnType<typeof parseWithSources> =>
  parseWithSources(withStandIns(text), (source) => {
    const name = NAMES.get(source.replace('-', ''));
    return name === undefined ? source : source.replace(/[\d.e]+$/, name);
  });

const QUOTE = 34;
const BACKSLASH = 92;

/** Returns the text with numbers in place of names. Scans it once, so that a hostile text costs no more than its length. */
const withStandIns = (text: string): string => {
  const parts: string[] = [];
  let kept = 0;
  for (let at = 0; at < text.length; ) {
    if (text.charCodeAt(at) === QUOTE) {
      at = afterString(text, at);
      continue;
    }
    const name = nameAt(text, at);
    if (name === undefined) {
      at += 1;
      continue;
    }
    parts.push(text.slice(kept, at), STAND_INS.get(name) as string);
    at += name.length;
    kept = at;
  }
  return parts.length === 0 ? text : parts.join('') + text.slice(kept);
};

const afterString = (text: string, start: number): number => {
  let at = start + 1;
  while (at < text.length && text.charCodeAt(at) !== QUOTE) at += text.charCodeAt(at) === BACKSLASH ? 2 : 1;
  return at + 1;
};

const BEFORE = /[\s:,[-]/;
const AFTER = /[\s,}\]]/;

/** Returns the name that begins at an index and is a whole token; otherwise `undefined`. */
const nameAt = (text: string, at: number): string | undefined => {
  const first = text[at];
  if (first !== 'N' && first !== 'n' && first !== 'I' && first !== 'i') return undefined;
  if (at > 0 && !BEFORE.test(text[at - 1] as string)) return undefined;
  for (const name of STAND_INS.keys()) {
    const end = at + name.length;
    if (text.startsWith(name, at) && (end === text.length || AFTER.test(text[end] as string))) return name;
  }
  return undefined;
};
