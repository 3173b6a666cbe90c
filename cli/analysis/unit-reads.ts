/**
 * What the rules read of one unit of a message. Each path is followed to the values of the unit, because several rules may
 * apply to one unit, and each of them may find its events elsewhere in it.
 */

import { hasMembersFor, type MemberSource, memberSources, pairOf } from '../../src/sink/convert/members.ts';
import { isScalar, type Json } from '../../src/sink/json/json.ts';
import type { Mapping, MappingRule, OpenRule } from '../../src/sink/mapping/mapping.ts';
import { descend, type Path, type Position, type Scope } from '../../src/sink/mapping/path.ts';
import { namedPaths, pathsOfCondition } from '../../src/sink/mapping/rule-paths.ts';
import type { MappedEvent } from './mapped-event.ts';

/** What rules read of one object or array. */
export interface Reads {
  /** Members that rules read by name. */
  readonly named: Set<string>;
  /** Wildcards that take its members. */
  readonly wildcards: Set<MemberSource>;
  /** What an element of pairs has not, by its index. Another wildcard may take the element. */
  readonly lacking: Map<string, 'name' | 'value'>;
  /**
   * Members that are events or contain events, with the beginning of paths into them, as a mapping writes it. If there is
   * one, all other members are events that no rule takes, and convert reports these events.
   */
  readonly elements: Map<string, string>;
}

/** A member of an object or array. */
interface Place {
  readonly container: Json;
  readonly name: string;
}

/** What a mapping opens before it chooses rules. */
export type Openings = Pick<Mapping, 'open' | 'events'>;

/** Name of the decoded event in its container. */
const ROOT = 'root';

/** The parts of a unit that rules read. */
export class UnitReads {
  readonly #root: Readonly<Record<string, Json>>;
  /** Opened values by their names, each in a container of its own. */
  readonly #opened = new Map<string, Map<Json, Readonly<Record<string, Json>>>>();
  readonly #shared: Openings;
  readonly #reads = new Map<Json, Reads>();
  readonly #containers = new Map<Position, Json>();

  /** @param events - Events of one unit, at least one. */
  constructor(events: readonly MappedEvent[], shared: Openings) {
    const scopes = events.map(({ scope }) => scope);
    const { root } = scopes[0] as Scope;
    this.#root = { [ROOT]: root };
    this.#shared = shared;
    const isEvent = scopes.some(({ position }) => position === undefined);
    this.#at(this.#root).elements.set(ROOT, isEvent ? '' : '$root.');
    for (const event of events) this.#add(event);
  }

  /** Containers of the values where paths begin: the decoded event, and opened values. */
  get starts(): readonly Json[] {
    return [this.#root, ...[...this.#opened.values()].flatMap((containers) => [...containers.values()])];
  }

  /** Returns what is read of an object or array; `undefined` if no path leads to it. */
  of(value: Json): Reads | undefined {
    return this.#reads.get(value);
  }

  #at(value: Json): Reads {
    const known = this.#reads.get(value);
    if (known !== undefined) return known;
    const reads: Reads = { named: new Set(), wildcards: new Set(), lacking: new Map(), elements: new Map() };
    this.#reads.set(value, reads);
    return reads;
  }

