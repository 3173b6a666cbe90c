/** Reads the tags and fields of a mapping. */

import { type Declared, type FaultCollector, isDeclared, shown } from './fault-collector.ts';
import {
  FIELD_TYPES,
  type FieldRule,
  type FieldType,
  type Linear,
  type Lookup,
  type MemberRule,
  nameOfDefault,
  type TagRule,
} from './mapping.ts';
import { checkName, checkTagValue } from './name-rules.ts';
import { readMembers } from './parse-members.ts';
import { isScalar, readSource, type Scalar, SOURCE_KEYS } from './parse-source.ts';

/** Tags or fields of a rule. */
export interface Columns<Rule> {
  /** Columns with a name. */
  readonly rules: Rule[];
  /** Objects and arrays whose members become columns (`*`). */
  readonly from: MemberRule[];
}

const readColumns = <Rule>(
  read: FaultCollector,
  declared: unknown,
  place: string,
  readOne: (read: FaultCollector, name: string, entry: unknown, place: string) => Rule,
): Columns<Rule> => {
  const rules: Rule[] = [];
  const from: MemberRule[] = [];
  for (const [name, entry] of read.entries(declared, place)) {
    const here = `${place}.${name}`;
    if (name === '*') from.push(...readMembers(read, entry, here));
    else rules.push(readOne(read, name, entry, here));
  }
  return { rules, from };
};

/** Reads the tags: single ones, and members that become tags. */
export const readTags = (read: FaultCollector, declared: unknown, place: string): Columns<TagRule> =>
  readColumns(read, declared, place, readTag);

/** Adds the faults of the name of a column. */
const checkColumn = (read: FaultCollector, role: 'tag' | 'field', name: string, place: string): void => {
  if (name.startsWith('$'))
    read.fault(
      place,
      `must not begin with "$", which begins paths. Write "${name.replace(/^\$+/, '')}": ${shown(name)}`,
    );
  read.refusal(checkName(role, name, place), place);
};

const TAG_KEYS = [...SOURCE_KEYS, 'default', 'required'];

const readTag = (read: FaultCollector, name: string, entry: unknown, place: string): TagRule => {
  checkColumn(read, 'tag', name, place);
  if (typeof entry === 'string' || Array.isArray(entry))
    return { name, paths: read.valuePaths(entry, place), default: undefined, required: false };
  const rule = read.object(entry, place, TAG_KEYS, 'a path or {"path", "default", "required"}');
  const source = readSource(read, rule, place);
  const fallback = read.optionalText(rule.default, `${place}.default`);
  if (fallback !== undefined) read.refusal(checkTagValue(fallback, `${place}.default`), `${place}.default`);
  const required = read.flag(rule.required, `${place}.required`);
  if (required && fallback !== undefined) read.fault(place, 'has a default and is required. Choose one of them.');
  if (source.constant !== undefined) {
    read.refusal(checkTagValue(String(source.constant), `${place}.value`), `${place}.value`);
    if (source.constant === '') read.fault(`${place}.value`, 'must not be empty, because openGemini has no empty tags');
    if (required || fallback !== undefined)
      read.fault(place, 'has a "value", so it needs no default and is never absent');
  }
  return { name, ...source, default: fallback === '' ? undefined : fallback, required };
};

/** Reads the fields: single ones, and members that become fields. */
export const readFields = (read: FaultCollector, declared: unknown, place: string): Columns<FieldRule> =>
  readColumns(read, declared, place, readField);

const FIELD_KEYS = [
  ...SOURCE_KEYS,
  ...['type', 'byType', 'byText', 'default', 'scale', 'offset', 'lookup', 'otherwise', 'exact'],
];
/** Members that decide the type, or the name by the value. */
const KINDS_OF_FIELD = ['type', 'byType', 'byText'];
/** Members that change the value. */
const CHANGES = ['scale', 'lookup', 'byType', 'byText'];
/** Members that have no effect on a value that is always the same. */
const NOT_FOR_CONSTANTS = ['default', 'scale', 'offset', 'lookup', 'exact', 'byType', 'byText'];
/** Members that have no effect on a value of a table. */
const NOT_FOR_LOOKUPS = ['offset', 'exact'];

