/** Parses the text of a mapping and finds repeated members, of which `JSON.parse` silently keeps only the last. */

import { parseJson } from './json.ts';

/** A parsed mapping, before validation. */
export interface Declaration {
  readonly value: unknown;
  /** Places of members whose names repeat, such as `mapping.fields.v`. `value` contains only the last of each. */
  readonly repeated: readonly string[];
}

/**
 * Parses the text of a mapping. Skips a leading byte order mark, which some editors write without showing it.
 *
 * @param place - Name of the whole text in the places of repeated members.
 * @throws SyntaxError if the text is not JSON.
 */
export const parseDeclaration = (text: string, place: string): Declaration => {
  const json = text.replace(/^\uFEFF/, '');
  return { value: parseJson(json, false), repeated: repeatedMembers(json, place) };
};

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** An object or array that has been opened and not yet closed. */
interface Open {
  readonly place: string;
  /** Names read so far; `undefined` for an array. */
  readonly names: Set<string> | undefined;
  /** Name of the current member, `undefined` before it has been read. For an array, the current index. */
  at: string | number | undefined;
}

const placeIn = ({ place, at }: Open): string => (typeof at === 'number' ? `${place}[${at}]` : `${place}.${at}`);

/**
 * Returns the places of repeated members. The text has been parsed before, so every bracket is closed, and a string in
 * the position of a name is a name.
 */
const repeatedMembers = (json: string, place: string): string[] => {
  const repeated = new Set<string>();
  const stack: Open[] = [];
  for (const [token] of json.matchAll(TOKEN)) {
    const open = stack.at(-1);
    const here = open === undefined ? place : placeIn(open);
    if (token === '{') stack.push({ place: here, names: new Set(), at: undefined });
    else if (token === '[') stack.push({ place: here, names: undefined, at: 0 });
    else if (token === '}' || token === ']') stack.pop();
    else if (open === undefined) break;
    else if (token === ',') open.at = typeof open.at === 'number' ? open.at + 1 : undefined;
    else if (open.names !== undefined && open.at === undefined) {
      const name = JSON.parse(token) as string;
      open.at = name;
      if (open.names.has(name)) repeated.add(placeIn(open));
      open.names.add(name);
    }
  }
  return [...repeated];
};
