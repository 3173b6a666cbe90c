/**
 * The point converter: builds a point with names and values, validates everything, and then writes the text of the
 * point.
 *
 * It converts every event that the fast path does not handle, and line protocol. `SINK_CONVERTER=point` uses it for all
 * events, for debugging. Tests compare the fast path with it, byte by byte.
 */

import type { Json } from '../json/json.ts';
import { floatText } from '../lines/float-text.ts';
import { LINE_BYTES_MAX, type LineBuffer, SERIES_BYTES_MAX } from '../lines/line-buffer.ts';
import type { FieldValue, Point } from '../lines/point.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import { checkName, escapeName, escapeString } from '../mapping/name-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { timeText } from '../time/timestamp.ts';
import { toFieldValue, toTagValue } from '../values/field-value.ts';
import { fieldOf, type NamedField, tagOf } from './columns.ts';
import { duplicateName, measurementOf, namedColumns } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { timeOf } from './event-time.ts';
import { type MemberFinder, memberFinder } from './members.ts';

/** Returns the refusal of an event whose series key is too long. */
export const seriesTooLong = (): Refusal =>
  refuse('tag-too-long', `measurement and tags together have more than ${SERIES_BYTES_MAX} bytes`);

/** Returns the refusal of an event whose line is too long. */
export const lineTooLong = (): Refusal => refuse('line-too-long', `the line has more than ${LINE_BYTES_MAX} bytes`);

/** Returns the refusal of an event without fields. */
export const noFields = (): Refusal => refuse('no-fields', 'the event has no value for any of its fields');

const fieldText = (field: FieldValue): string => {
  switch (field.type) {
    case 'float':
      return floatText(field.value);
    case 'integer':
      return `${field.value}i`;
    case 'boolean':
      return String(field.value);
    case 'string':
      return `"${escapeString(field.value)}"`;
  }
};

const seriesText = (point: Pick<Point, 'measurement' | 'tags'>): string =>
  escapeName(point.measurement) +
  point.tags.map(([name, value]) => `,${escapeName(name)}=${escapeName(value)}`).join('');

/**
 * Returns the line of a point, without a line break. Names and values must be valid already: `createPointConverter` and
 * the other converters validate them. Escapes are those of openGemini, which differ from InfluxDB's.
 */
export const pointLine = (point: Point): string => {
  const fields = point.fields.map(([name, value]) => `${escapeName(name)}=${fieldText(value)}`).join(',');
  return `${seriesText(point)} ${fields} ${timeText(point.time)}`;
};

/** Appends the line of a point to a buffer, or returns a refusal if it is too long. */
export const appendPoint = (
  point: Point,
  out: LineBuffer,
  messageIndex: number,
  eventIndex: number,
): Refusal | undefined => {
  const seriesBytes = Buffer.byteLength(seriesText(point));
  if (seriesBytes > SERIES_BYTES_MAX) return seriesTooLong();
  const line = `${pointLine(point)}\n`;
  if (Buffer.byteLength(line) > LINE_BYTES_MAX) return lineTooLong();
  out.reserve(0);
  out.seriesEnd = out.length + seriesBytes;
  out.commit(out.length + out.bytes.write(line, out.length, 'utf8'), messageIndex, eventIndex);
  return undefined;
};

/** Converts an event to a point, or returns a refusal. Throws `SourceNeeded` if exact digits are needed. */
export type ConvertToPoint = (input: EventInput) => Point | Refusal;

/** Creates the point converter of a rule. */
export const createPointConverter = (rule: MappingRule): ConvertToPoint => {
  const members = memberFinder(rule);
  const columns = namedColumns(rule);
  return (input) => {
    const measurement = measurementOf(rule, input);
    if (typeof measurement === 'object') return measurement;
    const taken = new Set(columns);
    const tags = tagsOf(rule, members, taken, input);
    if (isRefusal(tags)) return tags;
    if (Buffer.byteLength(seriesText({ measurement, tags })) > SERIES_BYTES_MAX) return seriesTooLong();
    input.isGiven = rule.onlyDefaults;
    const fields = fieldsOf(rule, members, taken, input);
    if (isRefusal(fields)) return fields;
    if (fields.length === 0 || !input.isGiven) return noFields();
    const time = timeOf(rule, input);
    return isRefusal(time) ? time : { measurement, tags, fields, time };
  };
};

const tagsOf = (
  rule: MappingRule,
  members: MemberFinder,
  taken: Set<string>,
  input: EventInput,
): [string, string][] | Refusal => {
  const tags: [string, string][] = [];
  for (const tag of rule.tags) {
    const value = tagOf(tag, rule, input);
    if (typeof value === 'object') return value;
    if (value !== undefined) tags.push([tag.name, value]);
  }
  const found = members.tags(input);
  if (isRefusal(found)) return found;
  for (const { name, value, where } of found) {
    const text = toTagValue(nullable(value, rule), `tag ${where}`, rule, input);
    if (typeof text === 'object') return text;
    if (text === undefined) continue;
    const fault = checkMember('tag', name, where, taken);
    if (fault !== undefined) return fault;
    tags.push([name, text]);
  }
  return found.length === 0 ? tags : tags.sort(([a], [b]) => (a < b ? -1 : 1));
};

/** Returns the value of a member, or null for a text that counts as null. */
const nullable = (value: Json, { nullTexts }: MappingRule): Json =>
  nullTexts.size > 0 && typeof value === 'string' && nullTexts.has(value) ? null : value;

const checkMember = (role: 'tag' | 'field', name: string, where: string, taken: Set<string>): Refusal | undefined => {
  if (taken.has(name)) return duplicateName(name, `${role} ${where}`);
  taken.add(name);
  return checkName(role, name, `${role} ${where}`);
};

const fieldsOf = (
  rule: MappingRule,
  members: MemberFinder,
  taken: Set<string>,
  input: EventInput,
): NamedField[] | Refusal => {
  const fields: NamedField[] = [];
  for (const field of rule.fields) {
    const found = fieldOf(field, rule, input);
    if (found === undefined) continue;
    if (isRefusal(found)) return found;
    fields.push(found);
  }
  const others = members.fields(input);
  if (isRefusal(others)) return others;
  for (const { name, value, where } of others) {
    const converted = toFieldValue(nullable(value, rule), 'value', rule, `field ${where}`, input);
    if (converted === undefined) continue;
    if (isRefusal(converted)) return converted;
    const fault = checkMember('field', name, where, taken);
    if (fault !== undefined) return fault;
    input.isGiven = true;
    fields.push([name, converted]);
  }
  return fields;
};
