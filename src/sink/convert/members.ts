/** Finds the members of an event that become columns of their own names: `*` and `otherFields`. */

import { isObject, isScalar, type Json } from '../json/json.ts';
import {
  type MappingRule,
  MEMBERS_MAX,
  type MemberRule,
  type NamePatterns,
  type ObjectMembers,
  type PairMembers,
} from '../mapping/mapping.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from '../mapping/path.ts';
import { takesScalars } from '../mapping/plain-rule.ts';
import { namedPaths } from '../mapping/rule-paths.ts';
import { fieldNameFrom, tagNameFrom } from '../outside-names.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { scalarText, type ValueContext } from '../values/field-value.ts';
import type { EventInput } from './event-input.ts';

/** A member of an event that becomes a column. */
export interface Member {
  readonly name: string;
  readonly value: Json;
  /** Name and path, for a refusal. */
  readonly where: string;
}

/** Finds the members that a rule takes by wildcard: with `*` and with `otherFields`. */
export interface MemberFinder {
  tags(input: EventInput): readonly Member[] | Refusal;
  fields(input: EventInput): readonly Member[] | Refusal;
}

/** Whether a rule has wildcards, so that events decide its columns. */
export const hasWildcards = (rule: MappingRule): boolean =>
  rule.otherFields !== undefined || rule.tagsFrom.length > 0 || rule.fieldsFrom.length > 0;

/** Members that a wildcard takes. */
export interface MemberSource {
  readonly rule: MemberRule;
  /**
   * Members that the rule uses in another way, and that the wildcard does not take: their steps below the object, as
   * `stepsKey` joins them.
   */
  readonly skip: ReadonlySet<string>;
  /** Returns the name of the column of a member. */
  readonly nameOf: (name: string) => string;
  /** Whether scalar members are taken under their own names, and nothing else, so that the fast path can do it. */
  readonly isPlain: boolean;
}

/** Separates steps in the keys of members; no name that a line can contain has this character. */
const STEP = '\0';

const stepsKey = (steps: readonly string[]): string => (steps.length === 1 ? (steps[0] as string) : steps.join(STEP));

/** Returns the members that a rule takes by wildcard. */
export const memberSources = (
  rule: MappingRule,
): { readonly tags: readonly MemberSource[]; readonly fields: readonly MemberSource[] } => {
  const named = namedPaths(rule);
  const sourceOf = (member: MemberRule, repaired: (name: string) => string): MemberSource => ({
    rule: member,
    skip: stepsBelow(member.path, named),
    nameOf: (name) => (rule.names === 'repair' ? repaired(member.prefix + name) : member.prefix + name),
    isPlain: takesScalars(member),
  });
  const others = rule.otherFields === undefined ? [] : [rule.otherFields];
  return {
    tags: rule.tagsFrom.map((member) => sourceOf(member, tagNameFrom)),
    fields: [...rule.fieldsFrom, ...others].map((member) => sourceOf(member, fieldNameFrom)),
  };
};

/** Creates a finder for a rule. It refuses events with more than `MEMBERS_MAX` members for tags or for fields. */
export const memberFinder = (rule: MappingRule): MemberFinder => {
  const sources = memberSources(rule);
  const take = (from: readonly MemberSource[]): ((input: EventInput) => readonly Member[] | Refusal) => {
    const text = from.map((source) => source.rule.path.text).join(' or ');
    return (input) => {
      const members: Member[] = [];
      for (const source of from) collectMembers(source, input, members);
      return members.length > MEMBERS_MAX
        ? refuse('too-large', `${text}: found more than ${MEMBERS_MAX} members, the limit for one event`)
        : members;
    };
  };
  return { tags: take(sources.tags), fields: take(sources.fields) };
};

/** Whether a value is of the type whose members a wildcard takes. */
export const hasMembersFor = (rule: MemberRule, value: Json | undefined): boolean =>
  rule.from === 'pairs' ? Array.isArray(value) : isObject(value) || (rule.arrays && Array.isArray(value));

/** Adds the members of one source, at most one more than `MEMBERS_MAX`. */
export const collectMembers = (source: MemberSource, input: Scope & ValueContext, members: Member[]): void => {
  const { rule } = source;
  const value = resolvePath(rule.path, input);
  if (value === undefined || !hasMembersFor(rule, value)) return;
  if (rule.from === 'pairs') collectPairs(value as readonly Json[], { source, rule, members, input });
  else collectObject(value, { source, rule, steps: [], members }, '');
};

