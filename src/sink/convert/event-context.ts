/** The input of the converters, and the parts of a rule that both converters evaluate in the same way. */

import { kindOf } from '../json/json.ts';
import { fieldNames, type MappingRule } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import { replaced } from '../mapping/replacements.ts';
import { measurementFrom } from '../outside-names.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { scalarText } from '../values/field-value.ts';
import type { EventInput } from './event-input.ts';
import { sourceText, sourceValue } from './source-value.ts';

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
  const given = replaced(prefix + text, replace);
  const name = rule.names === 'repair' ? measurementFrom(given) : given;
  return checkName('measurement', name, where) ?? name;
};

/** Returns the names of the columns that a rule declares. Members of the same name are refused. */
export const namedColumns = (rule: MappingRule): ReadonlySet<string> =>
  new Set([...rule.tags.map((tag) => tag.name), ...rule.fields.flatMap(fieldNames)]);

/**
 * Whether an event must have a value for one of its fields itself. Without constants and defaults, every field is such a
 * value.
 */
export const needsOwnValue = ({ fields, onlyDefaults }: MappingRule): boolean =>
  !onlyDefaults && fields.some((field) => field.constant !== undefined || field.default !== undefined);

/** Returns the refusal of an event with two columns of the same name. */
export const duplicateName = (name: string, where: string): Refusal =>
  refuse('duplicate-name', `${where}: another tag or field of this point already has the name "${name}"`);
