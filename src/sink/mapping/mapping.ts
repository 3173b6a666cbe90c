/**
 * Mappings: the rules that turn events into points. `parse-mapping.ts` builds a mapping from its declaration, and
 * `mapping-from-variables.ts` from environment variables. Both converters follow it. docs/mapping describes the
 * declaration.
 */

import type { Json, JsonKind } from '../json/json.ts';
import type { Path } from './path.ts';

/** Types that a declaration can give a field. */
export const FIELD_TYPES = ['float', 'integer', 'boolean', 'string'] as const;
/** Type of a field. With `value` the JSON value decides, as it does for fields that are not declared one by one. */
export type FieldType = (typeof FIELD_TYPES)[number] | 'value';

/** Units of a timestamp. `iso8601` is text according to RFC 3339. */
export const PRECISIONS = ['s', 'ms', 'us', 'ns', 'iso8601'] as const;
/** Unit of a timestamp. */
export type Precision = (typeof PRECISIONS)[number];
/** Unit of a timestamp that is a number or its digits. */
export type NumericPrecision = Exclude<Precision, 'iso8601'>;

/** How to find the value of one tag. */
export interface TagRule {
  readonly name: string;
  /** The first path that leads to a value is used. This applies to all lists of paths in this file. */
  readonly paths: readonly Path[];
  /** Value if the event has none; never empty. If `undefined`, the tag is omitted. */
  readonly default: string | undefined;
  /** Whether an event without a value is refused. */
  readonly required: boolean;
}

/** How to find the value of one field. */
export interface FieldRule {
  readonly name: string;
  readonly paths: readonly Path[];
  readonly type: FieldType;
  /** Field names by type of the value, used instead of `name`. `undefined` if the field has one name. */
  readonly byType: Readonly<Partial<Record<'number' | 'string' | 'boolean', string>>> | undefined;
}

/**
 * How to find the measurement: always the same, or the text at a path. `default` is used if the event has none, and
 * `prefix` is put before both.
 */
export type MeasurementRule =
  | { readonly constant: string }
  | { readonly paths: readonly Path[]; readonly prefix: string; readonly default: string | undefined };

/** How to find the time. */
export interface TimeRule {
  readonly paths: readonly Path[];
  readonly precision: Precision;
  /** Treatment of an event without a time: it is refused, or it gets the time of its message. */
  readonly missing: 'refuse' | 'message';
}

/**
 * How to find a database or retention policy: always the same, or the text at a path. An event is refused if its text
 * is not in `allow`. `default` is used if the event has none.
 */
export type TargetNameRule =
  | { readonly constant: string }
  | { readonly paths: readonly Path[]; readonly allow: readonly string[]; readonly default: string | undefined };

/** Condition (`when`) of a rule. The declaration `equals` is an `in` with one value. */
export type Condition = { readonly paths: readonly Path[] } & (
  | { readonly test: 'in'; readonly values: readonly Json[] }
  | { readonly test: 'exists'; readonly exists: boolean }
  | { readonly test: 'type'; readonly type: JsonKind }
);

/** Treatment of values that cannot be written as they are. Values that are ignored, coerced or escaped are counted. */
export interface ValuePolicy {
  /** A null: leave out the tag or field, or refuse the event. */
  readonly nulls: 'ignore' | 'refuse';
  /** A value of another type than declared: refuse the event, or convert the value where that is exact. */
  readonly mismatch: 'refuse' | 'coerce';
  /**
   * A line break in a string field: write it as the two characters `\n`, or refuse the event. Line protocol cannot
   * express it.
   */
  readonly newlines: 'escape' | 'refuse';
}

/** How to turn one event into a point. */
export interface MappingRule extends ValuePolicy {
  /** When to use the rule; `undefined` for always. */
  readonly when: Condition | undefined;
  /** Path from the decoded event to its array of events. `undefined` if the decoded event is the only event. */
  readonly events: Path | undefined;
  /** `undefined` for the configured database. */
  readonly database: TargetNameRule | undefined;
  /** `undefined` for the configured retention policy, in the configured database only. */
  readonly retentionPolicy: TargetNameRule | undefined;
  readonly measurement: MeasurementRule;
  /** If `undefined`, points get the time of their message (docs/decisions/0005). */
  readonly timestamp: TimeRule | undefined;
  /** Sorted by name. */
  readonly tags: readonly TagRule[];
  /** Objects whose scalar members become tags (`*`). */
  readonly tagsFrom: readonly Path[];
  readonly fields: readonly FieldRule[];
  /** Objects whose scalar members become fields (`*`). */
  readonly fieldsFrom: readonly Path[];
  /** Whether scalar members of the event that the rule does not name become fields. */
  readonly otherFields: boolean;
}

/** A validated mapping. `parseMapping` creates it. */
export interface Mapping {
  /**
   * Path to the array of events for all rules. It is opened before a rule is chosen for each element. If `undefined`,
   * each rule has its own `events`, which is opened after the rule is chosen (docs/decisions/0009).
   */
  readonly events: Path | undefined;
  /** The first rule whose condition is met is used. */
  readonly rules: readonly MappingRule[];
  /** Whether functions read the events instead of paths (`lineConverter`). */
  readonly readsCode?: boolean;
}

/**
 * Members that `*` may take from one event, at most, for tags and for fields separately. `otherFields` counts as
 * fields.
 */
export const MEMBERS_MAX = 200;
