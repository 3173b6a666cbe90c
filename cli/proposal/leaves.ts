/** Collects the scalar members of sample events: where they are, and which values they have. */

import { isObject, type Json, type JsonObject, kindOf, numberOf, sourceOf } from '../../src/sink/json/json.ts';
import { checkTagValue } from '../../src/sink/mapping/name-rules.ts';

/** A member that is a scalar in at least one event. */
export interface Leaf {
  readonly segments: readonly string[];
  /** Events in which it is neither absent nor null. */
  present: number;
  readonly kinds: Set<'string' | 'number' | 'boolean'>;
  /** Different values as text. */
  readonly values: Set<string>;
  /** Whether all numbers are written as integers, and a double keeps them exactly. */
  whole: boolean;
  /** Whether all numbers are finite doubles. */
  finite: boolean;
  /** Whether every value can be the value of a tag. */
  fitsTag: boolean;
  longest: number;
}

/** Members of sample events. */
export interface Leaves {
  /** By the JSON of their segments, in the order of their first appearance. */
  readonly leaves: ReadonlyMap<string, Leaf>;
  /** Paths of arrays, and of members that are an object in one event and a scalar in another. */
  readonly leftOut: readonly (readonly string[])[];
}

const DEPTH_MAX = 6;

/**
 * Returns the members of events, which are objects or arrays.
 *
 * @param opened - Path of a member that is not visited.
 */
export const leavesOf = (events: readonly Json[], opened?: readonly string[]): Leaves => {
  const skipped = JSON.stringify(opened ?? []);
  const leaves = new Map<string, Leaf>();
  const containers = new Map<string, readonly string[]>();
  const arrays = new Set<string>();
  const visit = (value: Json, segments: readonly string[]): void => {
    if (value === null) return;
    const key = JSON.stringify(segments);
    if (key === skipped) return;
    if (isObject(value) && segments.length < DEPTH_MAX) {
      containers.set(key, segments);
      for (const [name, inner] of Object.entries(value)) visit(inner, [...segments, name]);
    } else if (typeof value === 'object' && (isObject(value) || Array.isArray(value))) {
      containers.set(key, segments);
      arrays.add(key);
    } else addValue(leaves, key, segments, value as Exclude<Json, JsonObject | readonly Json[] | null>);
  };
  for (const event of events) for (const [name, value] of Object.entries(event as JsonObject)) visit(value, [name]);
  const mixed = [...leaves.keys()].filter((key) => containers.has(key));
  for (const key of mixed) leaves.delete(key);
  // The name of a member may be an index, and its path would then lead into the array of another event.
  for (const [key, { segments }] of leaves)
    if (segments.some((_, length) => arrays.has(JSON.stringify(segments.slice(0, length))))) leaves.delete(key);
  const leftOut = [...new Set([...arrays, ...mixed])].map((key) => containers.get(key) ?? []);
  return { leaves, leftOut };
};

type Scalar = Exclude<Json, JsonObject | readonly Json[] | null>;

const addValue = (leaves: Map<string, Leaf>, key: string, segments: readonly string[], value: Scalar): void => {
  const leaf = leaves.get(key) ?? newLeaf(segments);
  leaves.set(key, leaf);
  const kind = kindOf(value) as 'string' | 'number' | 'boolean';
  const text = kind === 'number' ? sourceOf(value as number) : String(value);
  leaf.present += 1;
  leaf.kinds.add(kind);
  leaf.longest = Math.max(leaf.longest, text.length);
  leaf.values.add(text);
  if (checkTagValue(text, '') !== undefined) leaf.fitsTag = false;
  if (kind !== 'number') return;
  const number = numberOf(value as number);
  // A number like `4.0` is no integer for the sink.
  if (!Number.isSafeInteger(number) || !/^-?\d+$/.test(text)) leaf.whole = false;
  if (!Number.isFinite(number)) leaf.finite = false;
};

const newLeaf = (segments: readonly string[]): Leaf => ({
  segments,
  present: 0,
  kinds: new Set(),
  values: new Set(),
  whole: true,
  finite: true,
  fitsTag: true,
  longest: 0,
});

const isContainer = (value: Json | undefined): value is JsonObject | readonly Json[] =>
  isObject(value) || Array.isArray(value);

/** Returns the value at segments. Undefined if it is absent or null. */
export const valueAt = (event: Json, segments: readonly string[]): Json | undefined => {
  let value: Json | undefined = event;
  for (const segment of segments)
    value = isContainer(value) && Object.hasOwn(value, segment) ? (value as JsonObject)[segment] : undefined;
  return value ?? undefined;
};

/** Whether a value is a number that is not finite. */
export const isNotFinite = (value: Json): boolean =>
  kindOf(value) === 'number' && !Number.isFinite(numberOf(value as number));
