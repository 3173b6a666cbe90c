/** Converts single values of an event to field values and tag values, or refuses them. */

import { addDecimals, type Decimal, decimalText, equalDecimals, multiplyDecimals, parseDecimal } from '../decimal.ts';
import { hasLostDigits, type Json, kindOf, numberOf, SourceNumber, type SourceText, sourceOf } from '../json/json.ts';
import type { FieldValue } from '../lines/point.ts';
import type { FieldType, Linear, ValuePolicy } from '../mapping/mapping.ts';
import { checkTagValue } from '../mapping/name-rules.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { decimalIn, wholeFromDecimal } from './decimal-text.ts';
import { scaledInteger } from './scaled-integer.ts';

/** Source text and counter of a conversion. */
export interface ValueContext {
  /** The text that the value was parsed from. */
  readonly source: SourceText;
  /** Number of values that were changed as the mapping declares: coerced, line breaks escaped, nulls omitted. */
  altered: number;
  /** Number of fields that were left out, because their values have another type or are not finite. */
  omitted: number;
}

/**
 * Thrown when exact digits matter and the double may have lost them. The converter catches it and parses the message
 * again with source texts (docs/decisions/0003). It is not an `Error`, so that throwing it creates no stack trace.
 */
export class SourceNeeded {}

const mismatch = (where: string, expected: string, value: Json): Refusal =>
  refuse('field-type', `${where}: expected ${expected}, found ${kindOf(value)}`);

/** Returns the refusal of a value of another type, or of a text that the policy could not convert. */
const notConverted = (where: string, expected: string, value: Json, policy: ValuePolicy): Refusal =>
  policy.coerce && typeof value === 'string'
    ? refuse('field-type', `${where}: expected ${expected}, found text that is not one`)
    : mismatch(where, expected, value);

/** Returns the refusal of a number that code of the user has computed, and that may have lost digits before. */
export const digitsLost = (where: string): Refusal =>
  refuse('integer-range', `${where}: a number of JavaScript is exact only up to 2^53-1; return a bigint or text`);

/** Type of a field, and what it does with its numbers. */
export interface FieldKind {
  readonly type: FieldType;
  readonly linear?: Linear | undefined;
  readonly exact?: boolean | undefined;
}

/** What a field of each type expects, as in the refusal of any other value. */
const NOUNS: Readonly<Record<FieldType, string>> = {
  value: 'a number, text or a boolean',
  float: 'a number',
  integer: 'an integer',
  boolean: 'a boolean',
  string: 'text',
};

/**
 * Converts a value to a field value, or returns a refusal. Returns `undefined` if the field is left out: the value is
 * null and nulls are ignored, or it is of another type or not finite and the policy omits such fields.
 *
 * @param where - Name and path of the field, for the refusal.
 * @throws SourceNeeded
 */
export const toFieldValue = (
  value: Json,
  field: FieldType | FieldKind,
  policy: ValuePolicy,
  where: string,
  context: ValueContext,
): FieldValue | Refusal | undefined => {
  const kind = typeof field === 'string' ? { type: field } : field;
  const { type } = kind;
  if (value === null) {
    if (policy.nulls === 'refuse') return mismatch(where, NOUNS[type], value);
    context.altered += 1;
    return undefined;
  }
  const converted = convertValue(value, kind, policy, where, context);
  return isRefusal(converted) ? orOmitted(converted, policy, context) : converted;
};

/** Returns a refusal, or `undefined` if the policy leaves out the field instead. */
export const orOmitted = (refusal: Refusal, policy: ValuePolicy, context: ValueContext): Refusal | undefined => {
  const omits =
    (refusal.code === 'field-type' && policy.mismatch === 'omit') ||
    (refusal.code === 'not-finite' && policy.nonFinite === 'omit');
  if (!omits) return refusal;
  context.omitted += 1;
  return undefined;
};

const convertValue = (
  value: Json,
  kind: FieldKind,
  policy: ValuePolicy,
  where: string,
  context: ValueContext,
): FieldValue | Refusal => {
  switch (kind.type === 'value' ? typeByValue(value) : kind.type) {
    case 'float': {
      const isPlain = kind.linear === undefined && kind.exact !== true;
      return isPlain ? toFloat(value, policy, where, context) : toExactFloat(value, kind, policy, where, context);
    }
    case 'integer':
      return kind.linear === undefined
        ? toInteger(value, policy, where, context)
        : toScaledInteger(value, kind.linear, policy, where, context);
    case 'boolean':
      return toBoolean(value, policy, where, context);
    case 'string':
      return toText(value, policy, where, context);
    default:
      return mismatch(where, NOUNS.value, value);
  }
};

