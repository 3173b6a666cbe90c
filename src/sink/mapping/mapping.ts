/**
 * Mappings: the rules that turn events into points. `parse-mapping.ts` builds a mapping from its declaration, and
 * `mapping-from-variables.ts` from environment variables. Both converters follow it. docs/mapping describes the
 * declaration.
 */

import type { Json, JsonKind } from '../json/json.ts';
import type { PresetConverter } from '../presets/preset.ts';
import { NUMERIC_PRECISIONS, type NumericPrecision } from '../time/timestamp.ts';
import type { Path } from './path.ts';

/** Types that a declaration can give a field. */
export const FIELD_TYPES = ['float', 'integer', 'boolean', 'string'] as const;
/** Type of a field. With `value` the JSON value decides, as it does for fields that are not declared one by one. */
export type FieldType = (typeof FIELD_TYPES)[number] | 'value';

/** Units of a timestamp. `iso8601` is text, and `auto` follows from the value. */
export const PRECISIONS = [...NUMERIC_PRECISIONS, 'iso8601', 'auto'] as const;
/** Unit of a timestamp. */
export type Precision = (typeof PRECISIONS)[number];

/** Steps that decode a value, in the order of their use. */
export const DECODE_STEPS = ['base64', 'hex', 'gzip', 'zlib', 'json', 'text'] as const;
/** Step that decodes a value. */
export type DecodeStep = (typeof DECODE_STEPS)[number];

/** Text with paths between its parts. If a path leads to no value, the whole text is absent. */
export type Template = readonly (string | Path)[];

/** Where a value comes from: paths, templates, or the mapping itself. */
export interface ValueSource {
  /** The first path that leads to a value is used. This applies to all lists of paths in this file. */
  readonly paths: readonly Path[];
  /** The first complete template is used. `undefined` if the value is at a path. */
  readonly templates?: readonly Template[] | undefined;
  /** Value that does not depend on the event. `undefined` if there is none. */
  readonly constant?: string | number | boolean | undefined;
  /** Steps that decode the value at the path. `undefined` if it is used as it is. */
  readonly decode?: readonly DecodeStep[] | undefined;
}

/** How to find the value of one tag. */
export interface TagRule extends ValueSource {
  readonly name: string;
  /** Value if the event has none; never empty. If `undefined`, the tag is omitted. */
  readonly default: string | undefined;
  /** Whether an event without a value is refused. */
  readonly required: boolean;
}

/** How to calculate a number: value x scale + offset, both decimal and exact. */
export interface Linear {
  /** Decimal of the mapping, for example `0.1`. */
  readonly scale: string;
  readonly offset: string;
}

/** Values by the text of the value in the event. */
export interface Lookup {
  readonly values: ReadonlyMap<string, string | number | boolean>;
  /** Treatment of a value that is not in the table. */
  readonly otherwise: 'refuse' | 'omit';
}

/** How to find the value of one field. */
export interface FieldRule extends ValueSource {
  readonly name: string;
  readonly type: FieldType;
  /** Field names by type of the value, used instead of `name`. `undefined` if the field has one name. */
  readonly byType: Readonly<Partial<Record<'number' | 'string' | 'boolean', string>>> | undefined;
  /** Field names by whether a text is a decimal number. `undefined` if that does not matter. */
  readonly byText?: Readonly<Partial<Record<'number' | 'other', string>>> | undefined;
  /** Value if the event has none. */
  readonly default?: string | number | boolean | undefined;
  readonly linear?: Linear | undefined;
  readonly lookup?: Lookup | undefined;
  /** Whether a float is refused if its double differs from the given number. */
  readonly exact?: boolean | undefined;
}

/** Returns the names that a field may have. */
export const fieldNames = ({
  name,
  byType,
  byText,
}: Pick<FieldRule, 'name' | 'byType' | 'byText'>): readonly string[] =>
  Object.values<string>(byType ?? byText ?? { name });

/** Returns the name of a field with several names for a default; `undefined` if no name is for its type. */
export const nameOfDefault = (
  { byType, byText }: Pick<FieldRule, 'byType' | 'byText'>,
  fallback: string | number | boolean,
): string | undefined => {
  const kind = typeof fallback as 'string' | 'number' | 'boolean';
  if (byType !== undefined) return byType[kind];
  return kind === 'boolean' ? undefined : byText?.[kind === 'number' ? 'number' : 'other'];
};

/** Names of members, or beginnings of names. */
export interface NamePatterns {
  readonly names: ReadonlySet<string>;
  /** Beginnings; the pattern `debug*` has the beginning `debug`. */
  readonly beginnings: readonly string[];
}

