/** Recognizes arrays of names with values, each element of which stands for one member. */

import { isObject, isScalar, type Json, type JsonObject, kindOf } from '../../src/sink/json/json.ts';
import { MEMBERS_MAX } from '../../src/sink/mapping/mapping.ts';
import { checkName, checkTagValue } from '../../src/sink/mapping/name-rules.ts';
import { isNotFinite, valueAt } from './leaves.ts';
import { TAG_LENGTH_MAX } from './role.ts';

/** An array of names with values. */
export interface PairList {
  /** Path of the array. */
  readonly segments: readonly string[];
  /** Members of each element. */
  readonly name: string;
  readonly value: string;
  /** Texts become tags, and other values fields. */
  readonly role: 'tag' | 'field';
  /** All names in the samples. */
  readonly names: readonly string[];
  /** Whether all numbers are finite. */
  readonly finite: boolean;
}

const NAME = /^(?:key|name|k)$/i;
const VALUE = /^(?:value|v)$/i;

/** Whether an element is a name with its value, so that the array stands for an object. */
export const isPair = (element: Json | undefined): boolean =>
  isObject(element) &&
  Object.keys(element).length === 2 &&
  Object.keys(element).every((name) => NAME.test(name) || VALUE.test(name));

/**
 * Returns the list at a path. `undefined` if it cannot become columns: an element has no name or an object as its value, a name
 * repeats in an array or cannot be that of a column, or the values of a name have several types.
 */
export const pairListAt = (objects: readonly Json[], segments: readonly string[]): PairList | undefined => {
  const arrays = objects.flatMap((object) => [valueAt(object, segments) ?? []]);
  if (!arrays.every(Array.isArray)) return undefined;
  const pairs = arrays.flat() as readonly Json[];
  const [first] = pairs;
  const members = isPair(first) ? Object.keys(first as JsonObject) : [];
  const name = members.find((one) => NAME.test(one));
  const value = members.find((one) => VALUE.test(one));
  if (name === undefined || value === undefined || !pairs.every((pair) => hasMembers(pair, name, value)))
    return undefined;
  const byName = Map.groupBy(pairs as readonly JsonObject[], (pair) => pair[name] as string);
  const values = pairs.map((pair) => (pair as JsonObject)[value] as Json);
  const role = values.every(isTag) ? 'tag' : 'field';
  const isUsable = [...byName].every(
    ([own, same]) =>
      checkName(role, own, '') === undefined && kindsOf(same.map((pair) => pair[value] as Json)).size <= 1,
  );
  const isUnique = arrays.every(
    (array: readonly JsonObject[]) => new Set(array.map((pair) => pair[name])).size === array.length,
  );
  if (!isUsable || !isUnique || byName.size > MEMBERS_MAX) return undefined;
  return { segments, name, value, role, names: [...byName.keys()], finite: !values.some(isNotFinite) };
};

/** Returns the values that an object has in the list. */
export const pairValues = ({ segments, value }: PairList, object: Json): readonly Json[] => {
  const array = (valueAt(object, segments) ?? []) as readonly JsonObject[];
  return array.flatMap((pair) => pair[value] ?? []);
};

const hasMembers = (pair: Json, name: string, value: string): boolean =>
  isPair(pair) && typeof (pair as JsonObject)[name] === 'string' && isScalar((pair as JsonObject)[value] ?? null);

const kindsOf = (values: readonly Json[]): ReadonlySet<string> =>
  new Set(values.filter((value) => value !== null).map(kindOf));

const isTag = (value: Json): boolean =>
  typeof value === 'string' && value.length <= TAG_LENGTH_MAX && checkTagValue(value, '') === undefined;
