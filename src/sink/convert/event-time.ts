/** The time of an event, as its mapping says where it comes from. Both converters use it. */

import { hasLostDigits, type Json, kindOf, numberOf, SourceNumber, sourceOf } from '../json/json.ts';
import type { Time } from '../lines/point.ts';
import type { MappingRule, TimeRule } from '../mapping/mapping.ts';
import { resolveFirst } from '../mapping/path.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import {
  addToTime,
  isImplausible,
  messageTime,
  type NumericPrecision,
  rangeRefusal,
  resolutionOfDecimal,
  resolutionOfDigits,
  resolutionOfIso8601,
  spreadTime,
  timeFromDecimal,
  timeFromIso8601,
  unitByMagnitude,
} from '../time/timestamp.ts';
import { digitsLost, SourceNeeded, type ValueContext } from '../values/field-value.ts';
import type { EventInput } from './event-input.ts';
import { pathsText, sourceValue } from './source-value.ts';

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
  if (typeof value !== 'number') return null;
  if (!Number.isFinite(value) && context.source.withSources) return null;
  requireDigits(value, context);
  return String(value);
};

/** Throws `SourceNeeded` if the double of a number may have lost digits. */
const requireDigits = (value: number, { source }: ValueContext): void => {
  // JSON.parse returns zero for a number that is too small for a double, and infinity for one that is too large.
  if (value === 0 && !source.integersPlain()) throw new SourceNeeded();
  if (!Number.isFinite(value) && !source.withSources) throw new SourceNeeded();
  if (!(Number.isInteger(value) ? source.integersExact() : source.valuesExact())) throw new SourceNeeded();
};

/** Returns the unit of a time by its magnitude. Text that is not a decimal number is ISO 8601. */
const autoPrecision = (value: Json, context: ValueContext): NumericPrecision | 'iso8601' => {
  const text = numberText(value, context);
  return typeof text === 'string' ? (unitByMagnitude(text) ?? 'iso8601') : 'iso8601';
};

const resolutionOf = (value: Json, precision: NumericPrecision | 'iso8601', context: ValueContext): number => {
  const text = numberText(value, context) ?? '';
  if (precision === 'iso8601') return resolutionOfIso8601(text);
  // JSON.parse drops the zeros at the end of a number.
  return typeof value === 'string' ? resolutionOfDigits(text, precision) : resolutionOfDecimal(text, precision);
};

/**
 * Returns the refusal of a value that is no text according to ISO 8601. A number probably has a unit, unless it is too
 * large for a double. The text must be the same whether or not the source text of the number is known.
 */
const noText = (value: Json, where: string): Refusal => {
  const kind = kindOf(value);
  const number = kind === 'number' ? numberOf(value as number | SourceNumber) : Number.NaN;
  const unit = Number.isFinite(number) ? unitByMagnitude(String(number)) : undefined;
  const hint = unit === undefined ? '' : `, which looks like one of ${unit}`;
  return refuse('timestamp-format', `${where}: expected ISO 8601 text, found ${kind}${hint}`);
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
    return typeof value === 'string' ? timeFromIso8601(value, where, zone) : noText(value, where);
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
