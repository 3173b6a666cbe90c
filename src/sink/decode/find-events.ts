/**
 * Finds the events in the units of a message: opens arrays of events and chooses a rule of the mapping for each event.
 * Functions of the user may transform units before, or convert them instead of a mapping.
 */

import type { EventHooks, EventTransform, MessageInfo } from '../custom/hooks.ts';
import { callCode, wrongResult } from '../custom/user-code.ts';
import { isObject, type Json, type JsonObject, kindOf, numberOf, SourceNumber } from '../json/json.ts';
import type { Condition, Mapping, MappingRule } from '../mapping/mapping.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { convertByCode } from './convert-by-code.ts';
import { EVENTS_PER_MESSAGE_MAX, tooManyEvents } from './decode.ts';
import { jsonOf } from './decode-by-code.ts';
import type { Decoded, Unit } from './decoded.ts';
import type { EventPlace, FoundEvent } from './found-event.ts';

/** Settings that decide which events a unit contains. */
export interface EventRules {
  /** Without a mapping, JSON objects must be canonical events. */
  readonly mapping: Mapping | undefined;
  /** Functions of the user. Canonical events in dead letters and lines never pass them. */
  readonly hooks?: EventHooks | undefined;
}

/**
 * Returns the events of a message in order. The same body and rules always give the same list, so an event can be
 * identified by its index. Returns a refusal if the message contains more than `EVENTS_PER_MESSAGE_MAX` events.
 */
