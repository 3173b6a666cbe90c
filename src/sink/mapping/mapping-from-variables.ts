/** The simple case without a mapping file: the connector's options, turned into the same mapping. */

import { isRefusal } from '../refusal.ts';
import { repeatedNames } from './column-conflicts.ts';
import type { Precision } from './mapping.ts';
import { FIELD_TYPES, type FieldRule, type Mapping, type MappingRule } from './mapping.ts';
import { checkName } from './name-rules.ts';
import { isWholeObject, type Path, parsePath } from './path.ts';

export interface SimpleMapping {
  readonly measurement: string;
  readonly timestampField: string | undefined;
  readonly sourcePrecision: Precision;
  readonly tagFields: readonly string[];
  /** `name` follows the JSON value's type, `name:type` fixes it; undefined takes all other members. */
  readonly fieldFields: readonly string[] | undefined;
  readonly ignoreNullValues: boolean;
}

export const mappingFromVariables = (simple: SimpleMapping): { mapping: Mapping } | { faults: readonly string[] } => {
  const faults: string[] = [];
  const path = (text: string, place: string): Path[] => {
    const parsed = parsePath(text);
    if (typeof parsed === 'string') faults.push(`${place} ${parsed}; got ${JSON.stringify(text)}`);
    else if (!isWholeObject(parsed)) return [parsed];
    else faults.push(`${place} leads to ${text}, which is an object and no value; name a member: ${text}.NAME`);
    return [];
  };
  const name = (role: 'measurement' | 'tag' | 'field', text: string, place: string): string => {
    const refusal = checkName(role, text, place);
    if (isRefusal(refusal)) faults.push(refusal.detail);
    return text;
  };
  const field = (declared: string): FieldRule => {
    const colon = declared.lastIndexOf(':');
    const text = colon < 0 ? declared : declared.slice(0, colon);
    const type = colon < 0 ? 'value' : FIELD_TYPES.find((one) => one === declared.slice(colon + 1));
    if (type === undefined)
      faults.push(`SINK_FIELD_FIELDS ${declared}: the type must be one of ${FIELD_TYPES.join(', ')}`);
    return {
      name: name('field', text, 'SINK_FIELD_FIELDS'),
      paths: path(text, 'SINK_FIELD_FIELDS'),
      type: type ?? 'value',
      byType: undefined,
    };
  };
  const rule: MappingRule = {
    nulls: simple.ignoreNullValues ? 'ignore' : 'refuse',
    mismatch: 'refuse',
    newlines: 'escape',
    when: undefined,
    events: undefined,
    database: undefined,
    retentionPolicy: undefined,
    measurement: { constant: name('measurement', simple.measurement, 'SINK_MEASUREMENT') },
    timestamp:
      simple.timestampField === undefined
        ? undefined
        : {
            paths: path(simple.timestampField, 'SINK_TIMESTAMP_FIELD'),
            precision: simple.sourcePrecision,
            missing: 'refuse',
          },
    tags: simple.tagFields
      .map((text) => ({
        name: name('tag', text, 'SINK_TAG_FIELDS'),
        paths: path(text, 'SINK_TAG_FIELDS'),
        default: undefined,
        required: false,
      }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    tagsFrom: [],
    fields: (simple.fieldFields ?? []).map(field),
    fieldsFrom: [],
    otherFields: simple.fieldFields === undefined,
  };
  faults.push(...repeatedNames(rule).map((repeated) => repeatedFault(repeated, rule)));
  return faults.length > 0 ? { faults } : { mapping: { events: undefined, rules: [rule] } };
};

const repeatedFault = (name: string, { tags, fields }: MappingRule): string => {
  const variables = [
    ...(tags.some((tag) => tag.name === name) ? ['SINK_TAG_FIELDS'] : []),
    ...(fields.some((field) => field.name === name) ? ['SINK_FIELD_FIELDS'] : []),
  ];
  return `${variables.join(' and ')}: the name "${name}" stands there more than once; each column needs a name of its own`;
};
