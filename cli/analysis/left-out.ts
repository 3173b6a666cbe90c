/** Finds the members of events that no rule takes, and those that a wildcard leaves out. */

import { type MemberSource, reaches } from '../../src/sink/convert/members.ts';
import { isObject, isScalar, type Json } from '../../src/sink/json/json.ts';
import type { Mapping } from '../../src/sink/mapping/mapping.ts';
import type { MappedEvent } from './mapped-event.ts';
import { type Openings, UnitReads } from './unit-reads.ts';

/** Names that are counted, at most. */
const NAMES_MAX = 1_000;

/** Counts the events in which a member is left out, by the path of the member. */
export class LeftOutMembers {
  readonly #counts = new Map<string, number>();
  readonly #shared: Openings;

  /** @param mapping - Undefined if no mapping converts the events. */
  constructor(mapping: Mapping | undefined) {
    this.#shared = mapping === undefined ? { open: [], events: [] } : openingsOf(mapping);
  }

  /** Adds the events of one message. */
  add(events: readonly MappedEvent[]): void {
    const units = new Map<number, MappedEvent[]>();
    for (const event of events) {
      const unit = units.get(event.unit) ?? [];
      units.set(event.unit, unit);
      unit.push(event);
    }
    for (const unit of units.values()) {
      const walk = new Walk(new UnitReads(unit, this.#shared), (path) => this.#count(path));
      walk.start();
    }
  }

  /** Returns the numbers of events by path, most first. */
  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#counts].sort(([, a], [, b]) => b - a));
  }

  #count(path: string): void {
    const count = this.#counts.get(path);
    if (count !== undefined || this.#counts.size < NAMES_MAX) this.#counts.set(path, (count ?? 0) + 1);
  }
}

/** Returns what a mapping opens; a mapping that names a preset opens nothing itself. */
const openingsOf = ({ open, events, preset }: Mapping): Openings =>
  preset?.kind === 'rules' ? preset.mapping : { open, events };

/** A wildcard that takes members of an outer object, and the steps from that object. */
interface Reach {
  readonly source: MemberSource;
  readonly steps: readonly string[];
}

/** One walk over the values of a unit. */
class Walk {
  readonly #reads: UnitReads;
  readonly #count: (path: string) => void;

  /** @param count - Called for each path, once for each event or value around events. */
  constructor(reads: UnitReads, count: (path: string) => void) {
    this.#reads = reads;
    this.#count = count;
  }

  start(): void {
    for (const container of this.#reads.starts) this.#visitElements(container);
  }

  #visitElements(container: Json): void {
    const reads = this.#reads.of(container);
    for (const [name, value] of membersOf(container)) {
      const prefix = reads?.elements.get(name);
      if (prefix === undefined || isNothing(value) || reads?.named.has(name)) continue;
      const paths = new Set<string>();
      if (isScalar(value)) paths.add(valuePath(prefix));
      else this.#visit(value, prefix, [], paths);
      for (const path of paths) this.#count(path);
    }
  }

  /** Adds the paths of the members that are left out. */
  #visit(container: Json, path: string, outer: readonly Reach[], paths: Set<string>): void {
    const reads = this.#reads.of(container);
    if (reads !== undefined && reads.elements.size > 0) {
      this.#visitElements(container);
      return;
    }
    const own = [...(reads?.wildcards ?? [])];
    const reach = [...outer, ...own.map((source): Reach => ({ source, steps: [] }))];
    const isPairs = own.some(({ rule }) => rule.from === 'pairs');
    for (const [name, value] of membersOf(container)) {
      if (isNothing(value) || reads?.named.has(name)) continue;
      const inner = reach
        .map(({ source, steps }): Reach => ({ source, steps: [...steps, name] }))
        .filter(({ source, steps }) => reaches(source, steps, value));
      const here = joined(path, isPairs ? '*' : name);
      const isRead = inner.length > 0 || (!isScalar(value) && this.#reads.of(value) !== undefined);
      if (isRead && !isScalar(value)) this.#visit(value, here, inner, paths);
      else if (!isRead) paths.add(isPairs ? `${valuePath(path)}: element without a ${reads?.lacking.get(name)}` : here);
    }
  }
}

const joined = (path: string, name: string): string =>
  path === '' || path.endsWith('.') ? path + name : `${path}.${name}`;

/** Returns the path of a value from the path of its members. */
const valuePath = (path: string): string => path.replace(/\.$/, '') || '$value';

/** Whether a value contains nothing that could be lost. */
const isNothing = (value: Json): boolean => value === null || (!isScalar(value) && Object.keys(value).length === 0);

const membersOf = (value: Json): readonly (readonly [string, Json])[] => {
  if (Array.isArray(value)) return value.map((one, index) => [String(index), one as Json] as const);
  return isObject(value) ? Object.entries(value) : [];
};
