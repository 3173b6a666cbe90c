/** Parses `SELECT` statements, as far as dashboards, tests, the demo, and `dev` need them. */

import { type ByteText, textOf } from './byte-text.ts';
import { type Condition, parseCondition, skipCast, UnsupportedQuery } from './query-condition.ts';
import { parseDuration } from './query-time.ts';
import type { Cursor } from './query-tokens.ts';

/** Functions of a selection, in lower case. */
export const FUNCTIONS = ['mean', 'sum', 'count', 'min', 'max', 'first', 'last', 'percentile'] as const;

/** Name of a function. */
export type FunctionName = (typeof FUNCTIONS)[number];

/** A selected column, or a function of a field. */
export interface Selected {
  /** Undefined for the column itself. */
  readonly call: FunctionName | undefined;
  /** The percentage of `percentile()`. */
  readonly percentage: number | undefined;
  /** Undefined means all fields. */
  readonly name: ByteText | undefined;
  /** Name after `AS`. */
  readonly alias: ByteText | undefined;
}

/** Location of a measurement. An undefined database or policy is taken from the request. */
export interface Source {
  readonly database: ByteText | undefined;
  readonly policy: ByteText | undefined;
  readonly measurement: ByteText;
}

/** Intervals of `GROUP BY time(every, offset)`, in nanoseconds. */
export interface Windows {
  readonly everyNs: bigint;
  readonly offsetNs: bigint;
  /** Values of intervals without points: none, null, the previous one, or a number. */
  readonly fill: 'none' | 'null' | 'previous' | number;
}

/** Number of results to skip, and to return at most. 0 returns all. */
export interface Page {
  readonly offset: number;
  readonly limit: number;
}

/** A `SELECT` statement. */
export interface Select {
  readonly kind: 'select';
  /** All columns, or a list. */
  readonly columns: 'all' | readonly Selected[];
  readonly source: Source;
  readonly condition: Condition | undefined;
  readonly groupBy: 'all' | readonly ByteText[];
  readonly windows: Windows | undefined;
  readonly isDescending: boolean;
  readonly page: Page;
}

/** Parses a list that commas separate. */
export const parseList = <T>(cursor: Cursor, parse: () => T | undefined): T[] | undefined => {
  const items: T[] = [];
  do {
    const item = parse();
    if (item === undefined) return undefined;
    items.push(item);
  } while (cursor.words(','));
  return items;
};

const parseField = (cursor: Cursor): { name: ByteText | undefined } | undefined => {
  if (cursor.words('*')) return { name: undefined };
  const name = cursor.name();
  if (name !== undefined && cursor.words('(')) throw new UnsupportedQuery(`the function ${textOf(name)}()`);
  return name !== undefined && skipCast(cursor) ? { name } : undefined;
};

const parseSelected = (cursor: Cursor): Selected | undefined => {
  const call = FUNCTIONS.find((name) => cursor.words(name.toUpperCase(), '('));
  const field = call === undefined && cursor.words('*') ? undefined : parseField(cursor);
  const percentage = call === 'percentile' ? parsePercentage(cursor) : undefined;
  if (field === undefined || (call === 'percentile' && percentage === undefined)) return undefined;
  if (call !== undefined && !cursor.words(')')) return undefined;
  const alias = cursor.words('AS') ? cursor.name() : undefined;
  return { call, percentage, ...field, alias };
};

const parsePercentage = (cursor: Cursor): number | undefined => {
  const digits = cursor.words(',') ? cursor.match(/^\d+(?:\.\d+)?$/) : undefined;
  return digits === undefined ? undefined : Number(digits);
};

const parseColumns = (cursor: Cursor): Select['columns'] | undefined => {
  if (cursor.words('*')) return 'all';
  const columns = parseList(cursor, () => parseSelected(cursor));
  if (columns?.some(({ call }) => call === undefined) && columns.some(({ call }) => call !== undefined))
    throw new UnsupportedQuery('functions and columns in one selection');
  return columns;
};

