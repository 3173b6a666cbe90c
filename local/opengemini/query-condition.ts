/** Conditions after `WHERE`: on the time, on tags, and on fields. */

import { type ByteText, bytesOf, textOf } from './byte-text.ts';
import { parseTime } from './query-time.ts';
import type { Cursor } from './query-tokens.ts';
import type { FieldValue } from './row.ts';

type Operator = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A parsed condition. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'time'; readonly operator: Exclude<Operator, '!='>; readonly timeNs: bigint }
  | { readonly kind: 'compare'; readonly key: ByteText; readonly operator: Operator; readonly value: FieldValue }
  | { readonly kind: 'match'; readonly key: ByteText; readonly pattern: RegExp; readonly isNegated: boolean };

/** A query that the language may permit, and the stand-in does not support. The message states what. */
export class UnsupportedQuery extends Error {
  override readonly name = 'UnsupportedQuery';
}

/** Parses a regular expression between slashes. Its syntax is that of JavaScript, and `(?i)` at its start. */
export const parsePattern = (cursor: Cursor): RegExp | undefined => {
  const literal = cursor.match(/^\/.+\/$/s);
  if (literal === undefined) return undefined;
  const source = literal.slice(1, -1).replaceAll('\\/', '/');
  const ignoresCase = source.startsWith('(?i)');
  try {
    return new RegExp(ignoresCase ? source.slice('(?i)'.length) : source, ignoresCase ? 'i' : '');
  } catch {
    throw new UnsupportedQuery(`the pattern ${literal}`);
  }
};

const parseValue = (cursor: Cursor): FieldValue | undefined => {
  const text = cursor.text();
  if (text !== undefined) return bytesOf(text);
  if (cursor.words('TRUE')) return true;
  if (cursor.words('FALSE')) return false;
  const isNegative = cursor.words('-');
  const digits = cursor.match(/^\d+(?:\.\d+)?$/);
  if (digits === undefined) return undefined;
  const value = digits.includes('.') ? Number(digits) : BigInt(digits);
  return isNegative ? -value : value;
};

/** Consumes a cast like `::tag`. Names of tags and fields differ, so that it has no effect. */
export const skipCast = (cursor: Cursor): boolean =>
  !cursor.words('::') || cursor.match(/^(?:tag|field|float|integer|string|boolean)$/i) !== undefined;

const parseComparison = (cursor: Cursor, nowNs: bigint, isInOr: boolean): Condition | undefined => {
  const key = cursor.name();
  if (key === undefined || !skipCast(cursor)) return undefined;
  if (key.toLowerCase() === 'time') {
    const operator = cursor.match(/^(?:=|<=?|>=?)$/) as '=' | '<' | '<=' | '>' | '>=' | undefined;
    const timeNs = operator === undefined ? undefined : parseTime(cursor, nowNs);
    if (operator === undefined || timeNs === undefined) return undefined;
    if (isInOr) throw new UnsupportedQuery('a condition on the time beside OR');
    return { kind: 'time', operator, timeNs };
  }
  const match = cursor.match(/^[=!]~$/);
  if (match !== undefined) {
    const pattern = parsePattern(cursor);
    return pattern && { kind: 'match', key, pattern, isNegated: match === '!~' };
  }
  const operator = cursor.match(/^(?:=|!=|<>|<=?|>=?)$/)?.replace('<>', '!=') as Operator | undefined;
  const value = operator === undefined ? undefined : parseValue(cursor);
  return operator === undefined || value === undefined ? undefined : { kind: 'compare', key, operator, value };
};

const parsePart = (cursor: Cursor, nowNs: bigint, isInOr: boolean): Condition | undefined => {
  if (!cursor.words('(')) return parseComparison(cursor, nowNs, isInOr);
  const inner = parseChain(cursor, nowNs, isInOr);
  return cursor.words(')') ? inner : undefined;
};

const hasTime = (condition: Condition): boolean =>
  condition.kind === 'time' || ('parts' in condition && condition.parts.some(hasTime));

