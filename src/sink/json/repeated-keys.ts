/** Text of a declaration -> its value, and what `JSON.parse` keeps to itself: members that stand there twice. */

export interface Declaration {
  readonly value: unknown;
  /** Places of members whose names repeat: of each only the last is in the value. */
  readonly repeated: readonly string[];
}

/** Throws `SyntaxError`. A byte order mark in front, which editors leave there unseen, is skipped. */
export const parseDeclaration = (text: string, place: string): Declaration => {
  const json = text.replace(/^\uFEFF/, '');
  return { value: JSON.parse(json), repeated: repeatedMembers(json, place) };
};

const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],]/g;

/** An object or an array that is being read. */
interface Open {
  readonly place: string;
  /** Undefined for arrays. */
  readonly names: Set<string> | undefined;
  /** The name of the member being read, undefined before it; of arrays the index. */
  at: string | number | undefined;
}

const placeIn = ({ place, at }: Open): string => (typeof at === 'number' ? `${place}[${at}]` : `${place}.${at}`);

/** The text has been parsed before: every bracket closes, and a text that stands where a name is due is one. */
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
