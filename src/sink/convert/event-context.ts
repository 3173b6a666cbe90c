/** The input of the converters, and the parts of a rule that both converters evaluate in the same way. */

import { hasLostDigits, type Json, kindOf, SourceNumber, sourceOf } from '../json/json.ts';
import type { Time } from '../lines/point.ts';
import type { MappingRule, NumericPrecision, TimeRule } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import { type Path, resolveFirst, type Scope } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { digitsLost, SourceNeeded, scalarText, type ValueContext } from './field-value.ts';
import { sourceText, sourceValue } from './source-value.ts';
import {
  addToTime,
  isImplausible,
  messageTime,
  rangeRefusal,
  resolutionOfDecimal,
  resolutionOfIso8601,
  spreadTime,
  timeFromDecimal,
  timeFromIso8601,
  unitByMagnitude,
} from './timestamp.ts';

/** The event that is being converted. One object is used for all events, one after the other. */
export interface EventInput extends Scope, ValueContext {
  event: Json;
  /** Id of the first message of the event. */
  readonly messageId: string;
  /** When the first message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  /** Bytes of a value that a mapping decodes, at most (`SINK_MESSAGE_BYTES_MAX`). */
  readonly messageBytesMax: number;
  /** Index of the event in its first message. */
  eventIndex: number;
  /**
   * Number of times that differ so much from the time of the message that their precision is probably wrong
   * (`isImplausible`).
   */
  implausibleTimes: number;
  /** Whether at least one field has a value of the event, and not a constant or default of the mapping. */
  isGiven: boolean;
}

/** Returns the validated measurement of an event, or a refusal. */
export const measurementOf = (rule: MappingRule, input: EventInput): string | Refusal => {
  if ('constant' in rule.measurement) return rule.measurement.constant;
  const { prefix, default: fallback, replace } = rule.measurement;
  const where = `measurement (${sourceText(rule.measurement)})`;
  const value = sourceValue(rule.measurement, rule.nullTexts, where, input);
  if (isRefusal(value)) return value;
  const absent = value === undefined || value === null || value === '';
  const found = absent ? undefined : scalarText(value, input);
  if (!absent && found === undefined) {
    return refuse('measurement-missing', `${where}: expected text, found ${kindOf(value)}`);
  }
  if (value === null && rule.nullTexts.size > 0) input.altered += 1;
  const text = found ?? fallback;
  if (text === undefined)
    return refuse('measurement-missing', `${where}: the event has none, and the mapping has no default`);
  const name = replace === undefined ? prefix + text : replaced(prefix + text, replace);
  return checkName('measurement', name, where) ?? name;
};

/** Returns a text with all replacements, in one pass, so that no replacement is replaced again. */
const replaced = (text: string, replace: ReadonlyMap<string, string>): string => {
  let result = '';
  for (let at = 0; at < text.length; ) {
    const found = longestAt(text, at, replace);
    result += found === undefined ? text[at] : replace.get(found);
    at += found?.length ?? 1;
  }
  return result;
};

const longestAt = (text: string, at: number, replace: ReadonlyMap<string, string>): string | undefined => {
  let longest: string | undefined;
  for (const found of replace.keys())
    if (text.startsWith(found, at) && found.length > (longest?.length ?? 0)) longest = found;
  return longest;
};

/**
 * Returns the time of an event, or a refusal. An event without a time gets the time of its message if the mapping
 * declares that. Counts implausible times.
 */
export const timeOf = (rule: MappingRule, input: EventInput): Time | Refusal => {
  const time = rule.timestamp;
  const found = time === undefined ? timeOfMessage(input) : timeByRule(time, rule, input);
  if (isRefusal(found) || !isImplausible(found.seconds, input.sentAtMs)) return found;
  if (time?.implausible === 'message') return instead(input);
  if (time?.implausible === 'refuse')
    return refuse(
      'timestamp-range',
      `timestamp (${pathsText(time.paths)}): the time is more than ten years before or one year after its message; its precision is probably wrong`,
    );
  input.implausibleTimes += 1;
  return found;
};

const timeOfMessage = (input: EventInput): Time | Refusal =>
  messageTime(input.messageId, input.sentAtMs, input.eventIndex);

/** Returns the time of the message in place of an unusable one, and counts it as an altered value. */
const instead = (input: EventInput): Time | Refusal => {
  input.altered += 1;
  return timeOfMessage(input);
};

const timeByRule = (time: TimeRule, rule: MappingRule, input: EventInput): Time | Refusal => {
  const where = `timestamp (${pathsText(time.paths)})`;
  const value = sourceValue(time, rule.nullTexts, where, input);
  if (value === undefined || value === null) {
    if (time.missing === 'message') {
      if (value === null && rule.nullTexts.size > 0) input.altered += 1;
      return timeOfMessage(input);
    }
    return refuse(
      'timestamp-missing',
      `${where}: the event has none; "missing": "message" would use the time of the message`,
    );
  }
  const found = isRefusal(value) ? value : timeFromValue(value, time, where, input);
  return isRefusal(found) && time.invalid === 'message' ? instead(input) : found;
};

