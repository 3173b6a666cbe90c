/** The columns of a mapping rule and the paths that they read. Analyses of the input follow them. */

import { type MemberSource, memberSources } from '../../src/sink/convert/members.ts';
import type { Mapping, MappingRule, MemberRule, Rule } from '../../src/sink/mapping/mapping.ts';
import type { Path } from '../../src/sink/mapping/path.ts';

/** A part of a rule that reads values. */
export interface RuleColumn {
  /** Place in the rule, for example `fields.temperature` or `timestamp`. */
  readonly place: string;
  readonly paths: readonly Path[];
  /** Takes the members of an object (`*`). Undefined if the column reads one value. */
  readonly wildcard: MemberSource | undefined;
}

/** Parts of a rule that decide whether it applies, or where its events are. */
const NOT_COLUMNS = new Set(['when', 'events']);
const WILDCARDS: Readonly<Record<string, string>> = {
  tagsFrom: 'tags.*',
  fieldsFrom: 'fields.*',
  otherFields: 'otherFields',
};

/** Returns the columns of a rule. */
export const ruleColumns = (rule: MappingRule): readonly RuleColumn[] => {
  const { tags, fields } = memberSources(rule);
  const sources = new Map([...tags, ...fields].map((source) => [source.rule, source]));
  return Object.entries(rule).flatMap(([name, value]) => {
    if (NOT_COLUMNS.has(name)) return [];
    const wildcard = WILDCARDS[name];
    const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
    return entries.flatMap((entry): readonly RuleColumn[] => {
      const source = wildcard === undefined ? undefined : sources.get(entry as MemberRule);
      if (wildcard !== undefined && source !== undefined)
        return [{ place: wildcard, paths: [source.rule.path], wildcard: source }];
      const paths = pathsIn(entry);
      return paths.length === 0 ? [] : [{ place: placeOf(name, entry), paths, wildcard: undefined }];
    });
  });
};

/** Returns the rules of a mapping, each with the beginning of the places of its columns. */
export const placedRules = ({ rules }: Mapping): readonly { readonly rule: Rule; readonly place: string }[] =>
  rules.map((rule, index) => ({ rule, place: rules.length === 1 ? '' : `mappings[${index}]` }));

/** Returns the place of a column in the mapping. */
export const columnPlace = (rulePlace: string, column: string): string =>
  rulePlace === '' ? column : `${rulePlace}.${column}`;

const placeOf = (section: string, entry: unknown): string => {
  const { name } = (entry ?? {}) as { readonly name?: unknown };
  return typeof name === 'string' ? `${section}.${name}` : section;
};

const isPath = (value: object): value is Path => 'segments' in value && 'root' in value && 'text' in value;

/** Returns the paths anywhere in a part of a rule. */
const pathsIn = (value: unknown): readonly Path[] => {
  if (typeof value !== 'object' || value === null) return [];
  if (isPath(value)) return value.root === 'code' ? [] : [value];
  return Object.values(value).flatMap(pathsIn);
};
