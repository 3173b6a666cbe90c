/** Finds rules and columns of a mapping that matched no event of the input, and names that were probably meant. */

import { collectMembers, hasMembersFor, type Member, type MemberSource } from '../../src/sink/convert/members.ts';
import { isObject, type Json, kindOf, SourceText } from '../../src/sink/json/json.ts';
import type { Mapping, MappingRule } from '../../src/sink/mapping/mapping.ts';
import { nearName } from '../../src/sink/mapping/near-name.ts';
import { type Path, resolvePath, type Scope } from '../../src/sink/mapping/path.ts';
import type { MappedEvent } from './mapped-event.ts';
import { columnPlace, placedRules, type RuleColumn, ruleColumns } from './rule-columns.ts';

/** A rule or a column that matched no event. */
export interface Unmatched {
  /** Place in the mapping, for example `fields.temperature` or `mappings[1]`. */
  readonly place: string;
  /** First path of the column. Undefined for a rule. */
  readonly path?: string;
  /** Number of events in which it could have matched. */
  readonly events: number;
  /** What the events have instead: near names, otherwise all names at that place. Empty if that is unknown. */
  readonly found: readonly string[];
  /** Remedy. Undefined if the names are the remedy. */
  readonly hint?: string;
}

/** Events whose names are recorded for a column without a match, at most. */
const SAMPLES_MAX = 100;
/** Names that are listed, at most. */
const NAMES_MAX = 8;

interface ColumnState extends RuleColumn {
  matched: boolean;
  /** Names next to the step of the path that has no value. */
  readonly names: Set<string>;
  step: string;
  hint: string | undefined;
}

interface RuleState {
  events: number;
  readonly columns: readonly ColumnState[];
}

/** Follows the columns of a mapping through the events of the input. */
export class UnmatchedColumns {
  readonly #states = new Map<MappingRule, RuleState>();

  add({ rule, scope }: MappedEvent): void {
    const state = this.#states.get(rule) ?? { events: 0, columns: ruleColumns(rule).map(columnState) };
    this.#states.set(rule, state);
    state.events += 1;
    for (const column of state.columns) if (!column.matched) follow(column, scope, state.events);
  }

  /** @param events - Number of events in the input. */
  unmatched(mapping: Mapping, events: number): readonly Unmatched[] {
    if (events === 0 || mapping.readsCode === true) return [];
    const isOnly = mapping.rules.length === 1;
    return placedRules(mapping).flatMap(({ rule, place }) => {
      const state = this.#states.get(rule as MappingRule);
      if (state !== undefined)
        return state.columns.filter(({ matched }) => !matched).map((one) => ofColumn(one, place, state.events));
      return isOnly || rule.drop === true ? [] : [{ place, events, found: [] }];
    });
  }
}

const columnState = (column: RuleColumn): ColumnState => ({
  ...column,
  matched: false,
  names: new Set(),
  step: '',
  hint: undefined,
});

const follow = (column: ColumnState, scope: Scope, events: number): void => {
  column.matched = isMatched(column, scope);
  const [path] = column.paths;
  if (column.matched || path === undefined || events > SAMPLES_MAX) return;
  const last = lastValue(path, scope);
  if (column.wildcard !== undefined && last.step === '') followWildcard(column, column.wildcard, last, scope);
  else followPath(column, path, last);
  column.hint ??= aroundHint(path, scope);
};

/** Returns how to read the value of a path that begins at the event, if a value around the event has it. */
const aroundHint = (path: Path, scope: Scope): string | undefined => {
  if (path.root !== 'event' || path.segments.length === 0) return undefined;
  for (let outer = scope.position?.outer; outer !== undefined; outer = outer.outer) {
    if (resolvePath(path, { ...scope, event: outer.element }) === undefined) continue;
    const name = outer.name ?? 'NAME';
    const remedy = outer.name === undefined ? 'Give that level a name with "as", and write' : 'Write';
    return `An outer level has it. ${remedy} "$${name}.${path.text}".`;
  }
  const isAround = scope.position !== undefined && resolvePath(path, { ...scope, event: scope.root }) !== undefined;
  return isAround ? `The body around the events has it. Write "$root.${path.text}".` : undefined;
};