const typeByValue = (value: Json): 'float' | 'boolean' | 'string' | undefined => {
  const kind = kindOf(value);
  return kind === 'number' ? 'float' : kind === 'boolean' || kind === 'string' ? kind : undefined;
};

const toFloat = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  let number: number;
  if (typeof value === 'number' || value instanceof SourceNumber) number = numberOf(value);
  else {
    const text = policy.coerce && typeof value === 'string' ? decimalIn(value) : undefined;
    if (text === undefined) return notConverted(where, NOUNS.float, value, policy);
    number = Number(text);
    if (/^-?\d+$/.test(text) && Number.isFinite(number) && BigInt(text) !== BigInt(number))
      return refuse('field-type', `${where}: the text is an integer that a float cannot represent exactly`);
    context.altered += 1;
  }
  return finite(number, where);
};

const finite = (number: number, where: string): FieldValue | Refusal => {
  if (Number.isNaN(number)) return refuse('not-finite', `${where}: the number is NaN`);
  if (!Number.isFinite(number))
    return refuse('not-finite', `${where}: the number is infinite or too large for a double`);
  return { type: 'float', value: number };
};

/** Converts a number that is calculated with, or whose double must be exact, from its digits. */
const toExactFloat = (
  value: Json,
  { linear, exact }: FieldKind,
  policy: ValuePolicy,
  where: string,
  context: ValueContext,
): FieldValue | Refusal => {
  if (linear !== undefined && typeof value === 'number' && context.source.valuesExact()) {
    const quick = scaledInteger(value, linear);
    if (quick !== undefined) return { type: 'float', value: quick };
  }
  const given = digitsOf(value, policy, where, context);
  if (isRefusal(given)) return given;
  const decimal = parseDecimal(given);
  if (decimal === undefined) return notCalculated(given, where);
  const result = linear === undefined ? decimal : calculated(decimal, linear);
  const number = Number(decimalText(result));
  if (exact === true && Number.isFinite(number) && !isExact(number, result))
    return refuse('field-type', `${where}: the number has more digits than a double keeps`);
  return finite(Object.is(number, 0) && given.startsWith('-') && linear === undefined ? -0 : number, where);
};

/** Returns the refusal of a number that is not finite, or beyond the limits of decimal arithmetic. */
const notCalculated = (given: string, where: string): Refusal => {
  const found = finite(Number(given), where);
  return isRefusal(found)
    ? found
    : refuse('field-type', `${where}: the number has too many digits, or an exponent too small, to calculate with it`);
};

/** Whether the shortest decimal of a double is the given number. */
const isExact = (number: number, given: Decimal): boolean => {
  const shortest = parseDecimal(String(number));
  return shortest !== undefined && equalDecimals(shortest, given);
};

const calculated = (value: Decimal, { scale, offset }: Linear): Decimal => {
  const [factor, summand] = [parseDecimal(scale), parseDecimal(offset)];
  // The mapping was validated, so that both are numbers.
  return addDecimals(multiplyDecimals(value, factor as Decimal), summand as Decimal);
};

/**
 * Returns the digits of a number, or of a text if the policy converts it. A number that is not finite is returned as
 * its name.
 *
 * @throws SourceNeeded
 */
const digitsOf = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): string | Refusal => {
  if (typeof value === 'number') {
    const { source } = context;
    // JSON.parse returns zero for a number that is too small for a double, and infinity for one that is too large.
    const isZero = value === 0 && !source.integersPlain();
    if (isZero || !source.valuesExact() || isLostInfinity(value, context)) throw new SourceNeeded();
    return Object.is(value, -0) ? '-0' : String(value);
  }
  if (value instanceof SourceNumber) return sourceOf(value);
  const text = policy.coerce && typeof value === 'string' ? decimalIn(value) : undefined;
  if (text === undefined) return notConverted(where, NOUNS.float, value, policy);
  context.altered += 1;
  return text;
};

/** Whether a number is infinite because its double cannot represent what was written. */
const isLostInfinity = (value: number, { source }: ValueContext): boolean =>
  !Number.isFinite(value) && !source.withSources;

const INTEGER = /^-?\d+$/;