/** Converts a value that is present: reads it, adds the second value, and spreads it. */
const timeFromValue = (value: Json, time: TimeRule, where: string, input: EventInput): Time | Refusal => {
  const precision = time.precision === 'auto' ? autoPrecision(value, input) : time.precision;
  const base = toTime(value, precision, where, input, time.zone);
  if (isRefusal(base) || (time.plus === undefined && time.spread !== true)) return base;
  const added = time.plus === undefined ? undefined : numberText(resolveFirst(time.plus.paths, input), input);
  const sum = added === undefined ? base : withAddition(base, added, time.plus as Addition);
  if (isRefusal(sum) || time.spread !== true) return sum;
  const resolution = Math.min(
    resolutionOf(value, precision, input),
    added === undefined
      ? Number.POSITIVE_INFINITY
      : resolutionOfDecimal(added ?? '', (time.plus as Addition).precision),
  );
  return spreadTime(sum, resolution, input.messageId, input.eventIndex);
};

type Addition = NonNullable<TimeRule['plus']>;

const withAddition = (base: Time, added: string | null, { paths, precision }: Addition): Time | Refusal =>
  addToTime(base, added ?? '', precision, `timestamp, plus (${pathsText(paths)})`);

/**
 * Returns the digits of a number or of a text; `undefined` for an absent value and null, and null for another value.
 *
 * @throws SourceNeeded
 */
const numberText = (value: Json | undefined, context: ValueContext): string | null | undefined => {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return value;
  if (value instanceof SourceNumber) return sourceOf(value);
  if (typeof value !== 'number' || !Number.isFinite(value)) return null;
  requireDigits(value, context);
  return String(value);
};

/** Throws `SourceNeeded` if the double of a number may have lost digits. */
const requireDigits = (value: number, { source }: ValueContext): void => {
  // JSON.parse returns zero for a number that is too small for a double.
  if (value === 0 && !source.integersPlain()) throw new SourceNeeded();
  if (!(Number.isInteger(value) ? source.integersExact() : source.valuesExact())) throw new SourceNeeded();
};

/** Returns the unit of a time by its magnitude. Text that is not a decimal number is ISO 8601. */
const autoPrecision = (value: Json, context: ValueContext): NumericPrecision | 'iso8601' => {
  const text = numberText(value, context);
  return typeof text === 'string' ? (unitByMagnitude(text) ?? 'iso8601') : 'iso8601';
};

const resolutionOf = (value: Json, precision: NumericPrecision | 'iso8601', context: ValueContext): number => {
  const text = numberText(value, context) ?? '';
  return precision === 'iso8601' ? resolutionOfIso8601(text) : resolutionOfDecimal(text, precision);
};

/**
 * Converts the value at a path to a time, or returns a refusal.
 *
 * @param where - Place in the event, for the refusal.
 * @param zone - Zone of texts without one; `undefined` if such texts are refused.
 * @throws SourceNeeded if the double of a number may have lost digits.
 */
export const toTime = (
  value: Json,
  precision: NumericPrecision | 'iso8601',
  where: string,
  context: ValueContext,
  zone?: string,
): Time | Refusal => {
  if (precision === 'iso8601') {
    return typeof value === 'string'
      ? timeFromIso8601(value, where, zone)
      : refuse('timestamp-format', `${where}: expected RFC 3339 text`);
  }
  if (typeof value === 'string') return timeFromDecimal(value, precision, where);
  if (value instanceof SourceNumber) return timeFromDecimal(sourceOf(value), precision, where);
  if (typeof value !== 'number')
    return refuse('timestamp-format', `${where}: expected a number of ${precision} or its digits as text`);
  if (!Number.isFinite(value)) return rangeRefusal(where);
  if (context.source.isComputed && hasLostDigits(value)) return digitsLost(where);
  requireDigits(value, context);
  return timeFromDecimal(String(value), precision, where);
};

/** Returns the paths as text for faults and refusals. */
export const pathsText = (paths: readonly Path[]): string => paths.map((path) => path.text).join(' or ');

/** Returns the names of the columns that a rule declares. Members of the same name are refused. */
export const namedColumns = (rule: MappingRule): ReadonlySet<string> =>
  new Set([
    ...rule.tags.map((tag) => tag.name),
    ...rule.fields.flatMap(({ name, byType, byText }) => Object.values(byType ?? byText ?? { number: name })),
  ]);

/** Returns the refusal of an event with two columns of the same name. */
export const duplicateName = (name: string, where: string): Refusal =>
  refuse('duplicate-name', `${where}: another tag or field of this point already has the name "${name}"`);
