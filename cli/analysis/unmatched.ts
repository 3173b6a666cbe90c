/** Finds rules and columns of a mapping that matched no event of the input, and names that were probably meant. */

import { isObject, type Json } from '../../src/sink/json/json.ts';
import type { Mapping, MappingRule } from '../../src/sink/mapping/mapping.ts';
import { nearName } from '../../src/sink/mapping/near-name.ts';
import { type Path, resolvePath, type Scope } from '../../src/sink/mapping/path.ts';
import type { MappedEvent } from './mapped-event.ts';
import { type RuleColumn, ruleColumns } from './rule-columns.ts';

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
    const { rules } = mapping;
    return rules.flatMap((rule, index) => {
      const place = rules.length === 1 ? '' : `mappings[${index}]`;
      const state = this.#states.get(rule as MappingRule);
      if (state !== undefined)
        return state.columns.filter(({ matched }) => !matched).map((one) => ofColumn(one, place, state.events));
      return place === '' || rule.drop === true ? [] : [{ place, events, found: [] }];
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
  column.matched = column.paths.some((path) => resolvePath(path, scope) !== undefined);
  const [path] = column.paths;
  if (column.matched || path === undefined || events > SAMPLES_MAX) return;
  const { value, step, before } = lastValue(path, scope);
  column.step = step;
  if (Array.isArray(value)) column.hint = arrayHint(before, value);
  if (!isObject(value)) return;
  if (path.segments.length > 1 && Object.hasOwn(value, path.segments.join('.')))
    column.hint = `They have a member with the name "${path.text}". Write "/${path.text}".`;
  for (const name of Object.keys(value)) column.names.add(name);
};

const arrayHint = (before: string, value: readonly Json[]): string =>
  `${before === '' ? 'The value' : `"${before}"`} is an array of ${value.length}. Open it with "events", or name an index like "${before}.0".`;

/** Returns the last value on a path, the first step without a value, and the steps before it. */
const lastValue = (
  path: Path,
  scope: Scope,
): { readonly value: Json | undefined; readonly step: string; readonly before: string } => {
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
    place: rule === '' ? place : `${rule}.${place}`,
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
