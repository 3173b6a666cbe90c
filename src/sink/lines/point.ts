/** A point: what one line of line protocol contains. */

/** A time exact to the nanosecond, without BigInt: both members are safe integers. */
export interface Time {
  /** Whole seconds since 1970. */
  readonly seconds: number;
  /** 0 to 999,999,999. */
  readonly nanos: number;
}

/** A validated value of a field. Numbers are finite; integers are safe integers. */
export type FieldValue =
  | { readonly type: 'float' | 'integer'; readonly value: number }
  | { readonly type: 'boolean'; readonly value: boolean }
  | { readonly type: 'string'; readonly value: string };

/** Measurement, tags, fields and time, all validated. */
export interface Point {
  readonly measurement: string;
  /** Sorted by name. */
  readonly tags: readonly (readonly [string, string])[];
  readonly fields: readonly (readonly [string, FieldValue])[];
  readonly time: Time;
}
