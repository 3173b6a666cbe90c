/** Converts lines of line protocol from producers to points, by the rules for all events (docs/decisions/0006). */

import { parseLine } from '../decode/influx-lines.ts';
import { type Json, SourceNumber } from '../json/json.ts';
import type { FieldValue, Point, Time } from '../lines/point.ts';
import { DEFAULT_POLICY } from '../mapping/mapping.ts';
import { checkName, checkTagValue, type NameRole } from '../mapping/name-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { isImplausible, messageTime, timeFromDecimal, unitByMagnitude } from '../time/timestamp.ts';
import { toFieldValue } from '../values/field-value.ts';
import { duplicateName } from './event-context.ts';
import type { EventInput } from './event-input.ts';
import { noFields } from './point-converter.ts';

/** Units of the times of line protocol (`SINK_LINE_PRECISION`). With `auto` the magnitude of a time decides. */
export const LINE_PRECISIONS = ['ns', 'us', 'ms', 's', 'auto'] as const;
/** Unit of the times of line protocol. */
export type LinePrecision = (typeof LINE_PRECISIONS)[number];

/** Parses and converts one line, or returns a refusal. */
export const linePoint = (text: string, input: EventInput, precision: LinePrecision = 'ns'): Point | Refusal => {
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
  const time = timeOf(parsed.time, precision, input);
  if (isRefusal(time)) return time;
  const tags = parsed.tags.toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { measurement: parsed.measurement, tags, fields, time };
};

/** Returns the first refusal of a list. */
const firstFault = <T>(list: readonly T[], check: (item: T) => Refusal | undefined): Refusal | undefined => {
  for (const item of list) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
};

/** Validates the name of a column and adds it to `taken`. */
const checkColumn = (role: NameRole, name: string, taken: Set<string>): Refusal | undefined => {
  if (taken.has(name)) return duplicateName(name, `${role} "${name}"`);
  taken.add(name);
  return checkName(role, name, `${role} "${name}"`);
};

/** Floats of InfluxDB. */
const FLOAT = /^-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Spellings of booleans in InfluxDB. */
const BOOLEANS = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((text) => [text, true] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((text) => [text, false] as const),
]);

/** Converts the text of a field value, or returns a refusal. */
const toInfluxValue = (text: string, where: string, input: EventInput): FieldValue | Refusal => {
  if (text.startsWith('"')) return toValue(text.slice(1, -1).replace(/\\(["\\])/g, '$1'), 'string', where, input);
  const boolean = BOOLEANS.get(text);
  if (boolean !== undefined) return { type: 'boolean', value: boolean };
  if (/^-?\d+i$/.test(text))
    return toValue(new SourceNumber(Number(text.slice(0, -1)), text.slice(0, -1)), 'integer', where, input);
  if (FLOAT.test(text)) return toValue(Number(text), 'float', where, input);
  return refuse(
    'field-type',
    `${where}: expected a number, an integer (5i), a boolean or quoted text; openGemini has no other types`,
  );
};

const toValue = (
  value: Json,
  type: 'string' | 'integer' | 'float',
  where: string,
  input: EventInput,
): FieldValue | Refusal => toFieldValue(value, type, DEFAULT_POLICY, where, input) ?? noFields();

/** Returns the time of a line, or a refusal. A line without a time gets the time of its message. */
const timeOf = (text: string, precision: LinePrecision, input: EventInput): Time | Refusal => {
  if (text === '') return messageTime(input.messageId, input.sentAtMs, input.eventIndex);
  if (!/^-?\d+$/.test(text))
    return refuse(
      'timestamp-format',
      `timestamp: expected whole ${precision === 'auto' ? 'units of time' : UNITS[precision]} after the fields`,
    );
  const unit = precision === 'auto' ? (unitByMagnitude(text) ?? 'ns') : precision;
  const time = timeFromDecimal(text, unit, 'timestamp');
  if (!isRefusal(time) && isImplausible(time.seconds, input.sentAtMs)) input.implausibleTimes += 1;
  return time;
};

const UNITS = { s: 'seconds', ms: 'milliseconds', us: 'microseconds', ns: 'nanoseconds' } as const;