export const findEvents = (decoded: Decoded, rules: EventRules): readonly FoundEvent[] | Refusal => {
  const events: FoundEvent[] = [];
  for (let unit = 0; unit < decoded.units.length; unit++) {
    const fits = eventsOfUnit(decoded.units[unit] as Unit, unit, decoded, rules, events);
    if (!fits || events.length > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
  }
  return decoded.onlyEvent === undefined ? events : onlyEvent(events, decoded.onlyEvent);
};

/** Returns the event that a dead letter stands for. */
const onlyEvent = (events: readonly FoundEvent[], index: number): readonly FoundEvent[] | Refusal => {
  const event = events[index];
  if (event !== undefined) return [event];
  const found = `the body contains ${events.length} events now, and the dead letter is for event ${index}`;
  return refuse('no-events', `${found}; the functions in the code no longer find it`);
};

/** Adds the events of one unit. Returns `false` if the unit alone contains more events than a message may. */
const eventsOfUnit = (
  unit: Unit,
  index: number,
  decoded: Decoded,
  rules: EventRules,
  events: FoundEvent[],
): boolean => {
  const place: EventPlace = { unit: index, element: undefined };
  if (unit.kind === 'line') events.push({ kind: 'line', text: unit.text, place });
  else if (unit.kind === 'refused') events.push({ kind: 'refused', refusal: unit.refusal, place });
  else if (decoded.canonical) events.push({ kind: 'canonical', event: unit.root, place });
  else if (rules.hooks !== undefined || decoded.layout === 'code')
    return eventsByCode(unit.root, place, decoded, rules, events);
  else if (rules.mapping === undefined) events.push({ kind: 'canonical', event: unit.root, place });
  else return mappedEvents(unit.root, place, decoded, rules.mapping, events);
  return true;
};

/**
 * Adds the events of a unit that functions of the user decode, transform, or convert. Their source text cannot be found
 * in the text of the unit, so they are numbered, unless the unit is the event.
 */
const eventsByCode = (
  unit: JsonObject,
  place: EventPlace,
  decoded: Decoded,
  { mapping, hooks: { transform, converter } = {} }: EventRules,
  events: FoundEvent[],
): boolean => {
  const message = decoded.messageInfo();
  const given = transform === undefined ? unit : transformed(transform, unit, message);
  if (converter !== undefined && !isRefusal(given))
    return numbered(convertByCode(converter, given, { message }, place), events);
  const root = mapping?.readsCode === true || isRefusal(given) ? given : callCode('the event', () => jsonOf(given));
  const found: FoundEvent[] = [];
  if (isRefusal(root)) found.push({ kind: 'refused', refusal: root, place });
  else if (mapping === undefined) found.push({ kind: 'canonical', event: root as JsonObject, place });
  else if (!mappedEvents(root as JsonObject, place, decoded, mapping, found)) return false;
  return numbered(found, events);
};

const transformed = (transform: EventTransform, unit: JsonObject, message: MessageInfo): unknown => {
  const event = callCode('transform', () => transform(unit, message));
  return event === undefined || event === null ? wrongResult('transform', 'the event', String(event)) : event;
};

/** Adds the events of one unit, numbered if there are several. Returns `false` for more than a message may contain. */
const numbered = (found: readonly FoundEvent[], events: FoundEvent[]): boolean => {
  if (found.length > EVENTS_PER_MESSAGE_MAX) return false;
  found.forEach((event, among) => {
    const { unit, element } = event.place;
    const isUnit = found.length === 1 && element === undefined;
    events.push(isUnit ? event : { ...event, place: { unit, element: undefined, among } });
  });
  return true;
};

/**
 * Returns the rule of a mapping with one rule for every event and no array to open. Returns `undefined` for other
 * mappings.
 */
const onlyRule = (mapping: Mapping): MappingRule | undefined => {
  const [rule] = mapping.rules;
  const isOnly =
    mapping.rules.length === 1 &&
    mapping.events === undefined &&
    rule?.when === undefined &&
    rule?.events === undefined;
  return isOnly ? rule : undefined;
};

/** Adds the events of a JSON object. A rule is chosen before its own `events` is opened (docs/decisions/0009). */
const mappedEvents = (
  root: JsonObject,
  place: EventPlace,
  decoded: Decoded,
  mapping: Mapping,
  events: FoundEvent[],
): boolean => {
  const only = onlyRule(mapping);
  if (only !== undefined) {
    events.push({ kind: 'mapped', rule: only, event: root, root, place });
    return true;
  }
  const scope = { event: root, root, envelope: decoded.envelope, messageView: () => decoded.messageView() };
  if (mapping.events !== undefined)
    return openArray(mapping.events, scope, place, events, (event) => chooseRule(mapping, { ...scope, event }));
  const rule = chooseRule(mapping, scope);
  if (isRefusal(rule)) events.push({ kind: 'refused', refusal: rule, place });
  else if (rule.events === undefined) events.push({ kind: 'mapped', rule, event: root, root, place });
  else return openArray(rule.events, scope, place, events, () => rule);
  return true;
};

/** Adds the elements of an array of events. Returns `false` if it is longer than a message allows. */
const openArray = (
  path: Path,
  scope: Scope & { readonly root: JsonObject },
  { unit }: EventPlace,
  events: FoundEvent[],
  ruleOf: (event: JsonObject) => MappingRule | Refusal,
): boolean => {
  const array = resolvePath(path, scope);
  if (!Array.isArray(array)) {
    const found = array === undefined ? 'nothing' : kindOf(array);
    const refusal = refuse('no-events', `events (${path.text}): expected an array, found ${found}`);
    events.push({ kind: 'refused', refusal, place: { unit, element: undefined } });
    return true;
  }
  if (array.length > EVENTS_PER_MESSAGE_MAX) return false;
  array.forEach((event: Json, index) => {
    const place = { unit, element: { path, index, of: array.length } };
    const rule = isObject(event)
      ? ruleOf(event)
      : refuse('undecodable', `events (${path.text}), element ${index}: expected an object, found ${kindOf(event)}`);
    if (isRefusal(rule)) events.push({ kind: 'refused', refusal: rule, place });
    else events.push({ kind: 'mapped', rule, event: event as JsonObject, root: scope.root, place });
  });
  return true;
};

const chooseRule = (mapping: Mapping, scope: Scope): MappingRule | Refusal =>
  mapping.rules.find((rule) => rule.when === undefined || isMet(rule.when, scope)) ??
  refuse('no-mapping', `the event meets the "when" of none of the ${mapping.rules.length} mappings`);

const isMet = (condition: Condition, scope: Scope): boolean => {
  const value = resolveFirst(condition.paths, scope);
  switch (condition.test) {
    case 'exists':
      return (value !== undefined) === condition.exists;
    case 'type':
      return value !== undefined && kindOf(value) === condition.type;
    case 'in':
      return value !== undefined && condition.values.includes(comparable(value));
  }
};

/**
 * Returns a value in the form in which conditions compare it. An integer beyond 2^53 never equals a value in a
 * condition.
 */
const comparable = (value: Json): Json => {
  const number = value instanceof SourceNumber ? numberOf(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && !Number.isSafeInteger(number) ? Number.NaN : number;
};
