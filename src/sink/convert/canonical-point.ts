/**
 * Converts canonical events: points written as JSON, which need no mapping.
 * `{"measurement":"cpu","tags":{…},"fields":{…},"integers":["n"],"timestamp":"1755216000000000001"}`
 */

import { isObject, type Json, type JsonObject, kindOf } from '../json/json.ts';
import type { FieldValue, Point, Time } from '../lines/point.ts';
import type { ValuePolicy } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { isImplausible, messageTime, timeText } from '../time/timestamp.ts';
import { toFieldValue, toTagValue } from '../values/field-value.ts';
import { duplicateName } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { toTime } from './event-time.ts';
import { noFields } from './point-converter.ts';

const MEMBERS = ['measurement', 'tags', 'fields', 'integers', 'timestamp'];

/** Converts a canonical event to a point, or returns a refusal. Throws `SourceNeeded` if exact digits are needed. */
export const canonicalPoint = (input: EventInput): Point | Refusal => {
  // Only objects are canonical events.
  const event = input.event as JsonObject;
  const measurement = measurementOf(event);
  if (typeof measurement === 'object') return measurement;
  const tags = tagsOf(event, input);
  if (isRefusal(tags)) return tags;
  const fields = fieldsOf(event, new Set(tags.map(([name]) => name)), input);
  if (isRefusal(fields)) return fields;
  const unknown = unknownMember(event);
  // A mistyped "fields" is the cause of a missing field.
  if (fields.length === 0) return unknown ?? noFields();
  const time = timeOf(event, input);
  if (isRefusal(time)) return time;
  return unknown ?? { measurement, tags, fields, time };
};

const unknownMember = (event: JsonObject): Refusal | undefined => {
  const unknown = Object.keys(event).find((name) => !MEMBERS.includes(name));
  return unknown === undefined
    ? undefined
    : refuse('undecodable', `not a canonical event: member "${unknown}" is not one of ${MEMBERS.join(', ')}`);
};

/** Returns an own member; `undefined` for an inherited one. */
const own = (event: JsonObject, name: string): Json | undefined =>
  Object.hasOwn(event, name) ? event[name] : undefined;

const measurementOf = (event: JsonObject): string | Refusal => {
  const name = own(event, 'measurement');
  if (typeof name === 'string') return checkName('measurement', name, 'measurement') ?? name;
  const found = name === undefined ? 'nothing' : kindOf(name);
  return refuse(
    'measurement-missing',
    `measurement: expected text, found ${found} (without a mapping, events must be canonical)`,
  );
};

const membersOf = (event: JsonObject, name: 'tags' | 'fields'): JsonObject | Refusal => {
  const value = own(event, name);
  if (value === undefined || value === null) return {};
  return isObject(value) ? value : refuse('field-type', `${name}: expected an object, found ${kindOf(value)}`);
};

const tagsOf = (event: JsonObject, input: EventInput): (readonly [string, string])[] | Refusal => {
  const members = membersOf(event, 'tags');
  if (isRefusal(members)) return members;
  const tags: (readonly [string, string])[] = [];
  for (const name of Object.keys(members).sort()) {
    const where = `tag "${name}"`;
    const text = toTagValue(members[name], where, input.canonicalPolicy, input);
    if (text === undefined) continue;
    const fault = typeof text === 'object' ? text : checkName('tag', name, where);
    if (fault !== undefined) return fault;
    tags.push([name, text as string]);
  }
  return tags;
};

const fieldsOf = (
  event: JsonObject,
  taken: ReadonlySet<string>,
  input: EventInput,
): (readonly [string, FieldValue])[] | Refusal => {
  const members = membersOf(event, 'fields');
  if (isRefusal(members)) return members;
  const integers = integersOf(event);
  if (isRefusal(integers)) return integers;
  const fields: (readonly [string, FieldValue])[] = [];
  for (const name of Object.keys(members)) {
    const where = `field "${name}"`;
    const converted = toMemberValue(members[name] as Json, integers.has(name), where, input);
    if (converted === undefined) continue;
    const fault = isRefusal(converted) ? converted : checkName('field', name, where);
    if (fault !== undefined) return fault;
    if (taken.has(name)) return duplicateName(name, where);
    fields.push([name, converted as FieldValue]);
  }
  return fields;
};

const toMemberValue = (
  value: Json,
  integer: boolean,
  where: string,
  input: EventInput,
): FieldValue | Refusal | undefined => {
  if (!integer) return toFieldValue(value, 'value', input.canonicalPolicy, where, input);
  // A canonical event may contain an integer as text, so that producers need not print long numbers. That is not
  // counted as an altered value.
  const given = input.canonicalPolicy;
  const policy: ValuePolicy = typeof value === 'string' ? { ...given, coerce: true } : given;
  const before = input.altered;
  const converted = toFieldValue(value, 'integer', policy, where, input);
  if (typeof value === 'string') input.altered = before;
  return converted;
};

const integersOf = (event: JsonObject): ReadonlySet<string> | Refusal => {
  const names = own(event, 'integers');
  if (names === undefined || names === null) return new Set();
  return Array.isArray(names) && names.every((name) => typeof name === 'string')
    ? new Set(names as string[])
    : refuse('field-type', `integers: expected an array of field names, found ${kindOf(names)}`);
};

const timeOf = (event: JsonObject, input: EventInput): Time | Refusal => {
  const value = own(event, 'timestamp');
  if (value === undefined || value === null) return messageTime(input.messageId, input.sentAtMs, input.eventIndex);
  const time = toTime(value, 'ns', 'timestamp', input);
  if (!isRefusal(time) && isImplausible(time.seconds, input.sentAtMs)) input.implausibleTimes += 1;
  return time;
};

/** Returns the canonical event of a point, which a dead letter contains if only the line of its event is stored. */
export const canonicalText = ({ measurement, tags, fields, time }: Point): string => {
  const integers = fields.filter(([, field]) => field.type === 'integer').map(([name]) => name);
  // JSON.stringify prints -0 as 0.
  const values = fields.map(
    ([name, { value }]) => `${JSON.stringify(name)}:${Object.is(value, -0) ? '-0' : JSON.stringify(value)}`,
  );
  return [
    `{"measurement":${JSON.stringify(measurement)}`,
    `"tags":${JSON.stringify(Object.fromEntries(tags))}`,
    `"fields":{${values.join(',')}}`,
    `"integers":${JSON.stringify(integers)}`,
    `"timestamp":"${timeText(time)}"}`,
  ].join(',');
};