/** One walk over an object. */
interface Walk {
  readonly source: MemberSource;
  readonly rule: ObjectMembers;
  /** Steps to the current object. One array serves the whole walk. */
  readonly steps: string[];
  readonly members: Member[];
}

/** Levels of nesting that are flattened, at most. Deeper members are left out. */
const DEPTH_MAX = 64;

/**
 * Whether a wildcard takes a scalar member of its object, or members inside an object or array, unless `except` or `only`
 * excludes them.
 *
 * @param steps - Lead from the object of the wildcard to the member.
 */
export const reaches = ({ rule, skip }: MemberSource, steps: readonly string[], value: Json): boolean => {
  if (rule.from === 'pairs' || skip.has(stepsKey(steps))) return false;
  const isOpened = rule.flatten !== undefined && (rule.arrays || !Array.isArray(value)) && steps.length < DEPTH_MAX;
  return isOpened || isScalar(value);
};

const collectObject = (object: Json, walk: Walk, before: string): void => {
  const { source, rule, steps, members } = walk;
  for (const key of Object.keys(object as object)) {
    if (members.length > MEMBERS_MAX) return;
    steps.push(key);
    const value = (object as Record<string, Json>)[key] as Json;
    const name = before + key;
    if (reaches(source, steps, value)) {
      if (isScalar(value)) addMember(name, value, source, members);
      else collectObject(value, walk, name + rule.flatten);
    }
    steps.pop();
  }
};

const addMember = (name: string, value: Json, { rule, nameOf }: MemberSource, members: Member[]): void => {
  if (rule.except !== undefined && matches(rule.except, name)) return;
  if (rule.only !== undefined && !matches(rule.only, name)) return;
  const column = nameOf(name);
  members.push({ name: column, value, where: `"${column}" (${rule.path.text})` });
};

const matches = ({ names, beginnings }: NamePatterns, name: string): boolean =>
  names.has(name) || beginnings.some((beginning) => name.startsWith(beginning));

/** One walk over an array of pairs. */
interface PairWalk {
  readonly source: MemberSource;
  readonly rule: PairMembers;
  readonly members: Member[];
  readonly input: ValueContext;
}

/**
 * Adds the pairs of an array. Elements without a name or a value are left out. A name that is a number is taken as it
 * was written.
 *
 * @throws SourceNeeded
 */
const collectPairs = (array: readonly Json[], { source, rule, members, input }: PairWalk): void => {
  for (const pair of array) {
    if (members.length > MEMBERS_MAX) return;
    const { name, value } = pairOf(rule, pair);
    if (name === undefined || value === undefined) continue;
    const text = scalarText(name, input);
    if (text !== undefined) addMember(text, value, source, members);
  }
};

/** Returns the name and the value of an element, each `undefined` if the element has none that can be taken. */
export const pairOf = (
  { namePaths, valuePaths }: PairMembers,
  pair: Json,
): { readonly name: Json | undefined; readonly value: Json | undefined } => {
  const scope = { ...EMPTY_SCOPE, event: pair };
  const name = scalarOf(resolveFirst(namePaths, scope));
  return { name: name === '' ? undefined : name, value: scalarOf(resolveFirst(valuePaths, scope)) };
};

const scalarOf = (value: Json | undefined): Json | undefined =>
  value === undefined || value === null || !isScalar(value) ? undefined : value;

/** Scope of the paths in a pair, which reach nothing outside of it. */
const EMPTY_SCOPE: Omit<Scope, 'event'> = {
  root: null,
  envelope: undefined,
  position: undefined,
  unitIndex: undefined,
  opened: undefined,
  messageView: () => ({}),
};

/** Returns the steps, below the value at `path`, to members that a rule names. A wildcard does not take them again. */
const stepsBelow = (path: Path, named: readonly Path[]): ReadonlySet<string> => {
  const depth = path.segments.length;
  const below = named.filter(
    (other) =>
      other.root === path.root &&
      other.name === path.name &&
      other.segments.length > depth &&
      path.segments.every((segment, at) => other.segments[at] === segment),
  );
  return new Set(below.map((other) => stepsKey(other.segments.slice(depth))));
};