/** How the members that a wildcard finds are chosen and named. */
export interface MemberNames {
  /** Members to leave out, by their flattened names. */
  readonly except: NamePatterns | undefined;
  /** Members to take, by their flattened names. `undefined` for all. */
  readonly only: NamePatterns | undefined;
  /** Text before the name of a column. */
  readonly prefix: string;
}

/** Members of an object that become columns (`*`). */
export interface ObjectMembers extends MemberNames {
  readonly from: 'object';
  readonly path: Path;
  /** Text between the names of nested objects. If `undefined`, nested objects are left out. */
  readonly flatten: string | undefined;
  /** Whether elements of arrays are taken, by their index. Otherwise arrays are left out. */
  readonly arrays: boolean;
}

/** Elements of an array of pairs that become columns (`*` with `pairs`). */
export interface PairMembers extends MemberNames {
  readonly from: 'pairs';
  readonly path: Path;
  /** Paths in each element. */
  readonly namePaths: readonly Path[];
  readonly valuePaths: readonly Path[];
}

/** Members of an event that become columns of their own names. */
export type MemberRule = ObjectMembers | PairMembers;

/**
 * How to find the measurement: always the same, or text from the event. `default` is used if the event has none, and
 * `prefix` is put before both.
 */
export type MeasurementRule =
  | { readonly constant: string }
  | (Omit<ValueSource, 'constant'> & {
      readonly prefix: string;
      readonly default: string | undefined;
      /** Replacements of characters that a measurement cannot contain. `undefined` if there are none. */
      readonly replace?: ReadonlyMap<string, string> | undefined;
    });

/** How to find the time. */
export interface TimeRule {
  readonly paths: readonly Path[];
  readonly decode?: readonly DecodeStep[] | undefined;
  readonly precision: Precision;
  /** Treatment of an event without a time: it is refused, or it gets the time of its message. */
  readonly missing: 'refuse' | 'message';
  /** Zone of texts without one: an offset or a name of the IANA database. `undefined` if such texts are refused. */
  readonly zone?: string | undefined;
  /** Second value that is added to the time. `undefined` if there is none. */
  readonly plus?: { readonly paths: readonly Path[]; readonly precision: NumericPrecision } | undefined;
  /** Treatment of a time that is unreadable or out of range. */
  readonly invalid?: 'refuse' | 'message' | undefined;
  /** Treatment of a time that is probably wrong. */
  readonly implausible?: 'write' | 'refuse' | 'message' | undefined;
  /** Whether events of one time get different nanoseconds. */
  readonly spread?: boolean | undefined;
}

/**
 * How to find a database or retention policy: always the same, or the text at a path. An event is refused if its text
 * is not in `allow`. `default` is used if the event has none.
 */
export type TargetNameRule =
  | { readonly constant: string }
  | { readonly paths: readonly Path[]; readonly allow: readonly string[]; readonly default: string | undefined };

/** Condition (`when`) of a rule. The declaration `equals` is an `in` with one value. */
export type Condition =
  | ({ readonly paths: readonly Path[] } & (
      | { readonly test: 'in'; readonly values: readonly Json[] }
      | { readonly test: 'exists'; readonly exists: boolean }
      | { readonly test: 'type'; readonly type: JsonKind }
      | { readonly test: 'startsWith'; readonly beginning: string }
    ))
  | { readonly test: 'all' | 'any'; readonly conditions: readonly Condition[] }
  | { readonly test: 'not'; readonly condition: Condition };

/** Treatments of a field whose column has another type in openGemini. */
export const CONFLICT_POLICIES = ['refuse', 'coerce', 'suffix'] as const;
/** Treatment of a field whose column has another type in openGemini. */
export type ConflictPolicy = (typeof CONFLICT_POLICIES)[number];

/**
 * Treatment of values that cannot be written as they are. Values that are ignored, coerced or escaped are counted, and
 * so are omitted fields.
 */
export interface ValuePolicy {
  /** A null: leave out the tag or field, or refuse the event. */
  readonly nulls: 'ignore' | 'refuse';
  /** Texts that count as null. */
  readonly nullTexts: ReadonlySet<string>;
  /** Whether a value of another type than declared is converted where that is exact. */
  readonly coerce: boolean;
  /** Treatment of a value of another type that is not converted: refuse the event, or leave out the field. */
  readonly mismatch: 'refuse' | 'omit';
  /** NaN and infinite numbers: refuse the event, or leave out the field. */
  readonly nonFinite: 'refuse' | 'omit';
  /**
   * A line break in a string field: write it as the two characters `\n`, or refuse the event. Line protocol cannot
   * express it.
   */
  readonly newlines: 'escape' | 'refuse';
  /**
   * Names from the event that openGemini does not accept: refuse the event, or replace the characters with `_`
   * (`outside-names.ts`).
   */
  readonly names: 'refuse' | 'repair';
}