/** Returns what connects the next part, if there is one. */
const parseConnective = (cursor: Cursor): 'and' | 'or' | undefined => {
  if (cursor.words('AND')) return 'and';
  return cursor.words('OR') ? 'or' : undefined;
};

const parseChain = (cursor: Cursor, nowNs: bigint, isInOr: boolean): Condition | undefined => {
  let condition = parsePart(cursor, nowNs, isInOr);
  while (condition !== undefined) {
    const kind = parseConnective(cursor);
    if (kind === undefined) return condition;
    if (kind === 'or' && hasTime(condition)) throw new UnsupportedQuery('a condition on the time beside OR');
    const part = parsePart(cursor, nowNs, isInOr || kind === 'or');
    condition = part && { kind, parts: [condition, part] };
  }
  return undefined;
};

/**
 * Parses a condition. `AND` and `OR` bind equally and from the left, unlike in other dialects: `a OR b AND c` is
 * `(a OR b) AND c` (openGemini, `lib/util/lifted/influx/influxql/sql.y`: `%left AND OR`).
 *
 * @throws {UnsupportedQuery} For a condition on the time that is an alternative, because the server reads it differently.
 */
export const parseCondition = (cursor: Cursor, nowNs: bigint): Condition | undefined =>
  parseChain(cursor, nowNs, false);

/** Columns of a point, as a condition reads them. */
export interface ConditionRow {
  readonly timeNs: bigint;
  /** Returns the value of a field, or undefined. Tags are not fields. */
  field(key: ByteText): FieldValue | undefined;
  /** Returns the value of a tag. A missing tag is empty. */
  tag(key: ByteText): ByteText;
  /** Whether the schema has a field of that name. */
  isField(key: ByteText): boolean;
}

const compare = (left: FieldValue, operator: Operator, right: FieldValue): boolean => {
  const areNumbers = [left, right].every((side) => typeof side === 'number' || typeof side === 'bigint');
  if (!areNumbers && typeof left !== typeof right) return false;
  // Equality of an integer and a float is that of their values.
  const isEqual = !(left < right) && !(left > right);
  if (operator === '=') return isEqual;
  if (operator === '!=') return !isEqual;
  if (!areNumbers) return false;
  return operator.startsWith('<')
    ? left < right || (operator === '<=' && isEqual)
    : !(left < right) && (operator === '>=' || !isEqual);
};

/** Whether a point fulfills a condition. A field that the point does not have fulfills none. */
export const fulfills = (condition: Condition, row: ConditionRow): boolean => {
  switch (condition.kind) {
    case 'and':
      return condition.parts.every((part) => fulfills(part, row));
    case 'or':
      return condition.parts.some((part) => fulfills(part, row));
    case 'time':
      return compare(row.timeNs, condition.operator, condition.timeNs);
    case 'compare': {
      const value = row.isField(condition.key) ? row.field(condition.key) : row.tag(condition.key);
      return value !== undefined && compare(value, condition.operator, condition.value);
    }
    case 'match': {
      const value = row.isField(condition.key) ? row.field(condition.key) : row.tag(condition.key);
      return typeof value === 'string' && condition.pattern.test(textOf(value)) !== condition.isNegated;
    }
  }
};

/** Limits of the time, both inclusive. Undefined means no limit. */
export interface TimeRange {
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
}

/** Returns the range of times that fulfill a condition. */
export const timeRange = (condition: Condition | undefined): TimeRange => {
  if (condition?.kind === 'and') return condition.parts.map(timeRange).reduce(intersection);
  if (condition?.kind !== 'time') return { min: undefined, max: undefined };
  const { operator, timeNs } = condition;
  if (operator === '=') return { min: timeNs, max: timeNs };
  return operator.startsWith('>')
    ? { min: operator === '>' ? timeNs + 1n : timeNs, max: undefined }
    : { min: undefined, max: operator === '<' ? timeNs - 1n : timeNs };
};

const intersection = (a: TimeRange, b: TimeRange): TimeRange => ({
  min: a.min === undefined || (b.min !== undefined && b.min > a.min) ? b.min : a.min,
  max: a.max === undefined || (b.max !== undefined && b.max < a.max) ? b.max : a.max,
});
