/** An event as the analyses see it: the values where its paths begin. */

import type { DecodedMessage } from '../../src/sink/convert/decoded-message.ts';
import type { Decoded } from '../../src/sink/decode/decoded.ts';
import type { FoundEvent } from '../../src/sink/decode/found-event.ts';
import type { MappingRule } from '../../src/sink/mapping/mapping.ts';
import type { Path, Position, Scope } from '../../src/sink/mapping/path.ts';
import { isRefusal } from '../../src/sink/refusal.ts';

/** A value around an event, or the event itself, and which of its members lead to events. */
export interface Level {
  /** Beginning of paths into it, as a mapping writes it: empty for the event. */
  readonly prefix: string;
  readonly value: unknown;
  /** Whether a path begins at this value. */
  startsHere(path: Path): boolean;
  /** Path to the elements inside it that are events or contain them. */
  readonly inner: Path | undefined;
}

/** An event for which a rule was chosen. */
export interface MappedEvent {
  readonly rule: MappingRule;
  /** All rules that apply to the event; several if rules have `also`. */
  readonly rules: readonly MappingRule[];
  readonly scope: Scope;
  /** Outermost first. */
  readonly levels: readonly Level[];
}

type Mapped = FoundEvent & { readonly kind: 'mapped' };

/** Returns the events of a message for which a rule was chosen. */
export const mappedEventsOf = ({ decoded, events }: DecodedMessage): readonly MappedEvent[] => {
  if (isRefusal(decoded) || isRefusal(events)) return [];
  const mapped = events.filter((found): found is Mapped => found.kind === 'mapped');
  const rules = new Map<unknown, MappingRule[]>();
  for (const { event, rule } of mapped) {
    if (typeof event === 'object' && event !== null) rules.set(event, [...(rules.get(event) ?? []), rule]);
  }
  return mapped.map((found) => mappedEvent(found, decoded, rules.get(found.event) ?? [found.rule]));
};

const mappedEvent = (found: Mapped, decoded: Decoded, rules: readonly MappingRule[]): MappedEvent => {
  const { rule, event, root, position, opened, place } = found;
  const unitIndex = decoded.layout === 'array' ? place.unit : undefined;
  const scope = { ...decoded.scopeOf(root, unitIndex), event, position, opened };
  return { rule, rules, scope, levels: levelsOf(found) };
};

/** Returns the root, the opened values, and the elements that lead to the event. */
const levelsOf = ({ event, root, position, opened }: Mapped): readonly Level[] => {
  const positions: Position[] = [];
  for (let one = position; one !== undefined; one = one.outer) positions.unshift(one);
  const pathAt = (depth: number): Path | undefined => positions[depth]?.path;
  const isWhole = positions.length === 0;
  const own: Level = {
    prefix: '',
    value: event,
    startsHere: (path) =>
      path.root === 'event' || (isWhole ? path.root === 'root' : path.root === 'named' && path.name === position?.name),
    inner: undefined,
  };
  const documents = [...(opened ?? [])].map(([name, value]) => namedLevel(name, value, pathAt(0)));
  if (isWhole) return [...documents, own];
  const outer = positions.slice(0, -1).map(({ name, element }, depth): Level => {
    const level = namedLevel(name ?? '', element, pathAt(depth + 1));
    return name === undefined ? { ...level, prefix: '' } : level;
  });
  const rootLevel: Level = {
    prefix: '$root.',
    value: root,
    startsHere: (path) => path.root === 'root',
    inner: pathAt(0)?.root === 'named' ? undefined : pathAt(0),
  };
  return [rootLevel, ...documents, ...outer, own];
};

/** Returns a value that paths reach by its name. The elements of the next level are inside it, or in another value. */
const namedLevel = (name: string, value: unknown, next: Path | undefined): Level => ({
  prefix: `$${name}.`,
  value,
  startsHere: (path) => path.root === 'named' && path.name === name,
  inner: next !== undefined && (next.root === 'event' || next.name === name) ? next : undefined,
});
