/** Builds a mapping of one rule from the environment variables of the simple mapping, for use without a mapping file. */

import { isRefusal } from '../refusal.ts';
import { repeatedNames } from './column-conflicts.ts';
import {
  DEFAULT_POLICY,
  FIELD_TYPES,
  type FieldRule,
  type Mapping,
  type MappingRule,
  type Precision,
} from './mapping.ts';
import { checkName, type NameRole } from './name-rules.ts';
import { plainMembers } from './parse-members.ts';
import { isWholeObject, type Path, parsePath } from './path.ts';

/** Values of the variables. The names of tags and fields are also their paths. */
export interface SimpleMapping {
  /** `SINK_MEASUREMENT` */
  readonly measurement: string;
  /** `SINK_TIMESTAMP_FIELD`. If `undefined`, a point gets the time of its message. */
  readonly timestampField: string | undefined;
  /** `SINK_SOURCE_PRECISION` */
  readonly sourcePrecision: Precision;
  /** `SINK_TAG_FIELDS` */
  readonly tagFields: readonly string[];
  /**
   * `SINK_FIELD_FIELDS`. The value decides the type of `name`; `name:type` declares it. If `undefined`, all other
   * members of the event become fields.
   */
  readonly fieldFields: readonly string[] | undefined;
  /** `SINK_IGNORE_NULL_VALUES` */
  readonly ignoreNullValues: boolean;
}

/** Returns the mapping, or all faults: one sentence each, which begins with the name of the variable. Never throws. */
export const mappingFromVariables = (simple: SimpleMapping): { mapping: Mapping } | { faults: readonly string[] } => {
  const faults: string[] = [];
  const rule = ruleFrom(simple, faults);
  faults.push(...repeatedNames(rule).map((name) => repeatedFault(name, rule)));
  return faults.length > 0 ? { faults } : { mapping: { open: [], events: [], rules: [rule] } };
};

const ruleFrom = (simple: SimpleMapping, faults: string[]): MappingRule => ({
  ...DEFAULT_POLICY,
  nulls: simple.ignoreNullValues ? 'ignore' : 'refuse',
  when: undefined,
  also: false,
  events: [],
  database: undefined,
  retentionPolicy: undefined,
  measurement: { constant: checkedName('measurement', simple.measurement, 'SINK_MEASUREMENT', faults) },
  timestamp:
    simple.timestampField === undefined
      ? undefined
      : {
          paths: pathsFrom(simple.timestampField, 'SINK_TIMESTAMP_FIELD', faults),
          precision: simple.sourcePrecision,
          missing: 'refuse',
        },
  tags: simple.tagFields
    .map((text) => ({
      name: checkedName('tag', text, 'SINK_TAG_FIELDS', faults),
      paths: pathsFrom(text, 'SINK_TAG_FIELDS', faults),
      default: undefined,
      required: false,
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1)),
  tagsFrom: [],
  fields: (simple.fieldFields ?? []).map((declared) => fieldFrom(declared, faults)),
  fieldsFrom: [],
  otherFields:
    simple.fieldFields === undefined ? plainMembers({ root: 'event', segments: [], text: 'event' }) : undefined,
  onlyDefaults: false,
  noFields: 'refuse',
  conflict: 'refuse',
});

/** Reads `name` or `name:type`. */
const fieldFrom = (declared: string, faults: string[]): FieldRule => {
  const colon = declared.lastIndexOf(':');
  const text = colon < 0 ? declared : declared.slice(0, colon);
  const type = colon < 0 ? 'value' : FIELD_TYPES.find((one) => one === declared.slice(colon + 1));
  if (type === undefined)
    faults.push(`SINK_FIELD_FIELDS ${declared}: the type must be one of ${FIELD_TYPES.join(', ')}`);
  return {
    name: checkedName('field', text, 'SINK_FIELD_FIELDS', faults),
    paths: pathsFrom(text, 'SINK_FIELD_FIELDS', faults),
    type: type ?? 'value',
    byType: undefined,
  };
};

const checkedName = (role: NameRole, text: string, variable: string, faults: string[]): string => {
  const refusal = checkName(role, text, variable);
  if (isRefusal(refusal)) faults.push(refusal.detail);
  return text;
};

/** Reads the path to a value. Returns no path after a fault. */
const pathsFrom = (text: string, variable: string, faults: string[]): Path[] => {
  const path = parsePath(text);
  if (typeof path === 'string') faults.push(`${variable} ${path}; got ${JSON.stringify(text)}`);
  else if (!isWholeObject(path)) return [path];
  else faults.push(`${variable} leads to ${text}, which is an object, not a value. Name a member: ${text}.NAME`);
  return [];
};

const repeatedFault = (name: string, { tags, fields }: MappingRule): string => {
  const variables = [
    ...(tags.some((tag) => tag.name === name) ? ['SINK_TAG_FIELDS'] : []),
    ...(fields.some((field) => field.name === name) ? ['SINK_FIELD_FIELDS'] : []),
  ];
  const found =
    variables.length === 1 ? `contains the name "${name}" more than once` : `both contain the name "${name}"`;
  return `${variables.join(' and ')} ${found}. Each column needs its own name.`;
};
