/**
 * Finds the events in the units of a message: recognizes bodies that are no telemetry, and follows the mapping.
 * Functions of the user may transform units before, or convert them instead of a mapping.
 */

import type { EventHooks, EventTransform, MessageInfo } from '../custom/hooks.ts';
import { callCode, wrongResult } from '../custom/user-code.ts';
import { isObject, JSON_VALUES_MAX, type Json, type JsonObject, kindOf } from '../json/json.ts';
import type { Mapping, MappingRule } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { convertByCode } from './convert-by-code.ts';
import { jsonOf } from './decode-by-code.ts';
import { type DecodeOptions, EVENTS_PER_MESSAGE_MAX, tooManyEvents } from './decode-options.ts';
import type { Decoded, Unit } from './decoded.ts';
import type { EventPlace, FoundEvent, FoundEvents } from './found-event.ts';
import { mappedEvents, onlyRuleOf } from './mapped-events.ts';
import { recognize } from './recognized.ts';
import { type Search, searchApart } from './search.ts';

/** Settings that decide which events a unit contains. */
export interface EventRules {
  /** Without a mapping, JSON objects must be canonical events. */
  readonly mapping: Mapping | undefined;
  /** Functions of the user. Canonical events in dead letters and lines never pass them. */
  readonly hooks?: EventHooks | undefined;
  readonly decode: DecodeOptions;
}

/**
 * Returns the options with which a message is decoded, for its conversion and for its dead letters. A preset that is code
 * needs all digits, and may need whole arrays.
 */
export const decodeOptionsOf = ({ decode: options, mapping }: EventRules): DecodeOptions =>
  mapping?.preset?.kind === 'code' ? { ...options, exactNumbers: true, wholeArrays: mapping.preset.whole } : options;

/**
 * Returns the events of a message in order. The same body and rules always give the same list, so an event can be
 * identified by its index. Returns a refusal if the message contains more than `EVENTS_PER_MESSAGE_MAX` events.
 */
