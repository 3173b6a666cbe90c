/** Converts the declared tags and fields of a rule, for both converters: one call gives one column of one event. */

import { type Json, kindOf } from '../json/json.ts';
import type { FieldValue } from '../lines/point.ts';
import { type FieldRule, type FieldType, type MappingRule, nameOfDefault, type TagRule } from '../mapping/mapping.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { decimalIn } from '../values/decimal-text.ts';
import { orOmitted, scalarText, toFieldValue, toTagValue } from '../values/field-value.ts';
import type { EventInput } from './event-input.ts';
import { sourceText, sourceValue } from './source-value.ts';

/** Returns the value of a declared tag, or a refusal. Returns `undefined` if the tag is left out. */
export const tagOf = (tag: TagRule, rule: MappingRule, input: EventInput): string | Refusal | undefined => {
  const where = `tag "${tag.name}" (${sourceText(tag)})`;
  const found = sourceValue(tag, rule.nullTexts, where, input);
  if (isRefusal(found)) return found;
  const value = toTagValue(found, where, rule, input) ?? tag.default;
  if (value === undefined && tag.required)
    return refuse('tag-missing', `${where}: the event has none, and it is required`);
  return value;
};

/** Name and value of a field. */
export type NamedField = readonly [string, FieldValue];

/**
 * Returns the name and value of a declared field, or a refusal. Returns `undefined` if the field is left out. Sets
 * `isGiven` of the input if the event, and not the mapping, has the value.
 */
export const fieldOf = (field: FieldRule, rule: MappingRule, input: EventInput): NamedField | Refusal | undefined => {
  if (field.constant !== undefined) return [field.name, constantValue(field.constant, field.type)];
  const where = `field "${field.name}" (${sourceText(field)})`;
  const value = sourceValue(field, rule.nullTexts, where, input);
  if (isRefusal(value)) return value;
  if (value === undefined) return defaultOf(field);
  if (value === null)
    return (toFieldValue(null, field.type, rule, where, input) as Refusal | undefined) ?? defaultOf(field);
  const found =
    field.byText === undefined
      ? fieldByType(field, rule, value, where, input)
      : fieldByText(field, rule, value, where, input);
  if (Array.isArray(found)) input.isGiven = true;
  return found;
};

const defaultOf = (field: FieldRule): NamedField | undefined => {
  const { default: fallback, type } = field;
  if (fallback === undefined) return undefined;
  const hasOneName = field.byType === undefined && field.byText === undefined;
  return [hasOneName ? field.name : (nameOfDefault(field, fallback) as string), constantValue(fallback, type)];
};

/** Returns a value of the mapping as the value of a field. The mapping was validated, so that it is of the type. */
const constantValue = (value: string | number | boolean, type: FieldType): FieldValue => {
  if (typeof value === 'number') return { type: type === 'integer' ? 'integer' : 'float', value };
  return typeof value === 'boolean' ? { type: 'boolean', value } : { type: 'string', value };
};

const fieldByType = (
  field: FieldRule,
  rule: MappingRule,
  value: Json,
  where: string,
  input: EventInput,
): NamedField | Refusal | undefined => {
  if (field.lookup !== undefined) return lookedUp(field, rule, value, where, input);
  const converted = toFieldValue(value, field, rule, where, input);
  if (converted === undefined || isRefusal(converted)) return converted;
  if (field.byType === undefined) return [field.name, converted];
  const kind = kindOf(value) as 'number' | 'string' | 'boolean';
  const name = field.byType[kind];
  if (name !== undefined) return [name, converted];
  const known = Object.keys(field.byType).join(', ');
  return orOmitted(refuse('field-type', `${where}: expected one of ${known}, found ${kind}`), rule, input);
};

const lookedUp = (
  field: FieldRule,
  rule: MappingRule,
  value: Json,
  where: string,
  input: EventInput,
): NamedField | Refusal | undefined => {
  const { values, otherwise } = field.lookup as NonNullable<FieldRule['lookup']>;
  const text = scalarText(value, input);
  const found = text === undefined ? undefined : values.get(text);
  if (found !== undefined) return [field.name, constantValue(found, field.type)];
  if (otherwise === 'omit') {
    input.omitted += 1;
    return undefined;
  }
  const detail = text === undefined ? `found ${kindOf(value)}` : 'found another value';
  return orOmitted(refuse('field-type', `${where}: expected a value of the "lookup", ${detail}`), rule, input);
};

/** Chooses the name of a field by whether a text is a decimal number. */
const fieldByText = (
  field: FieldRule,
  rule: MappingRule,
  value: Json,
  where: string,
  input: EventInput,
): NamedField | Refusal | undefined => {
  const names = field.byText as NonNullable<FieldRule['byText']>;
  const decimal = typeof value === 'string' ? decimalIn(value) : undefined;
  const isNumber = decimal !== undefined || kindOf(value) === 'number';
  const name = names[isNumber ? 'number' : 'other'];
  if (name === undefined) {
    const found = isNumber ? 'a number' : kindOf(value);
    return orOmitted(
      refuse('field-type', `${where}: expected ${Object.keys(names).join(', ')}, found ${found}`),
      rule,
      input,
    );
  }
  const converted = isNumber
    ? toFieldValue(decimal === undefined ? value : Number(decimal), 'float', rule, where, input)
    : toFieldValue(value, 'string', rule, where, input);
  return converted === undefined || isRefusal(converted) ? converted : [name, converted];
};
