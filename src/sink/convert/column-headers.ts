/** Caches validated and escaped names that come from events, because events of one kind repeat the same names. */

import { type Header, header as headerOf } from '../lines/header.ts';
import { checkName, escapeName, type NameRole } from '../mapping/name-rules.ts';
import { isRefusal } from '../refusal.ts';

/**
 * Names in a cache, at most. This is enough for any real schema. If every event has new names, the cache is emptied
 * again and again, but does not grow.
 */
const NAMES_MAX = 4_096;

/** Cache of the names of one role. */
export interface ColumnNames {
  /**
   * Returns the bytes of a name in a line: `,name=` for a tag or field, `name` for a measurement. Returns `undefined`
   * if the name is not valid.
   */
  header(name: string): Header | undefined;
}

/** Creates an empty cache. */
export const columnNames = (role: NameRole): ColumnNames => {
  const headers = new Map<string, Header | undefined>();
  const create = (name: string): Header | undefined => {
    if (isRefusal(checkName(role, name, ''))) return undefined;
    return headerOf(role === 'measurement' ? escapeName(name) : `,${escapeName(name)}=`);
  };
  return {
    header(name) {
      const known = headers.get(name);
      if (known !== undefined || headers.has(name)) return known;
      if (headers.size >= NAMES_MAX) headers.clear();
      const header = create(name);
      headers.set(name, header);
      return header;
    },
  };
};