const readField = (read: FaultCollector, name: string, entry: unknown, place: string): FieldRule => {
  if (typeof entry === 'string' || Array.isArray(entry)) {
    checkColumn(read, 'field', name, place);
    return { name, paths: read.valuePaths(entry, place), type: 'float', byType: undefined };
  }
  const rule = read.object(entry, place, FIELD_KEYS, 'a path or {"path", "type"}');
  const source = readSource(read, rule, place);
  read.onlyOne(rule, place, KINDS_OF_FIELD);
  read.onlyOne(rule, place, CHANGES);
  const byType = readNames(read, rule.byType, `${place}.byType`, ['number', 'string', 'boolean']);
  const byText = readNames(read, rule.byText, `${place}.byText`, ['number', 'other']);
  if (byType === undefined && byText === undefined) checkColumn(read, 'field', name, place);
  const lookup = readLookup(read, rule, place);
  const type = byType !== undefined || byText !== undefined ? 'value' : readType(read, rule, place, entry, lookup);
  if (source.templates !== undefined && type !== 'string' && lookup === undefined)
    read.fault(place, 'has a "text", whose result is text. Set "type": "string"');
  const hasNoEffect = (keys: readonly string[], why: string): void => {
    for (const key of keys.filter((one) => rule[one] !== undefined))
      read.fault(`${place}.${key}`, `has no effect, because ${why}`);
  };
  if (source.constant !== undefined) hasNoEffect(NOT_FOR_CONSTANTS, 'the field is always the same ("value")');
  else if (lookup !== undefined) hasNoEffect(NOT_FOR_LOOKUPS, 'the "lookup" contains the values');
  return {
    name,
    ...source,
    type,
    byType,
    byText,
    default: readDefault(read, rule.default, `${place}.default`, { type, byType, byText }),
    linear: readLinear(read, rule, place, type),
    lookup,
    exact: readExact(read, rule.exact, `${place}.exact`, type),
    ...(source.constant === undefined ? {} : { constant: readConstant(read, source.constant, `${place}.value`, type) }),
  };
};

const TYPE_OF: Readonly<Record<string, FieldType>> = { number: 'float', string: 'string', boolean: 'boolean' };

/** Reads the type. Without one it follows from the values that the mapping contains; otherwise it is a float. */
const readType = (
  read: FaultCollector,
  rule: Declared,
  place: string,
  entry: unknown,
  lookup: Lookup | undefined,
): FieldType => {
  // An invalid type is reported here only. It is not compared with other mappings, which may be right.
  const type = read.choice<FieldType>(rule.type, `${place}.type`, FIELD_TYPES, typeByDefault(rule, lookup), 'value');
  for (const [text, value] of lookup?.values ?? []) readConstant(read, value, `${place}.lookup.${text}`, type);
  return isDeclared(entry) ? type : 'value';
};

const typeByDefault = (rule: Declared, lookup: Lookup | undefined): FieldType => {
  if (rule.value !== undefined) return TYPE_OF[typeof rule.value] ?? 'value';
  const types = new Set([...(lookup?.values.values() ?? [])].map((value) => TYPE_OF[typeof value]));
  if (types.size === 1) return [...types][0] as FieldType;
  return rule.text === undefined || lookup !== undefined ? 'float' : 'string';
};

/** Reads a default. Of a field with several names, it has the name for its type. */
const readDefault = (
  read: FaultCollector,
  declared: unknown,
  place: string,
  { type, byType, byText }: Pick<FieldRule, 'type' | 'byType' | 'byText'>,
): Scalar | undefined => {
  const fallback = readConstant(read, declared, place, type);
  if (fallback === undefined) return undefined;
  const names = byType ?? byText;
  if (names !== undefined && nameOfDefault({ byType, byText }, fallback) === undefined)
    read.fault(place, `must have a type of "by${byType === undefined ? 'Text' : 'Type'}", got ${shown(fallback)}`);
  return fallback;
};

