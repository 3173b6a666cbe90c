/** Units -> events: chooses the mapping's rule for each, and opens arrays of events. */

import type { Decoded, Unit } from './decode.ts';
import { isObject, type Json, type JsonObject, kindOf, numberOf, SourceNumber } from './json.ts';
import type { Condition, Mapping, MappingRule } from './mapping.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from './path.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';

/** More events than this in one message, and the message is quarantined: nothing real sends them. */
export const EVENTS_PER_MESSAGE_MAX = 100_000;

/** Where in its message an event stands, for the letter that may be cut from it. */
export interface EventPlace {
  readonly unit: number;
  /** The array that holds it and its place there; undefined where the unit itself is the event. */
  readonly element: { readonly path: Path; readonly index: number; readonly of: number } | undefined;
}

export type FoundEvent = { readonly place: EventPlace } & (
  | { readonly kind: 'mapped'; readonly rule: MappingRule; readonly event: JsonObject; readonly root: JsonObject }
  | { readonly kind: 'canonical'; readonly event: JsonObject }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
);

/** Every event of a message in order; the same body and mapping always give the same list. */
export const findEvents = (decoded: Decoded, mapping: Mapping | undefined): readonly FoundEvent[] | Refusal => {
  const events: FoundEvent[] = [];
  for (let unit = 0; unit < decoded.units.length; unit++) {
    eventsOfUnit(decoded.units[unit] as Unit, unit, decoded, mapping, events);
    if (events.length > EVENTS_PER_MESSAGE_MAX) {
      return refuse('too-large', `the message holds more than ${EVENTS_PER_MESSAGE_MAX} events`);
    }
  }
  return events;
};

const eventsOfUnit = (
  unit: Unit,
  index: number,
  decoded: Decoded,
  mapping: Mapping | undefined,
  events: FoundEvent[],
): void => {
  const place: EventPlace = { unit: index, element: undefined };
  if (unit.kind === 'line') events.push({ kind: 'line', text: unit.text, place });
  else if (unit.kind === 'refused') events.push({ kind: 'refused', refusal: unit.refusal, place });
  else if (mapping === undefined || decoded.canonical) events.push({ kind: 'canonical', event: unit.root, place });
  else mappedEvents(unit.root, place, decoded, mapping, events);
};

/** The usual mapping: one rule for every event, and nothing to open. */
const onlyRule = (mapping: Mapping): MappingRule | undefined => {
  const [rule] = mapping.rules;
  const plain =
    mapping.rules.length === 1 &&
    mapping.events === undefined &&
    rule?.when === undefined &&
    rule?.events === undefined;
  return plain ? rule : undefined;
};

const mappedEvents = (
  root: JsonObject,
  place: EventPlace,
  decoded: Decoded,
  mapping: Mapping,
  events: FoundEvent[],
): void => {
  const only = onlyRule(mapping);
  if (only !== undefined) {
    events.push({ kind: 'mapped', rule: only, event: root, root, place });
    return;
  }
  const scope = { event: root, root, envelope: decoded.envelope, messageView: () => decoded.messageView() };
  if (mapping.events !== undefined) {
    openArray(mapping.events, scope, place, events, (event) => chooseRule(mapping, { ...scope, event }));
    return;
  }
  const rule = chooseRule(mapping, scope);
  if (isRefusal(rule)) events.push({ kind: 'refused', refusal: rule, place });
  else if (rule.events === undefined) events.push({ kind: 'mapped', rule, event: root, root, place });
  else openArray(rule.events, scope, place, events, () => rule);
};

const openArray = (
  path: Path,
  scope: Scope & { readonly root: JsonObject },
  { unit }: EventPlace,
  events: FoundEvent[],
  ruleOf: (event: JsonObject) => MappingRule | Refusal,
): void => {
  const array = resolvePath(path, scope);
  if (!Array.isArray(array)) {
    const found = array === undefined ? 'nothing' : kindOf(array);
    const refusal = refuse('no-events', `events (${path.text}): expected an array, found ${found}`);
    events.push({ kind: 'refused', refusal, place: { unit, element: undefined } });
    return;
  }
  array.forEach((event: Json, index) => {
    const place = { unit, element: { path, index, of: array.length } };
    const rule = isObject(event)
      ? ruleOf(event)
      : refuse('undecodable', `events (${path.text}) ${index}: expected an object, found ${kindOf(event)}`);
    if (isRefusal(rule)) events.push({ kind: 'refused', refusal: rule, place });
    else events.push({ kind: 'mapped', rule, event: event as JsonObject, root: scope.root, place });
  });
};

const chooseRule = (mapping: Mapping, scope: Scope): MappingRule | Refusal =>
  mapping.rules.find((rule) => rule.when === undefined || holds(rule.when, scope)) ??
  refuse('no-mapping', `none of the ${mapping.rules.length} mappings has a condition that holds for this event`);

const holds = (condition: Condition, scope: Scope): boolean => {
  const value = resolveFirst(condition.paths, scope);
  switch (condition.test) {
    case 'exists':
      return (value !== undefined) === condition.exists;
    case 'type':
      return value !== undefined && kindOf(value) === condition.type;
    case 'in':
      return value !== undefined && condition.values.includes(plain(value));
  }
};

const plain = (value: Json): Json => (value instanceof SourceNumber ? numberOf(value) : value);
