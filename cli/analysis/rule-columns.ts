/** The paths of a mapping rule, by the column that reads them. Analyses of the input follow them. */

import type { MappingRule } from '../../src/sink/mapping/mapping.ts';
import type { Path } from '../../src/sink/mapping/path.ts';

/** A part of a rule that reads values. */
export interface RuleColumn {
  /** Place in the rule, for example `fields.temperature` or `timestamp`. */
  readonly place: string;
  readonly paths: readonly Path[];
  /** Whether it takes the members of an object (`*`). */
  readonly wildcard: Wildcard | undefined;
}

/** Which members of an object a wildcard takes. */
export interface Wildcard {
  /** Whether it takes the members of nested objects. */
  readonly nested: boolean;
  /** Whether it takes the elements of arrays. */
  readonly arrays: boolean;
}

/** Parts of a rule that decide whether it applies, or where its events are. */
const NOT_COLUMNS = new Set(['when', 'events']);
const WILDCARDS: Readonly<Record<string, string>> = {
  tagsFrom: 'tags.*',
  fieldsFrom: 'fields.*',
  otherFields: 'otherFields',
};

/** Members whose paths begin inside an element, not at the event. */
const INNER = new Set(['namePaths', 'valuePaths']);

/** Returns the columns of a rule. */
export const ruleColumns = (rule: MappingRule): readonly RuleColumn[] =>
  Object.entries(rule).flatMap(([name, value]) => {
    if (NOT_COLUMNS.has(name)) return [];
    const wildcard = WILDCARDS[name];
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    return entries.flatMap((entry) => columnOf(entry, wildcard ?? placeOf(name, entry), wildcard !== undefined));
  });

/** Returns all paths of a rule that begin at the event or at a value around it, those of its condition included. */
export const rulePaths = (rule: MappingRule): readonly Path[] => pathsIn(rule);

const placeOf = (section: string, entry: unknown): string => {
  const { name } = (entry ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? `${section}.${name}` : section;
};

const columnOf = (entry: unknown, place: string, isWildcard: boolean): readonly RuleColumn[] => {
  const paths = pathsIn(entry);
  if (paths.length === 0) return [];
  if (!isWildcard) return [{ place, paths, wildcard: undefined }];
  const { flatten, arrays, from } = entry as { flatten?: string; arrays?: boolean; from?: string };
  const isPairs = from === 'pairs';
  return [{ place, paths, wildcard: { nested: isPairs || flatten !== undefined, arrays: isPairs || arrays === true } }];
};

const isPath = (value: object): value is Path => 'segments' in value && 'root' in value && 'text' in value;

/** Returns the paths anywhere in a part of a rule. */
const pathsIn = (value: unknown): readonly Path[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (isPath(value)) return value.root === 'code' ? [] : [value];
  return Object.entries(value).flatMap(([name, inner]) => (INNER.has(name) ? [] : pathsIn(inner)));
};
