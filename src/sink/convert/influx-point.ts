/** A parsed line of line protocol -> a point, by the rules that hold for every event. */

import { parseLine } from '../decode/influx-lines.ts';
import { type Json, SourceNumber } from '../json/json.ts';
import type { FieldValue, Point, Time } from '../lines/point.ts';
import { checkName, checkTagValue, type NameRole } from '../mapping/name-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { DEFAULT_POLICY } from './canonical-point.ts';
import { duplicateName, type EventInput } from './event-context.ts';
import { toFieldValue } from './field-value.ts';
import { noFields } from './point-converter.ts';
import { isImplausible, messageTime, timeFromDecimal } from './timestamp.ts';

/** A line as a point, by the rules that hold for every event. */
export const linePoint = (text: string, input: EventInput): Point | Refusal => {
  const parsed = parseLine(text);
  if (isRefusal(parsed)) return parsed;
  const taken = new Set<string>();
  const fault =
    checkName('measurement', parsed.measurement, 'measurement') ??
    firstFault(
      parsed.tags,
      ([name, value]) => checkColumn('tag', name, taken) ?? checkTagValue(value, `tag "${name}"`),
    ) ??
    firstFault(parsed.fields, ([name]) => checkColumn('field', name, taken));
  if (fault !== undefined) return fault;
  const fields: [string, FieldValue][] = [];
  for (const [name, value] of parsed.fields) {
    const converted = toInfluxValue(value, `field "${name}"`, input);
    if (isRefusal(converted)) return converted;
    fields.push([name, converted]);
  }
  if (fields.length === 0) return noFields();
  const time = timeOf(parsed.time, input);
  if (isRefusal(time)) return time;
  const tags = parsed.tags.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { measurement: parsed.measurement, tags, fields, time };
};
export const firstFault = <T>(list: readonly T[], check: (item: T) => Refusal | undefined): Refusal | undefined => {
  for (const item of list) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
};
export const checkColumn = (role: NameRole, name: string, taken: Set<string>): Refusal | undefined => {
  if (taken.has(name)) return duplicateName(name, `${role} "${name}"`);
  taken.add(name);
  return checkName(role, name, `${role} "${name}"`);
};
export const FLOAT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
export const BOOLEANS = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

export const toInfluxValue = (text: string, where: string, input: EventInput): FieldValue | Refusal => {
  if (text.startsWith('"')) return toValue(text.slice(1, -1).replace(/\\(["\\])/g, '$1'), 'string', where, input);
  const boolean = BOOLEANS.get(text);
  if (boolean !== undefined) return { type: 'boolean', value: boolean };
  if (/^-?\d+i$/.test(text))
    return toValue(new SourceNumber(Number(text.slice(0, -1)), text.slice(0, -1)), 'integer', where, input);
  if (FLOAT.test(text)) return toValue(Number(text), 'float', where, input);
  return refuse(
    'field-type',
    `${where}: not a number, integer (5i), boolean or quoted text of line protocol that openGemini has a type for`,
  );
};
export const toValue = (
  value: Json,
  type: 'string' | 'integer' | 'float',
  where: string,
  input: EventInput,
): FieldValue | Refusal => toFieldValue(value, type, DEFAULT_POLICY, where, input) ?? noFields();
export const timeOf = (text: string, input: EventInput): Time | Refusal => {
  if (text === '') return messageTime(input.messageId, input.sentAtMs, input.eventIndex);
  if (!/^-?\d+$/.test(text))
    return refuse('timestamp-format', 'timestamp: expected whole nanoseconds behind the fields');
  const time = timeFromDecimal(text, 'ns', 'timestamp');
  if (!isRefusal(time) && isImplausible(time.seconds, input.sentAtMs)) input.implausibleTimes += 1;
  return time;
};
