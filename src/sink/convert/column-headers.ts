/** Names that events bring along, checked and escaped once: events of one kind bring the same names again and again. */

import { checkName, escapeName, type NameRole } from '../mapping/name-rules.ts';
import { isRefusal } from '../refusal.ts';

/** Enough for any real schema; hostile input that brings ever new names only starts it over. */
const NAMES_MAX = 4_096;

export interface ColumnNames {
  /** The name as it stands in a line with what belongs to it (`,name=`); undefined when it is not a legal name. */
  header(name: string): Buffer | undefined;
}

export const columnNames = (role: NameRole): ColumnNames => {
  const headers = new Map<string, Buffer | undefined>();
  const make = (name: string): Buffer | undefined => {
    if (isRefusal(checkName(role, name, ''))) return undefined;
    return Buffer.from(role === 'measurement' ? escapeName(name) : `,${escapeName(name)}=`);
  };
  return {
    header(name) {
      const known = headers.get(name);
      if (known !== undefined || headers.has(name)) return known;
      if (headers.size >= NAMES_MAX) headers.clear();
      const header = make(name);
      headers.set(name, header);
      return header;
    },
  };
};