/** Reads a scalar that becomes the value of a field of this type; `undefined` if none is declared. */
const readConstant = (read: FaultCollector, declared: unknown, place: string, type: FieldType): Scalar | undefined => {
  if (declared === undefined) return undefined;
  if (!isScalar(declared)) return read.fault(place, `must be text, a number or a boolean, got ${shown(declared)}`);
  const isWhole = Number.isSafeInteger(declared);
  const fits =
    type === 'value' ||
    (type === 'integer' ? isWhole : type === 'float' ? typeof declared === 'number' : typeof declared === type);
  if (!fits) read.fault(place, `must be ${NOUNS[type]}, as the type of the field, got ${shown(declared)}`);
  if (typeof declared === 'string' && (declared.includes('\n') || !declared.isWellFormed()))
    read.fault(place, 'must not contain a line break or a lone surrogate, which line protocol cannot express');
  return declared;
};

const NOUNS: Readonly<Record<FieldType, string>> = {
  float: 'a number',
  integer: 'an integer up to 2^53-1',
  boolean: 'true or false',
  string: 'text',
  value: 'a value',
};

const readNames = <K extends string>(
  read: FaultCollector,
  declared: unknown,
  place: string,
  kinds: readonly K[],
): Readonly<Partial<Record<K, string>>> | undefined => {
  if (declared === undefined) return undefined;
  const rule = read.object(
    declared,
    place,
    kinds,
    `{${kinds.map((kind) => `"${kind}"`).join(', ')}} with a field name each`,
  );
  const names: Partial<Record<K, string>> = {};
  for (const kind of kinds) {
    const name = rule[kind];
    if (typeof name === 'string') {
      checkColumn(read, 'field', name, `${place}.${kind}`);
      names[kind] = name;
    } else if (name !== undefined) read.fault(`${place}.${kind}`, `must be a field name, got ${shown(name)}`);
  }
  if (Object.keys(rule).length === 0) read.fault(place, `must name a field for at least one of ${kinds.join(', ')}`);
  return names;
};

const readLinear = (read: FaultCollector, rule: Declared, place: string, type: FieldType): Linear | undefined => {
  const { scale = 1, offset = 0 } = rule;
  if (rule.scale === undefined && rule.offset === undefined) return undefined;
  if (type !== 'float' && type !== 'integer')
    read.fault(place, `has "scale" or "offset", which need the type float or integer, got ${type}`);
  for (const [name, value] of Object.entries({ scale, offset }))
    if (typeof value !== 'number' || !Number.isFinite(value))
      read.fault(`${place}.${name}`, `must be a number, got ${shown(value)}`);
  if (scale === 0) read.fault(`${place}.scale`, 'must not be 0, because every value would become the same');
  return { scale: String(scale), offset: String(offset) };
};

const readLookup = (read: FaultCollector, rule: Declared, place: string): Lookup | undefined => {
  if (rule.lookup === undefined) {
    if (rule.otherwise !== undefined) read.fault(`${place}.otherwise`, 'is only for a "lookup"');
    return undefined;
  }
  const entries = read.entries(rule.lookup, `${place}.lookup`, 'texts and values');
  if (entries.length === 0 && isDeclared(rule.lookup))
    read.fault(`${place}.lookup`, 'must contain at least one text and its value');
  for (const [text, value] of entries)
    if (!isScalar(value))
      read.fault(`${place}.lookup.${text}`, `must be text, a number or a boolean, got ${shown(value)}`);
  return {
    values: new Map(entries.filter((entry): entry is [string, Scalar] => isScalar(entry[1]))),
    otherwise: read.choice(rule.otherwise, `${place}.otherwise`, ['refuse', 'omit']),
  };
};

const readExact = (read: FaultCollector, declared: unknown, place: string, type: FieldType): boolean => {
  const exact = read.flag(declared, place);
  if (exact && type !== 'float') read.fault(place, `is only for fields of type float, got ${type}`);
  return exact;
};
