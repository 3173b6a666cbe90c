/** The rules by which events become points: what `mapping-reader.ts` makes of the declaration and both converters follow. */

import type { Json, JsonKind } from '../json/json.ts';
import type { Path } from './path.ts';

/** `value` follows the type of the JSON value; it is used where names are not declared one by one. */
export const FIELD_TYPES = ['float', 'integer', 'boolean', 'string'] as const;
export type FieldType = (typeof FIELD_TYPES)[number] | 'value';

/** Units of a timestamp; `iso8601` is text as in RFC 3339. */
export const PRECISIONS = ['s', 'ms', 'us', 'ns', 'iso8601'] as const;
export type Precision = (typeof PRECISIONS)[number];
export type NumericPrecision = Exclude<Precision, 'iso8601'>;

export interface TagRule {
  readonly name: string;
  readonly paths: readonly Path[];
  readonly default: string | undefined;
  readonly required: boolean;
}

export interface FieldRule {
  readonly name: string;
  readonly paths: readonly Path[];
  readonly type: FieldType;
  /** Field names by type of the value, instead of `name` and `type`. */
  readonly byType: Readonly<Partial<Record<'number' | 'string' | 'boolean', string>>> | undefined;
}

export type MeasurementRule =
  | { readonly constant: string }
  | { readonly paths: readonly Path[]; readonly prefix: string; readonly default: string | undefined };

export interface TimeRule {
  readonly paths: readonly Path[];
  readonly precision: Precision;
  readonly missing: 'refuse' | 'message';
}

/** A database or retention policy: always the same, or named by the event out of a list. */
export type TargetNameRule =
  | { readonly constant: string }
  | { readonly paths: readonly Path[]; readonly allow: readonly string[]; readonly default: string | undefined };

export type Condition = { readonly paths: readonly Path[] } & (
  | { readonly test: 'in'; readonly values: readonly Json[] }
  | { readonly test: 'exists'; readonly exists: boolean }
  | { readonly test: 'type'; readonly type: JsonKind }
);

export interface ValuePolicy {
  readonly nulls: 'ignore' | 'refuse';
  readonly mismatch: 'refuse' | 'coerce';
  readonly newlines: 'escape' | 'refuse';
}

export interface MappingRule extends ValuePolicy {
  readonly when: Condition | undefined;
  /** Leads to the array of events, from the decoded event. */
  readonly events: Path | undefined;
  readonly database: TargetNameRule | undefined;
  readonly retentionPolicy: TargetNameRule | undefined;
  readonly measurement: MeasurementRule;
  readonly timestamp: TimeRule | undefined;
  /** Sorted by name. */
  readonly tags: readonly TagRule[];
  /** Objects whose scalar members become tags. */
  readonly tagsFrom: readonly Path[];
  readonly fields: readonly FieldRule[];
  readonly fieldsFrom: readonly Path[];
  /** Scalar members of the event that no rule names become fields. */
  readonly otherFields: boolean;
}

export interface Mapping {
  /** Leads to the array of events for all rules, before one of them is chosen for each element. */
  readonly events: Path | undefined;
  /** The first whose condition holds wins. */
  readonly rules: readonly MappingRule[];
}

/** Members that one `*` may take from an event. */
export const MEMBERS_MAX = 200;