export const findEvents = (decoded: Decoded, rules: EventRules): FoundEvents | Refusal => {
  const recognized = recognize(decoded, rules.mapping, readsByCode(rules));
  if (recognized !== undefined) return recognizedEvents(recognized);
  const [first] = decoded.units;
  const rule = decoded.units.length === 1 ? onlyRule(decoded, rules) : undefined;
  if (rule !== undefined && first?.kind === 'json' && decoded.onlyEvent === undefined)
    return { events: [unitAsEvent(first.root, rule, FIRST_UNIT)], branchesIgnored: 0, isControl: false };
  const search: Search = {
    decoded,
    events: [],
    branchesIgnored: 0,
    elementsLeft: JSON_VALUES_MAX,
    bytesLeft: rules.decode.messageBytesMax,
  };
  for (let unit = 0; unit < decoded.units.length; unit++) {
    const fits = eventsOfUnit(decoded.units[unit] as Unit, unit, rules, search);
    if (!fits || search.events.length > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
  }
  const { events, branchesIgnored } = search;
  if (decoded.onlyEvent === undefined) return { events, branchesIgnored, isControl: false };
  const only = onlyEvent(events, decoded.onlyEvent);
  return isRefusal(only) ? only : { events: only, branchesIgnored: 0, isControl: false };
};

const FIRST_UNIT: EventPlace = { unit: 0, position: undefined };

/** Returns the rule that applies to every JSON unit as a whole; `undefined` if events have to be searched. */
const onlyRule = (decoded: Decoded, { mapping, hooks }: EventRules): MappingRule | undefined =>
  mapping === undefined || decoded.canonical || hooks !== undefined || decoded.layout === 'code'
    ? undefined
    : onlyRuleOf(mapping);

const unitAsEvent = (root: Json, rule: MappingRule, place: EventPlace): FoundEvent => ({
  kind: 'mapped',
  rule,
  event: root,
  root,
  position: undefined,
  opened: undefined,
  place,
});

/** Whether functions of the user read the body or its units, which may take what no mapping takes. */
const readsByCode = ({ hooks, decode }: EventRules): boolean => hooks !== undefined || decode.decoder !== undefined;

const recognizedEvents = (recognized: 'control' | Refusal): FoundEvents => {
  const events: FoundEvent[] =
    recognized === 'control' ? [] : [{ kind: 'refused', refusal: recognized, place: { unit: 0, position: undefined } }];
  return { events, branchesIgnored: 0, isControl: recognized === 'control' };
};

/** Returns the event that a dead letter stands for. */
const onlyEvent = (events: readonly FoundEvent[], index: number): readonly FoundEvent[] | Refusal => {
  const event = events[index];
  if (event !== undefined) return [event];
  const found = `the body contains ${events.length} events now, and the dead letter is for event ${index}`;
  return refuse('no-events', `${found}; the functions in the code, or the rules of the mapping, no longer find it`);
};

/** Adds the events of one unit. Returns `false` if the unit alone contains more events than a message may. */
const eventsOfUnit = (unit: Unit, index: number, rules: EventRules, search: Search): boolean => {
  const { decoded, events } = search;
  const place: EventPlace = { unit: index, position: undefined };
  if (unit.kind === 'line') events.push({ kind: 'line', text: unit.text, place });
  else if (unit.kind === 'refused') events.push({ kind: 'refused', refusal: unit.refusal, place });
  else if (decoded.canonical) events.push(canonicalEvent(unit.root, place));
  else if (rules.hooks !== undefined || decoded.layout === 'code') return eventsByCode(unit.root, place, rules, search);
  else if (rules.mapping === undefined) events.push(canonicalEvent(unit.root, place));
  else {
    const rule = onlyRuleOf(rules.mapping);
    if (rule !== undefined) {
      events.push(unitAsEvent(unit.root, rule, place));
      return true;
    }
    return mappedEvents(rules.mapping, scopeOfUnit(decoded, unit.root, index), index, search);
  }
  return true;
};

const scopeOfUnit = (decoded: Decoded, root: Json, unit: number): Scope =>
  decoded.scopeOf(root, decoded.layout === 'array' ? unit : decoded.cut?.index);

/** Returns a canonical event, or a refused event if the value is no object. */
const canonicalEvent = (root: Json, place: EventPlace): FoundEvent =>
  isObject(root)
    ? { kind: 'canonical', event: root, place }
    : { kind: 'refused', refusal: refuse('undecodable', `expected an object, found ${kindOf(root)}`), place };

/**
 * Adds the events of a unit that functions of the user decode, transform, or convert. Their source text cannot be found
 * in the text of the unit, so they are numbered, unless the unit is the event.
 */
const eventsByCode = (
  unit: Json,
  place: EventPlace,
  { mapping, hooks: { transform, converter } = {} }: EventRules,
  search: Search,
): boolean => {
  const { decoded } = search;
  if (decoded.layout !== 'code' && !isObject(unit)) {
    search.events.push(canonicalEvent(unit, place));
    return true;
  }
  const message = decoded.messageInfo();
  const given = transform === undefined ? unit : transformed(transform, unit, message);
  if (converter !== undefined && !isRefusal(given))
    return numbered(convertByCode(converter, given, { message }, place), search.events);
  const root = mapping?.readsCode === true || isRefusal(given) ? given : callCode('the event', () => jsonOf(given));
  if (isRefusal(root)) return numbered([{ kind: 'refused', refusal: root, place }], search.events);
  if (mapping === undefined) return numbered([{ kind: 'canonical', event: root as JsonObject, place }], search.events);
  const scope = scopeOfUnit(decoded, root as Json, place.unit);
  const found = searchApart(search, (part) => mappedEvents(mapping, scope, place.unit, part));
  return found !== undefined && numbered(found, search.events);
};

const transformed = (transform: EventTransform, unit: Json, message: MessageInfo): unknown => {
  const event = callCode('transform', () => transform(unit, message));
  return event === undefined || event === null ? wrongResult('transform', 'the event', String(event)) : event;
};

/** Adds the events of one unit, numbered if there are several. Returns `false` for more than a message may contain. */
const numbered = (found: readonly FoundEvent[], events: FoundEvent[]): boolean => {
  if (found.length > EVENTS_PER_MESSAGE_MAX) return false;
  found.forEach((event, among) => {
    const { unit, position } = event.place;
    const isUnit = found.length === 1 && position === undefined;
    events.push(isUnit ? event : { ...event, place: { unit, position: undefined, among } });
  });
  return true;
};
