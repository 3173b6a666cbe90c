/** Finds the members of events that no rule takes, and those that a wildcard leaves out. */

import { isObject, type Json } from '../../src/sink/json/json.ts';
import type { MappingRule } from '../../src/sink/mapping/mapping.ts';
import type { Level, MappedEvent } from './mapped-event.ts';
import { type RuleColumn, ruleColumns, rulePaths, type Wildcard } from './rule-columns.ts';

/** Names that are counted, at most. */
const NAMES_MAX = 1_000;

/** What paths take at one place of an event. */
interface Taken {
  /** Whether a path leads here, so that nothing below is left out. */
  whole: boolean;
  wildcard: Wildcard | undefined;
  readonly members: Map<string, Taken>;
}

/** Counts the events in which a member is left out, by the path of the member. */
export class LeftOutMembers {
  readonly #counts = new Map<string, number>();
  /** By the rules that apply to an event together. */
  readonly #taken = new Map<string, Map<string, Taken>>();
  readonly #ids = new Map<MappingRule, number>();
  /** Values around events that have been counted: they are the same object for all of their events. */
  readonly #seen = new WeakSet<object>();

  add({ rule, rules, levels }: MappedEvent): void {
    // What one rule leaves out, another one may take.
    if (rules[0] !== rule) return;
    for (const [index, level] of levels.entries()) {
      const { value } = level;
      if (typeof value !== 'object' || value === null || this.#seen.has(value)) continue;
      if (index < levels.length - 1) this.#seen.add(value);
      this.#walk(value as Json, this.#takenAt(rules, level, index), level.prefix);
    }
  }

  /** Returns the numbers of events by path, most first. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#counts].sort(([, a], [, b]) => b - a));
  }

  #takenAt(rules: readonly MappingRule[], level: Level, depth: number): Taken {
    const key = rules.map((rule) => this.#idOf(rule)).join();
    const byLevel = this.#taken.get(key) ?? new Map<string, Taken>();
    this.#taken.set(key, byLevel);
    const at = `${depth} ${level.prefix}`;
    const known = byLevel.get(at);
    if (known !== undefined) return known;
    const taken = takenAt(rules, level);
    byLevel.set(at, taken);
    return taken;
  }

  #idOf(rule: MappingRule): number {
    const id = this.#ids.get(rule) ?? this.#ids.size;
    this.#ids.set(rule, id);
    return id;
  }

  #walk(value: Json, taken: Taken, path: string): void {
    if (taken.whole) return;
    for (const [name, inner] of membersOf(value)) {
      const below = taken.members.get(name);
      if (inner === null || isTaken(inner, taken.wildcard)) continue;
      const here = path + (path.endsWith('.') || path === '' ? name : `.${name}`);
      if (below !== undefined) this.#walk(inner, below, here);
      else if (taken.wildcard?.nested && isObject(inner))
        this.#walk(inner, { ...EMPTY, wildcard: taken.wildcard }, here);
      else this.#count(here);
    }
  }

  #count(path: string): void {
    const count = this.#counts.get(path);
    if (count !== undefined || this.#counts.size < NAMES_MAX) this.#counts.set(path, (count ?? 0) + 1);
  }
}

const EMPTY = { whole: false, wildcard: undefined, members: new Map<string, Taken>() } as const;

const membersOf = (value: Json): readonly (readonly [string, Json])[] => {
  if (Array.isArray(value)) return value.map((one, index) => [String(index), one as Json] as const);
  return isObject(value) ? Object.entries(value) : [];
};

/** Whether a wildcard takes a member. It takes nested objects member by member. */
const isTaken = (value: Json, wildcard: Wildcard | undefined): boolean => {
  if (wildcard === undefined || isObject(value)) return false;
  return Array.isArray(value) ? wildcard.arrays : true;
};

const takenAt = (rules: readonly MappingRule[], level: Level): Taken => {
  const root: Taken = { whole: false, wildcard: undefined, members: new Map() };
  const wildcards = rules.flatMap(ruleColumns).filter(({ wildcard }) => wildcard !== undefined);
  const isWildcard = new Set(wildcards.flatMap(({ paths }) => paths));
  for (const path of rules.flatMap(rulePaths))
    if (level.startsHere(path) && !isWildcard.has(path)) placeAt(root, path.segments).whole = true;
  if (level.inner !== undefined) placeAt(root, level.inner.segments).whole = true;
  for (const { paths, wildcard } of wildcards) addWildcard(root, paths, wildcard, level);
  return root;
};

const addWildcard = (root: Taken, paths: RuleColumn['paths'], wildcard: Wildcard | undefined, level: Level): void => {
  for (const path of paths) if (level.startsHere(path)) placeAt(root, path.segments).wildcard = wildcard;
};

const placeAt = (root: Taken, segments: readonly string[]): Taken => {
  let place = root;
  for (const segment of segments) {
    const next = place.members.get(segment) ?? { whole: false, wildcard: undefined, members: new Map() };
    place.members.set(segment, next);
    place = next;
  }
  return place;
};
