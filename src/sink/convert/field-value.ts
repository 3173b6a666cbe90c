/** Converts single values of an event to field values and tag values, or refuses them. */

import { hasLostDigits, type Json, kindOf, numberOf, SourceNumber, type SourceText, sourceOf } from '../json/json.ts';
import type { FieldValue } from '../lines/point.ts';
import type { FieldType, ValuePolicy } from '../mapping/mapping.ts';
import { checkTagValue } from '../mapping/name-rules.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** Source text and counter of a conversion. */
export interface ValueContext {
  /** The text that the value was parsed from. */
  readonly source: SourceText;
  /** Number of values that were changed as the mapping declares: coerced, line breaks escaped, nulls omitted. */
  altered: number;
}

/**
 * Thrown when exact digits matter and the double may have lost them. The converter catches it and parses the message
 * again with source texts (docs/decisions/0003). It is not an `Error`, so that throwing it creates no stack trace.
 */
export class SourceNeeded {}

const mismatch = (where: string, expected: string, value: Json): Refusal =>
  refuse('field-type', `${where}: expected ${expected}, found ${kindOf(value)}`);

/** Returns the refusal of a number that code of the user has computed, and that may have lost digits before. */
export const digitsLost = (where: string): Refusal =>
  refuse('integer-range', `${where}: a number of JavaScript is exact only up to 2^53-1; return a bigint or text`);

const DECIMAL = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/**
 * Converts a value to a field value, or returns a refusal. Returns `undefined` if the value is null and nulls are
 * ignored.
 *
 * @param where - Name and path of the field, for the refusal.
 * @throws SourceNeeded
 */
export const toFieldValue = (
  value: Json,
  type: FieldType,
  policy: ValuePolicy,
  where: string,
  context: ValueContext,
): FieldValue | Refusal | undefined => {
  if (value === null) {
    if (policy.nulls === 'refuse') return mismatch(where, `a ${type === 'value' ? 'value' : type}`, value);
    context.altered += 1;
    return undefined;
  }
  switch (type === 'value' ? typeByValue(value) : type) {
    case 'float':
      return toFloat(value, policy, where, context);
    case 'integer':
      return toInteger(value, policy, where, context);
    case 'boolean':
      return toBoolean(value, policy, where, context);
    case 'string':
      return toText(value, policy, where, context);
    default:
      return mismatch(where, 'a number, text or a boolean', value);
  }
};

const typeByValue = (value: Json): 'float' | 'boolean' | 'string' | undefined => {
  const kind = kindOf(value);
  return kind === 'number' ? 'float' : kind === 'boolean' || kind === 'string' ? kind : undefined;
};

const toFloat = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  let number: number;
  if (typeof value === 'number' || value instanceof SourceNumber) number = numberOf(value);
  else if (policy.mismatch === 'coerce' && typeof value === 'string' && DECIMAL.test(value)) {
    number = Number(value);
    if (/^-?\d+$/.test(value) && Number.isFinite(number) && BigInt(value) !== BigInt(number))
      return refuse('field-type', `${where}: the text is an integer that a float cannot represent exactly`);
    context.altered += 1;
  } else return mismatch(where, 'a number', value);
  if (Number.isNaN(number)) return refuse('not-finite', `${where}: the number is NaN`);
  if (!Number.isFinite(number)) return refuse('not-finite', `${where}: the number is too large for a double`);
  return { type: 'float', value: number };
};

const INTEGER = /^-?\d+$/;

const toInteger = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  if (typeof value === 'number' && Number.isInteger(value) && !context.source.integersPlain()) throw new SourceNeeded();
  const coerced = policy.mismatch === 'coerce';
  if (typeof value === 'number' || value instanceof SourceNumber) {
    const text = sourceOf(value);
    if (INTEGER.test(text)) return integerInRange(text, where);
    const whole = coerced ? wholeFromDecimal(text) : undefined;
    if (whole === undefined)
      return refuse('field-type', `${where}: expected an integer, found a number with a fraction or an exponent`);
    context.altered += 1;
    return integerInRange(whole, where);
  }
  const whole = coerced && typeof value === 'string' && DECIMAL.test(value) ? wholeFromDecimal(value) : undefined;
  if (whole === undefined) return mismatch(where, 'an integer', value);
  context.altered += 1;
  return integerInRange(whole, where);
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

/**
 * Returns the digits of a decimal that is an integer, such as `3.0` or `1e3`; `undefined` for others, such as `3.5`.
 */
const wholeFromDecimal = (text: string): string | undefined => {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent);
  if (Math.abs(shift) > 30) return undefined;
  const digits = whole + fraction.padEnd(Math.max(0, shift), '0');
  const cut = digits.length - Math.max(fraction.length, shift) + shift;
  return /[1-9]/.test(digits.slice(Math.max(cut, 0))) ? undefined : digits.slice(0, Math.max(cut, 0)) || '0';
};

const toBoolean = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  if (typeof value === 'boolean') return { type: 'boolean', value };
  if (policy.mismatch === 'refuse' || (value !== 'true' && value !== 'false'))
    return mismatch(where, 'a boolean', value);
  context.altered += 1;
  return { type: 'boolean', value: value === 'true' };
};

const toText = (value: Json, policy: ValuePolicy, where: string, context: ValueContext): FieldValue | Refusal => {
  let text = value;
  if (typeof text !== 'string') {
    const scalar = policy.mismatch === 'coerce' ? scalarText(value, context) : undefined;
    if (scalar === undefined) return mismatch(where, 'text', value);
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