/** Policy of events that no mapping describes: canonical events and line protocol. */
export const DEFAULT_POLICY: ValuePolicy = {
  nulls: 'ignore',
  nullTexts: new Set(),
  coerce: false,
  mismatch: 'refuse',
  nonFinite: 'refuse',
  newlines: 'escape',
  names: 'refuse',
};

/** A value that is opened: of the decoded event before rules are chosen, or of an element of a level (`open`). */
export interface OpenRule {
  readonly path: Path;
  readonly decode: readonly DecodeStep[];
  /** Name by which paths reach the opened value. */
  readonly as: string;
  /** Whether an absent value is no fault. */
  readonly optional: boolean;
}

/** An array or object whose elements are opened (`events`). */
export interface EventLevel {
  readonly path: Path;
  /** Whether the value is an object whose members are the elements. Otherwise it is an array. */
  readonly isObject: boolean;
  /** Name by which paths reach the element. `undefined` if it has none. */
  readonly as: string | undefined;
  /** Treatment of an absent or null value. */
  readonly missing: 'refuse' | 'ignore';
  /** Values of each element that are opened, in this order. */
  readonly open: readonly OpenRule[];
}

/** What a rule does with the event. */
export interface RuleChoice {
  /** When to use the rule; `undefined` for always. */
  readonly when: Condition | undefined;
}

/** A rule that settles its events without writing them. */
export interface DropRule extends RuleChoice {
  readonly drop: true;
}

/** How to turn one event into a point. */
export interface MappingRule extends ValuePolicy, RuleChoice {
  readonly drop?: false;
  /** Whether later rules are tried too, so that an event can become several points. */
  readonly also: boolean;
  /** Arrays from the decoded event to its events, outermost first. Empty if the decoded event is the only event. */
  readonly events: readonly EventLevel[];
  /** `undefined` for the configured database. */
  readonly database: TargetNameRule | undefined;
  /** `undefined` for the configured retention policy, in the configured database only. */
  readonly retentionPolicy: TargetNameRule | undefined;
  readonly measurement: MeasurementRule;
  /** If `undefined`, points get the time of their message (docs/decisions/0005). */
  readonly timestamp: TimeRule | undefined;
  /** Sorted by name. */
  readonly tags: readonly TagRule[];
  /** Members that become tags (`*`). */
  readonly tagsFrom: readonly MemberRule[];
  readonly fields: readonly FieldRule[];
  /** Members that become fields (`*`). */
  readonly fieldsFrom: readonly MemberRule[];
  /** Members of the event that the rule does not name and that become fields. `undefined` if they are ignored. */
  readonly otherFields: ObjectMembers | undefined;
  /** Whether an event is written whose fields are all constants or defaults. Otherwise it is refused. */
  readonly onlyDefaults: boolean;
  /** Treatment of an event without a value for any field: it is refused, or dropped on purpose. */
  readonly noFields: 'refuse' | 'drop';
  readonly conflict: ConflictPolicy;
}

/** A rule of a mapping. */
export type Rule = MappingRule | DropRule;

/** Whether a rule makes points. Any other rule drops its events. */
export const isPointRule = (rule: Rule): rule is MappingRule => rule.drop !== true;

/** What converts the events that no own rule of a mapping takes. */
export type PresetStage =
  | { readonly kind: 'rules'; readonly name: string; readonly mapping: Mapping }
  | {
      readonly kind: 'code';
      readonly name: string;
      readonly convert: PresetConverter;
      /** Whether a body that is an array is one unit. */
      readonly whole: boolean;
      readonly policy: ValuePolicy;
      readonly conflict: ConflictPolicy;
      readonly database: TargetNameRule | undefined;
      readonly retentionPolicy: TargetNameRule | undefined;
    };

/** A validated mapping. `parseMapping` creates it. */
export interface Mapping {
  /** Values that are opened before `when` and `events` are evaluated, in this order. */
  readonly open: readonly OpenRule[];
  /**
   * Arrays that contain the events for all rules. They are opened before a rule is chosen for each element. If empty,
   * each rule has its own `events`, which are opened after the rule is chosen (docs/decisions/0009).
   */
  readonly events: readonly EventLevel[];
  /** The first rule whose condition is met is used, and after a rule with `also` the next ones. */
  readonly rules: readonly Rule[];
  /** Converts the decoded events that no rule takes. `undefined` if they are refused. */
  readonly preset?: PresetStage | undefined;
  /** Whether functions read the events instead of paths (`lineConverter`). */
  readonly readsCode?: boolean;
}

/**
 * Members that `*` may take from one event, at most, for tags and for fields separately. `otherFields` counts as
 * fields.
 */
export const MEMBERS_MAX = 200;