  #add({ rule, scope }: MappedEvent): void {
    for (let at = scope.position; at !== undefined; at = at.outer) {
      const { elements } = this.#at(this.#containerOf(at, scope));
      const key = keyOf(at);
      if (!elements.has(key)) elements.set(key, at === scope.position || at.name === undefined ? '' : `$${at.name}.`);
    }
    this.#addOpened(rule, scope);
    const { named, conditions, wildcards } = pathsOf(rule);
    for (const path of named) this.#name(path, scope);
    for (const path of conditions) this.#name(path, scope, true);
    for (const source of wildcards) this.#addWildcard(source, scope);
  }

  /** Adds the values that the mapping and the levels around the event open, and the paths to them. */
  #addOpened(rule: MappingRule, scope: Scope): void {
    for (const name of scope.opened?.keys() ?? []) this.#openedPlace(name, scope);
    const whole: Scope = { ...scope, event: scope.root, position: undefined };
    this.#nameOpened(this.#shared.open, whole);
    const levels = this.#shared.events.length > 0 ? this.#shared.events : rule.events;
    const chain: Position[] = [];
    for (let at = scope.position; at !== undefined; at = at.outer) chain.unshift(at);
    for (const [depth, position] of chain.entries())
      this.#nameOpened(levels[depth]?.open ?? [], { ...scope, event: position.element, position });
  }

  #nameOpened(open: readonly OpenRule[], scope: Scope): void {
    for (const { path, as } of open) if (scope.opened?.has(as)) this.#name(path, scope);
  }

  /** Returns where an opened value is; `undefined` if it is absent. */
  #openedPlace(name: string, { opened }: Scope): Place | undefined {
    const value = opened?.get(name);
    if (value === undefined) return undefined;
    const containers = this.#opened.get(name) ?? new Map<Json, Readonly<Record<string, Json>>>();
    this.#opened.set(name, containers);
    const container = containers.get(value) ?? { [name]: value };
    containers.set(value, container);
    this.#at(container).elements.set(name, `$${name}.`);
    return { container, name };
  }

  /** @param isCondition - A condition on an object or array takes nothing of it. */
  #name(path: Path, scope: Scope, isCondition = false): void {
    const place = this.#follow(this.#startOf(path, scope), path);
    if (place === undefined || (isCondition && !isScalar(valueAt(place) as Json))) return;
    this.#at(place.container).named.add(place.name);
  }

  #addWildcard(source: MemberSource, scope: Scope): void {
    const { rule } = source;
    const place = this.#follow(this.#startOf(rule.path, scope), rule.path);
    const value = place && valueAt(place);
    if (value === undefined || !hasMembersFor(rule, value)) return;
    const { wildcards, lacking } = this.#at(value);
    // Events of one unit often share an object around them.
    if (wildcards.has(source)) return;
    wildcards.add(source);
    if (rule.from === 'object') return;
    for (const [index, pair] of (value as readonly Json[]).entries()) {
      const { name, value: given } = pairOf(rule, pair);
      if (name !== undefined && given !== undefined) this.#addPair({ container: value, name: String(index) }, rule);
      else lacking.set(String(index), name === undefined ? 'name' : 'value');
    }
  }

  #addPair(
    start: Place,
    { namePaths, valuePaths }: { readonly namePaths: readonly Path[]; readonly valuePaths: readonly Path[] },
  ): void {
    for (const path of [...namePaths, ...valuePaths]) {
      const place = this.#follow(start, path);
      if (place !== undefined) this.#at(place.container).named.add(place.name);
    }
  }

  /** Returns where a path begins; `undefined` if that is outside of the unit. */
  #startOf({ root, name }: Path, scope: Scope): Place | undefined {
    const { position } = scope;
    if (root === 'root' || (root === 'event' && position === undefined)) return { container: this.#root, name: ROOT };
    if (root === 'event') return this.#elementOf(position as Position, scope);
    if (root !== 'named') return undefined;
    let level = position;
    while (level !== undefined && level.name !== name) level = level.outer;
    return level === undefined ? this.#openedPlace(name as string, scope) : this.#elementOf(level, scope);
  }

  #elementOf(position: Position, scope: Scope): Place {
    return { container: this.#containerOf(position, scope), name: keyOf(position) };
  }

  /** Returns the array or object of a level that contains the element. */
  #containerOf(position: Position, scope: Scope): Json {
    const known = this.#containers.get(position);
    if (known !== undefined) return known;
    const { path, outer } = position;
    const place = this.#follow(this.#startOf(path, { ...scope, position: outer }), path);
    // The element was found at this path.
    const container = valueAt(place as Place) as Json;
    this.#containers.set(position, container);
    return container;
  }

  /** Follows the steps of a path. Returns the member to which it leads; `undefined` if there is none. */
  #follow(start: Place | undefined, { segments }: Path): Place | undefined {
    if (start === undefined) return undefined;
    let { container, name } = start;
    for (const segment of segments) {
      const value = descend(container, name);
      if (value === undefined || isScalar(value)) return undefined;
      this.#at(value);
      container = value;
      name = segment;
    }
    return descend(container, name) === undefined ? undefined : { container, name };
  }
}

const valueAt = ({ container, name }: Place): Json | undefined => descend(container, name);

const keyOf = ({ key, indexInBody }: Position): string => key ?? String(indexInBody);

/** Paths of a rule by what they take. */
interface RulePaths {
  /** Paths of columns, of the measurement, the time, and the target. */
  readonly named: readonly Path[];
  readonly conditions: readonly Path[];
  readonly wildcards: readonly MemberSource[];
}

const rulePaths = new WeakMap<MappingRule, RulePaths>();

const pathsOf = (rule: MappingRule): RulePaths => {
  const known = rulePaths.get(rule);
  if (known !== undefined) return known;
  const sources = memberSources(rule);
  const paths: RulePaths = {
    named: namedPaths({ ...rule, when: undefined }),
    conditions: pathsOfCondition(rule.when),
    wildcards: [...sources.tags, ...sources.fields],
  };
  rulePaths.set(rule, paths);
  return paths;
};
