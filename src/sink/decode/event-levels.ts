/** Opens the arrays and objects of events (`events`), from the outermost to the innermost. */

import { isObject, type Json, kindOf } from '../json/json.ts';
import type { EventLevel, MemberRule, OpenRule } from '../mapping/mapping.ts';
import { type Path, type Position, resolvePath, type Scope } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { EVENTS_PER_MESSAGE_MAX } from './decode-options.ts';

/** Receives the elements of the innermost level, and what is wrong with others. */
export interface LevelVisitor {
  /**
   * Called before the elements of one array or object are visited. Returns `false` to stop: levels that open one array
   * again and again can have far more elements than the body.
   */
  visits(elements: number): boolean;
  /** Returns the scope of an element with the values that its level opens, or a refusal. */
  open(rules: readonly OpenRule[], scope: Scope): Scope | Refusal;
  /** Called for an event. Returns `false` to stop. */
  element(position: Position, scope: Scope): boolean;
  /** Called for an element of which a value or the inner events cannot be opened. */
  refused(refusal: Refusal, position: Position | undefined): void;
  /** Called for an absent value that the mapping ignores. */
  ignored(): void;
}

/**
 * Calls the visitor for each event. Returns `false` if there are too many.
 *
 * @param indexes - Indexes of the elements before the body was cut to one of each, outermost first.
 */
export const openLevels = (
  levels: readonly EventLevel[],
  scope: Scope,
  indexes: readonly number[] | undefined,
  visitor: LevelVisitor,
  depth = 0,
): boolean => {
  const level = levels[depth] as EventLevel;
  const value = resolvePath(level.path, scope);
  if (level.isObject ? !isObject(value) : !Array.isArray(value)) {
    if ((value === undefined || value === null) && level.missing === 'ignore') visitor.ignored();
    else visitor.refused(notOpened(level, value, scope), scope.position);
    return true;
  }
  const keys = level.isObject ? Object.keys(value as object) : undefined;
  const elements = keys === undefined ? (value as readonly Json[]) : keys.map((key) => (value as never)[key] as Json);
  if (elements.length > EVENTS_PER_MESSAGE_MAX || !visitor.visits(elements.length)) return false;
  for (let at = 0; at < elements.length; at++) {
    const position: Position = {
      // An array that was cut to one element keeps the index that it had before.
      index: elements.length === 1 ? (indexes?.[depth] ?? at) : at,
      key: keys?.[at],
      element: elements[at] as Json,
      name: level.as,
      outer: scope.position,
      path: level.path,
      indexInBody: at,
    };
    const inner = visitor.open(level.open, { ...scope, event: position.element, position });
    if (isRefusal(inner)) {
      visitor.refused(inner, position);
      continue;
    }
    const isInnermost = depth === levels.length - 1;
    if (!(isInnermost ? visitor.element(position, inner) : openLevels(levels, inner, indexes, visitor, depth + 1)))
      return false;
  }
  return true;
};

const notOpened = (level: EventLevel, value: Json | undefined, scope: Scope): Refusal => {
  const expected = level.isObject ? 'an object' : 'an array';
  const found = value === undefined ? `nothing${othersHint(level, expected, scope)}` : kindOf(value);
  const remedy = isObject(value) ? '; "each": "member" opens its members' : '';
  return refuse('no-events', `events (${level.path.text}): expected ${expected}, found ${found}${remedy}`);
};

/** Names of members that a refusal lists, at most, and their characters. Longer names say little and fill dead letters. */
const NAMES_MAX = 3;
const NAME_LENGTH_MAX = 40;

/** Names the members next to an absent one that could be opened in its place. */
const othersHint = ({ path, isObject: expectsObject }: EventLevel, expected: string, scope: Scope): string => {
  // Every element of an outer level would list the same members, and a large object would be listed 100,000 times.
  if (scope.position !== undefined && path.root !== 'event') return '';
  const parent = resolvePath({ ...path, segments: path.segments.slice(0, -1) }, scope);
  if (!isObject(parent)) return '';
  const names = Object.keys(parent).filter((name) => {
    const member = parent[name] as Json;
    return name.length <= NAME_LENGTH_MAX && (expectsObject ? isObject(member) : Array.isArray(member));
  });
  const last = path.segments.at(-1) ?? '';
  const before = path.text.endsWith(last) ? path.text.slice(0, -last.length) : '';
  const quotedPath = (name: string): string => JSON.stringify(before + name);
  const more = names.length > NAMES_MAX ? ', and others' : '';
  return names.length === 0
    ? ''
    : `, but ${expected} at ${names.slice(0, NAMES_MAX).map(quotedPath).join(', ')}${more}`;
};

/** Paths that are evaluated for the events of some levels. */
export interface ReadPaths {
  /** Paths that are evaluated before the levels are opened. */
  readonly before: readonly Path[];
  /** Paths to single values of an event. */
  readonly values: readonly Path[];
  /** Members of an event that become columns. */
  readonly members: readonly MemberRule[];
}

/**
 * Whether a dead letter can contain the root cut to one element on every level, so that it gives the same point again.
 * It cannot if the events are in an opened value, or if another path leads into an array that is cut.
 */
export const canBeCut = (levels: readonly EventLevel[], paths: ReadPaths): boolean => {
  const opened = levels.flatMap(({ open }) => open.map(({ path }) => path));
  const read = { ...paths, values: [...paths.values, ...opened] };
  return (
    levels.every(({ path }, depth) => path.root === 'event' || (depth === 0 && path.root === 'root')) &&
    !levels.some((_, depth) => isReadAround(levels, depth, read))
  );
};

/** Whether a path leads into the array of a level, but not through the element of that level. */
const isReadAround = (
  levels: readonly EventLevel[],
  depth: number,
  { before, values, members }: ReadPaths,
): boolean => {
  const { segments } = (levels[depth] as EventLevel).path;
  const name = levels[depth - 1]?.as;
  const beginsOutside = (path: Path): boolean =>
    depth === 0 ? path.root === 'root' : path.root === 'named' && path.name === name && name !== undefined;
  const leadsInto = (path: Path): boolean =>
    path.segments.length > segments.length && isPrefix(segments, path.segments);
  return (
    (depth === 0 && before.some(leadsInto)) ||
    values.some((path) => beginsOutside(path) && leadsInto(path)) ||
    members.some((rule) => beginsOutside(rule.path) && takesFrom(rule, segments))
  );
};

/** Whether members are taken from an array at these steps, or from inside it. */
const takesFrom = (rule: MemberRule, segments: readonly string[]): boolean =>
  isPrefix(segments, rule.path.segments) ||
  (rule.from === 'object' && rule.flatten !== undefined && isPrefix(rule.path.segments, segments));

const isPrefix = (short: readonly string[], long: readonly string[]): boolean =>
  short.length <= long.length && short.every((segment, at) => long[at] === segment);
