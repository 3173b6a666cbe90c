/**
 * Reads values in OTLP's JSON encoding: 64-bit integers and doubles may be numbers or text, and a null or absent member
 * has the default of its type.
 */

import { parseDecimal } from '../decimal.ts';
import {
  isObject,
  type Json,
  type JsonObject,
  kindOf,
  memberOf,
  numberOf,
  SourceNumber,
  sourceOf,
} from '../json/json.ts';
import { tagNameFrom } from '../outside-names.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** Returns a member that is an object, or an empty object. */
export const objectOf = (object: JsonObject, name: string): JsonObject => {
  const value = memberOf(object, name);
  return isObject(value) ? value : {};
};

/** Digits of a 64-bit integer, at most. Longer exponents are not expanded. */
const INTEGER_DIGITS_MAX = 20;

/** Reads values of one data point and keeps the first fault. After a fault, the results have no meaning. */
export class ValueReader {
  readonly #place: string;
  /** The first fault. */
  refusal: Refusal | undefined;

  /** @param place - Path of the values, for the refusal. */
  constructor(place: string) {
    this.#place = place;
  }

  /** Records a fault. */
  fault(name: string, expected: string, value: Json): void {
    this.refusal ??= refuse('field-type', `${this.#place}.${name}: expected ${expected}, found ${kindOf(value)}`);
  }

  /** Returns a double; `undefined` if it is absent. May be NaN or infinite. */
  double(object: JsonObject, name: string): number | undefined {
    const value = memberOf(object, name);
    return value === undefined ? undefined : this.doubleFrom(value, name);
  }

  /** Returns a double. */
  doubleFrom(value: Json, name: string): number {
    if (typeof value === 'number' || value instanceof SourceNumber) return numberOf(value);
    if (typeof value === 'string') {
      if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
      if (/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)) return Number(value);
    }
    this.fault(name, 'a number', value);
    return 0;
  }

  /** Returns an integer, exact; 0 if it is absent. */
  integer(object: JsonObject, name: string): bigint {
    const value = memberOf(object, name);
    return value === undefined ? 0n : this.integerFrom(value, name);
  }

  /** Returns an integer, exact. */
  integerFrom(value: Json, name: string): bigint {
    const isNumber = typeof value === 'number' || value instanceof SourceNumber;
    const decimal = isNumber
      ? parseDecimal(sourceOf(value))
      : typeof value === 'string'
        ? parseDecimal(value)
        : undefined;
    if (decimal !== undefined && decimal.exponent >= 0 && decimal.exponent <= INTEGER_DIGITS_MAX)
      return decimal.digits * 10n ** BigInt(decimal.exponent);
    this.fault(name, 'an integer', value);
    return 0n;
  }

  /** Returns an array; an empty one if it is absent. */
  array(object: JsonObject, name: string): readonly Json[] {
    const value = memberOf(object, name) ?? [];
    if (Array.isArray(value)) return value as readonly Json[];
    this.fault(name, 'an array', value);
    return [];
  }

  /** Returns the counts of buckets, each 0 or greater. */
  counts(object: JsonObject, name: string): readonly bigint[] {
    return this.array(object, name).map((value) => {
      const count = this.integerFrom(value, name);
      if (count < 0n) this.fault(name, 'counts of 0 or more', value);
      return count;
    });
  }

  /** Adds the attributes of an object to tags. Tags of the same name are replaced. */
  attributes(object: JsonObject, tags: Map<string, string>): void {
    for (const attribute of this.array(object, 'attributes')) {
      const key = isObject(attribute) ? memberOf(attribute, 'key') : undefined;
      const value = objectOf(isObject(attribute) ? attribute : {}, 'value');
      if (typeof key !== 'string') this.fault('attributes', 'objects with "key" and "value"', attribute);
      else if (isDeeper(value, DEPTH_MAX)) this.fault('attributes', `at most ${DEPTH_MAX} levels`, value);
      else tags.set(tagNameFrom(key), tagText(value));
    }
  }
}

/** Levels of objects and arrays in an attribute, at most. Deeper ones could exhaust the stack. */
const DEPTH_MAX = 200;

/** Whether objects and arrays are nested more than a number of levels deep. */
const isDeeper = (value: Json, levels: number): boolean => {
  let level: readonly Json[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > levels) return true;
    level = level.flatMap((one) => (isObject(one) ? Object.values(one) : Array.isArray(one) ? (one as Json[]) : []));
  }
  return false;
};

/** Returns the text of an attribute: that of a scalar, or compact JSON of an array or map. */
const tagText = (value: JsonObject): string => {
  const plain = plainValue(value);
  if (plain === null) return '';
  if (typeof plain === 'string') return plain;
  return plain instanceof SourceNumber ? SourceNumber.sourceOf(plain) : compactJson(plain);
};

/** Returns the JSON value that an `AnyValue` stands for; null for an empty one. */
const plainValue = (value: JsonObject): Json => {
  for (const [kind, read] of Object.entries(KINDS)) {
    const found = memberOf(value, kind);
    if (found !== undefined) return read(found);
  }
  return null;
};

const KINDS: Readonly<Record<string, (value: Json) => Json>> = {
  stringValue: (value) => value,
  boolValue: (value) => value,
  // As text or as a number, and with all digits in both cases.
  intValue: (value) => (typeof value === 'string' ? new SourceNumber(Number(value), value) : value),
  doubleValue: (value) => (value instanceof SourceNumber ? SourceNumber.valueOf(value) : value),
  bytesValue: (value) => value,
  arrayValue: (value) => valuesOf(value).map((element) => (isObject(element) ? plainValue(element) : null)),
  kvlistValue: (value) =>
    Object.fromEntries(
      valuesOf(value)
        .filter(isObject)
        .map((pair): [string, Json] => [keyText(pair), plainValue(objectOf(pair, 'value'))])
        // Maps have no order. Sorted names keep one map from making several series.
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
};

const valuesOf = (value: Json): readonly Json[] => {
  const values = isObject(value) ? memberOf(value, 'values') : undefined;
  return Array.isArray(values) ? (values as readonly Json[]) : [];
};

const keyText = (pair: JsonObject): string => {
  const key = memberOf(pair, 'key');
  return typeof key === 'string' ? key : '';
};

/** Returns JSON without blanks. Numbers keep their digits. */
const compactJson = (value: Json): string => {
  if (value instanceof SourceNumber) return SourceNumber.sourceOf(value);
  if (Array.isArray(value)) return `[${(value as readonly Json[]).map(compactJson).join(',')}]`;
  if (!isObject(value)) return typeof value === 'number' ? String(value) : JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${JSON.stringify(name)}:${compactJson(member)}`);
  return `{${members.join(',')}}`;
};
