/** Parses `SHOW` statements. */

import type { ByteText } from './byte-text.ts';
import { type Condition, parsePattern } from './query-condition.ts';
import { type Page, parseList, parsePage, parseSource, parseWhere, type Source } from './query-select.ts';
import type { Cursor } from './query-tokens.ts';

/** Names that match: listed ones, or those of a pattern. */
export type NameFilter =
  | { readonly names: readonly ByteText[] }
  | { readonly pattern: RegExp; readonly isNegated: boolean };

/** A statement that lists names. An undefined database is taken from the request. */
export type Show =
  | { readonly kind: 'show-databases' }
  | { readonly kind: 'show-policies'; readonly database: ByteText | undefined }
  | {
      readonly kind: 'show-measurements';
      readonly database: ByteText | undefined;
      readonly filter: NameFilter | undefined;
      readonly page: Page;
    }
  | ShowColumns;

/** A statement that lists the tags or fields of measurements. */
export interface ShowColumns {
  readonly kind: 'show-tag-keys' | 'show-tag-values' | 'show-field-keys';
  readonly database: ByteText | undefined;
  /** Undefined means all measurements. */
  readonly source: Source | undefined;
  /** Keys whose values are listed. */
  readonly filter: NameFilter | undefined;
  readonly condition: Condition | undefined;
  readonly page: Page;
}

const parseDatabase = (cursor: Cursor): { database: ByteText | undefined } | undefined => {
  if (!cursor.words('ON')) return { database: undefined };
  const database = cursor.name();
  return database === undefined ? undefined : { database };
};

const parseFilter = (cursor: Cursor): NameFilter | undefined => {
  const operator = cursor.match(/^(?:=|=~|!~|in)$/i)?.toLowerCase();
  if (operator === '=~' || operator === '!~') {
    const pattern = parsePattern(cursor);
    return pattern && { pattern, isNegated: operator === '!~' };
  }
  if (operator === 'in') {
    const names = cursor.words('(') ? parseList(cursor, () => cursor.name()) : undefined;
    return names && cursor.words(')') ? { names } : undefined;
  }
  const name = operator === '=' ? cursor.name() : undefined;
  return name === undefined ? undefined : { names: [name] };
};

const parseMeasurements = (cursor: Cursor): Show | undefined => {
  const on = parseDatabase(cursor);
  const isFiltered = on !== undefined && cursor.words('WITH', 'MEASUREMENT');
  const filter = isFiltered ? parseFilter(cursor) : undefined;
  if (on === undefined || (isFiltered && filter === undefined)) return undefined;
  const page = parsePage(cursor);
  return page && { kind: 'show-measurements', ...on, filter, page };
};

const parseColumns = (
  cursor: Cursor,
  nowNs: bigint,
  kind: 'show-tag-keys' | 'show-tag-values' | 'show-field-keys',
): Show | undefined => {
  const on = parseDatabase(cursor);
  if (on === undefined) return undefined;
  const isLimited = cursor.words('FROM');
  const source = isLimited ? parseSource(cursor) : undefined;
  if (isLimited && source === undefined) return undefined;
  const needsKey = kind === 'show-tag-values';
  const filter = needsKey && cursor.words('WITH', 'KEY') ? parseFilter(cursor) : undefined;
  if (needsKey && filter === undefined) return undefined;
  const where = kind === 'show-field-keys' ? { condition: undefined } : parseWhere(cursor, nowNs);
  const page = where && parsePage(cursor);
  return page && { kind, ...on, source, filter, ...where, page };
};

/** Parses the part of a statement after `SHOW`. */
export const parseShow = (cursor: Cursor, nowNs: bigint): Show | undefined => {
  if (cursor.words('DATABASES')) return { kind: 'show-databases' };
  if (cursor.words('MEASUREMENTS')) return parseMeasurements(cursor);
  if (cursor.words('TAG', 'KEYS')) return parseColumns(cursor, nowNs, 'show-tag-keys');
  if (cursor.words('TAG', 'VALUES')) return parseColumns(cursor, nowNs, 'show-tag-values');
  if (cursor.words('FIELD', 'KEYS')) return parseColumns(cursor, nowNs, 'show-field-keys');
  if (!cursor.words('RETENTION', 'POLICIES')) return undefined;
  const on = parseDatabase(cursor);
  return on && { kind: 'show-policies', ...on };
};