/** Parses `m`, `policy.m`, `database.policy.m`, and `database..m`. */
export const parseSource = (cursor: Cursor): Source | undefined => {
  const parts: Array<ByteText | undefined> = [cursor.name()];
  while (cursor.words('.')) parts.push(cursor.name());
  const measurement = parts.pop();
  if (measurement === undefined || parts.length > 2) return undefined;
  const policy = parts.pop();
  return { database: parts.pop(), policy, measurement };
};

type Dimension = ByteText | { readonly everyNs: bigint; readonly offsetNs: bigint };

const parseDimension = (cursor: Cursor): Dimension | undefined => {
  if (!cursor.words('TIME', '(')) {
    const name = cursor.name();
    return name !== undefined && skipCast(cursor) ? name : undefined;
  }
  const everyNs = parseDuration(cursor);
  const isNegative = cursor.words(',') && cursor.words('-');
  const offsetNs = parseDuration(cursor) ?? 0n;
  return everyNs && cursor.words(')') ? { everyNs, offsetNs: isNegative ? -offsetNs : offsetNs } : undefined;
};

const parseFill = (cursor: Cursor): Windows['fill'] | undefined => {
  if (!cursor.words('FILL', '(')) return 'null';
  const word = cursor.match(/^(?:none|null|previous|\d+(?:\.\d+)?)$/i)?.toLowerCase();
  if (word === undefined || !cursor.words(')')) return undefined;
  return word === 'none' || word === 'null' || word === 'previous' ? word : Number(word);
};

type Grouping = Pick<Select, 'groupBy' | 'windows'>;

const parseGrouping = (cursor: Cursor): Grouping | undefined => {
  if (!cursor.words('GROUP', 'BY')) return { groupBy: [], windows: undefined };
  if (cursor.words('*')) return { groupBy: 'all', windows: undefined };
  const dimensions = parseList(cursor, () => parseDimension(cursor));
  const fill = dimensions && parseFill(cursor);
  if (dimensions === undefined || fill === undefined) return undefined;
  const windows = dimensions.filter((each) => typeof each !== 'string');
  const groupBy = dimensions.filter((each) => typeof each === 'string');
  const [first] = windows;
  return windows.length > 1 ? undefined : { groupBy, windows: first && { ...first, fill } };
};

const parseOrder = (cursor: Cursor): { readonly isDescending: boolean } | undefined => {
  if (!cursor.words('ORDER', 'BY')) return { isDescending: false };
  if (!cursor.words('TIME')) return undefined;
  if (cursor.words('DESC')) return { isDescending: true };
  cursor.words('ASC');
  return { isDescending: false };
};

/** Parses `LIMIT` and `OFFSET`. */
export const parsePage = (cursor: Cursor): Page | undefined => {
  const limit = cursor.words('LIMIT') ? cursor.match(/^\d+$/) : '0';
  const offset = limit !== undefined && cursor.words('OFFSET') ? cursor.match(/^\d+$/) : '0';
  return limit === undefined || offset === undefined ? undefined : { limit: Number(limit), offset: Number(offset) };
};

/** Returns the items of a page. */
export const pageOf = <T>(items: readonly T[], { limit, offset }: Page): readonly T[] =>
  items.slice(offset, limit === 0 ? undefined : offset + limit);

/** Parses `WHERE` and a condition, if they are next. Returns undefined for a condition with a fault. */
export const parseWhere = (cursor: Cursor, nowNs: bigint): { condition: Condition | undefined } | undefined => {
  if (!cursor.words('WHERE')) return { condition: undefined };
  const condition = parseCondition(cursor, nowNs);
  return condition && { condition };
};

/** Parses the part of a statement after `SELECT`. */
export const parseSelect = (cursor: Cursor, nowNs: bigint): Select | undefined => {
  const columns = parseColumns(cursor);
  if (columns === undefined || !cursor.words('FROM')) return undefined;
  const source = parseSource(cursor);
  const where = source && parseWhere(cursor, nowNs);
  const grouping = where && parseGrouping(cursor);
  const order = grouping && parseOrder(cursor);
  const page = order && parsePage(cursor);
  return page && source && { kind: 'select', columns, source, ...where, ...grouping, ...order, page };
};