/** Whether a path leads to a value, or a wildcard to an object, of which `only` takes a member. */
const isMatched = ({ paths, wildcard }: RuleColumn, scope: Scope): boolean => {
  if (wildcard === undefined) return paths.some((path) => resolvePath(path, scope) !== undefined);
  const value = resolvePath(wildcard.rule.path, scope);
  if (value === undefined || value === null || !hasMembersFor(wildcard.rule, value)) return value === null;
  return wildcard.rule.only === undefined || membersOf(wildcard, scope).length > 0;
};

const membersOf = (source: MemberSource, scope: Scope): readonly Member[] => {
  const members: Member[] = [];
  collectMembers(source, { ...scope, source: NO_SOURCE, altered: 0, omitted: 0 }, members);
  return members;
};

/** Names are compared as they are, so that the digits of a number do not matter. */
const NO_SOURCE = new SourceText('', true);

const followPath = (column: ColumnState, path: Path, { value, step, before }: LastValue): void => {
  column.step = step;
  if (Array.isArray(value)) column.hint = arrayHint(before, value);
  if (!isObject(value)) return;
  if (path.segments.length > 1 && Object.hasOwn(value, path.segments.join('.')))
    column.hint = `They have a member with the name "${path.text}". Write "/${path.text}".`;
  for (const name of Object.keys(value)) column.names.add(name);
};

/** Follows a wildcard whose path leads to a value: of another type, or without a member for `only`. */
const followWildcard = (
  column: ColumnState,
  source: MemberSource,
  { value, before }: LastValue,
  scope: Scope,
): void => {
  const { rule } = source;
  if (value !== undefined && !hasMembersFor(rule, value)) {
    const needs = rule.from === 'pairs' ? '"pairs" needs an array' : 'The wildcard needs an object';
    const isArray = Array.isArray(value);
    column.hint = isArray ? arrayHint(before, value) : `${named(before)} has the type ${kindOf(value)}. ${needs}.`;
    return;
  }
  [column.step = ''] = [...(rule.only?.names ?? []), ...(rule.only?.beginnings ?? [])];
  const all = { ...source, rule: { ...rule, only: undefined }, nameOf: (one: string) => one };
  for (const member of membersOf(all, scope)) column.names.add(member.name);
};

const named = (path: string): string => (path === '' ? 'The value' : `"${path}"`);

const arrayHint = (before: string, value: readonly Json[]): string =>
  `${named(before)} is an array of ${value.length}. Open it with "events", or name an index like "${before}.0".`;

/** The last value on a path, the first step without a value, and the steps before it. */
interface LastValue {
  readonly value: Json | undefined;
  /** Empty if the whole path leads to a value. */
  readonly step: string;
  readonly before: string;
}

const lastValue = (path: Path, scope: Scope): LastValue => {
  let before = 0;
  let value = resolvePath({ ...path, segments: [] }, scope);
  for (; before < path.segments.length; before++) {
    const next = resolvePath({ ...path, segments: path.segments.slice(0, before + 1) }, scope);
    if (next === undefined) break;
    value = next;
  }
  return { value, step: path.segments[before] ?? '', before: path.segments.slice(0, before).join('.') };
};

const ofColumn = ({ place, paths, names, step, hint }: ColumnState, rule: string, events: number): Unmatched => {
  const near = nearNames(step, [...names]);
  return {
    place: columnPlace(rule, place),
    path: paths[0]?.text ?? '',
    events,
    found: near.length > 0 ? near : [...names].sort().slice(0, NAMES_MAX),
    ...(hint === undefined ? {} : { hint }),
  };
};

const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

/** Returns names that differ only in capital letters and separators, otherwise the nearest name. */
const nearNames = (name: string, known: readonly string[]): readonly string[] => {
  const same = known.filter((one) => plain(one) === plain(name) && plain(one) !== '');
  if (same.length > 0) return same;
  const near = nearName(name, known);
  return near === undefined ? [] : [near];
};
