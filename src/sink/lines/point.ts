/** The contents of one line of line protocol, as values. */

/**
 * A time, exact to the nanosecond. Both members are safe integers, so no BigInt is needed. The range is that of
 * openGemini: 1970-01-01T00:00:00Z to 2262-04-11T23:47:16.854775806Z.
 */
export interface Time {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;
}

/**
 * Validated value of a field. Numbers are finite. Integers are safe integers (up to 2^53-1), because openGemini parses
 * them as doubles (corpus: `int-2pow53-plus-1-SILENT`).
 */
export type FieldValue =
  | { readonly type: 'float' | 'integer'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string };

/** A validated point. Names and values are not escaped. */
export interface Point {
  readonly measurement: string;
  /** Names and values, sorted by name. Values are never empty. */
  readonly tags: readonly (readonly [string, string])[];
  /** Names and values of at least one field. No name is used twice, and none is also the name of a tag. */
  readonly fields: readonly (readonly [string, FieldValue])[];
  readonly time: Time;
}