const toInteger = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  if (typeof value === 'number' && Number.isInteger(value) && !context.source.integersPlain()) throw new SourceNeeded();
  if (typeof value === 'number' && isLostInfinity(value, context)) throw new SourceNeeded();
  if (typeof value === 'number' || value instanceof SourceNumber) {
    const text = sourceOf(value);
    if (INTEGER.test(text)) return integerInRange(text, where);
    if (!Number.isFinite(numberOf(value)) && (policy.nonFinite === 'omit' || isNamed(value)))
      return finite(numberOf(value), where);
    const whole = policy.coerce ? wholeFromDecimal(text) : undefined;
    if (whole === undefined)
      return refuse('field-type', `${where}: expected an integer, found a number with a fraction or an exponent`);
    context.altered += 1;
    return integerInRange(whole, where);
  }
  const text = policy.coerce && typeof value === 'string' ? decimalIn(value) : undefined;
  const whole = text === undefined ? undefined : wholeFromDecimal(text);
  if (whole === undefined) return notConverted(where, NOUNS.integer, value, policy);
  context.altered += 1;
  return integerInRange(whole, where);
};

/** Whether a number is written as a name (`NaN`, `inf`), and not as digits that are too many for a double. */
const isNamed = (value: number | SourceNumber): boolean => value instanceof SourceNumber && !/\d/.test(sourceOf(value));

const toScaledInteger = (
  value: Json,
  linear: Linear,
  policy: ValuePolicy,
  where: string,
  context: ValueContext,
): FieldValue | Refusal => {
  const given = digitsOf(value, policy, where, context);
  if (isRefusal(given)) return given;
  const decimal = parseDecimal(given);
  if (decimal === undefined) return notCalculated(given, where);
  const text = decimalText(calculated(decimal, linear));
  return INTEGER.test(text)
    ? integerInRange(text, where)
    : refuse('field-type', `${where}: the calculated number is not an integer`);
};

/**
 * Returns the integer. Integers beyond 2^53-1 are refused, because openGemini parses them as doubles (corpus:
 * `int-2pow53-plus-1-SILENT`).
 */
const integerInRange = (digits: string, where: string): FieldValue | Refusal => {
  const value = Number(digits);
  return Number.isSafeInteger(value)
    ? { type: 'integer', value: value === 0 ? 0 : value }
    : refuse('integer-range', `${where}: openGemini keeps integers exact only up to 2^53-1, this one is beyond that`);
};

const TRUE = /^\s*(?:true|1)\s*$/i;
const FALSE = /^\s*(?:false|0)\s*$/i;

const toBoolean = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  if (typeof value === 'boolean') return { type: 'boolean', value };
  const text = policy.coerce ? scalarText(value, context) : undefined;
  const isTrue = text !== undefined && TRUE.test(text);
  if (!isTrue && (text === undefined || !FALSE.test(text))) return notConverted(where, NOUNS.boolean, value, policy);
  context.altered += 1;
  return { type: 'boolean', value: isTrue };
};

const toText = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  let text = value;
  if (typeof text !== 'string') {
    const scalar = policy.coerce ? scalarText(value, context) : undefined;
    if (scalar === undefined) return mismatch(where, NOUNS.string, value);
    context.altered += 1;
    text = scalar;
  }
  if (!text.isWellFormed())
    return refuse('name-characters', `${where}: the text contains a lone surrogate, which UTF-8 cannot express`);
  if (!text.includes('\n')) return { type: 'string', value: text };
  if (policy.newlines === 'refuse')
    return refuse('name-characters', `${where}: the text contains a line break, which line protocol cannot express`);
  context.altered += 1;
  return { type: 'string', value: text.replaceAll('\n', '\\n') };
};

/**
 * Returns the text of a scalar, a number as it was written. `undefined` for null, objects and arrays, and for a
 * computed number that may have lost digits.
 *
 * @throws SourceNeeded
 */
export const scalarText = (value: Json, context: ValueContext): string | undefined => {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!context.source.numbersPlain()) throw new SourceNeeded();
    return context.source.isComputed && hasLostDigits(value) ? undefined : sourceOf(value);
  }
  return value instanceof SourceNumber ? sourceOf(value) : undefined;
};

/**
 * Converts a value to a tag value, or returns a refusal. Returns `undefined` if the value is absent, empty, or an
 * ignored null. openGemini has no empty tags (corpus: `tag-empty-value-dropped`).
 *
 * @param where - Name and path of the tag, for the refusal.
 * @throws SourceNeeded
 */
export const toTagValue = (
  value: Json | undefined,
  where: string,
  policy: ValuePolicy,
  context: ValueContext,
): string | Refusal | undefined => {
  if (value === undefined || value === '') return undefined;
  if (value === null) {
    if (policy.nulls === 'refuse') return mismatch(where, 'text', value);
    context.altered += 1;
    return undefined;
  }
  if (typeof value === 'number' && context.source.isComputed && hasLostDigits(value)) return digitsLost(where);
  const text = scalarText(value, context);
  if (text === undefined) return mismatch(where, 'text, a number or a boolean', value);
  return checkTagValue(text, where) ?? text;
};
