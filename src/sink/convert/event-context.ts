/** The input of the converters, and the parts of a rule that both converters evaluate in the same way. */

import { hasLostDigits, isObject, type Json, type JsonObject, kindOf, SourceNumber, sourceOf } from '../json/json.ts';
import type { Time } from '../lines/point.ts';
import { type MappingRule, MEMBERS_MAX, type NumericPrecision } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from '../mapping/path.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { digitsLost, SourceNeeded, scalarText, type ValueContext } from './field-value.ts';
import { isImplausible, messageTime, rangeRefusal, timeFromDecimal, timeFromIso8601 } from './timestamp.ts';

/** The event that is being converted. One object is used for all events, one after the other. */
export interface EventInput extends Scope, ValueContext {
  event: JsonObject;
  /** Id of the first message of the event. */
  readonly messageId: string;
  /** When the first message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  /** Index of the event in its first message. */
  eventIndex: number;
  /**
   * Number of times that differ so much from the time of the message that their precision is probably wrong
   * (`isImplausible`).
   */
  implausibleTimes: number;
}

/** Returns the validated measurement of an event, or a refusal. */
export const measurementOf = (rule: MappingRule, input: EventInput): string | Refusal => {
  if ('constant' in rule.measurement) return rule.measurement.constant;
  const { paths, prefix, default: fallback } = rule.measurement;
  const where = `measurement (${pathsText(paths)})`;
  const value = resolveFirst(paths, input);
  const absent = value === undefined || value === null || value === '';
  const found = absent ? undefined : scalarText(value, input);
  if (!absent && found === undefined) {
    return refuse('measurement-missing', `${where}: expected text, found ${kindOf(value)}`);
  }
  const name = found ?? fallback;
  if (name === undefined)
    return refuse('measurement-missing', `${where}: the event has none, and the mapping has no default`);
  return checkName('measurement', prefix + name, where) ?? prefix + name;
};

/**
 * Returns the time of an event, or a refusal. An event without a time gets the time of its message if the mapping
 * declares that. Counts implausible times.
 */
export const timeOf = (rule: MappingRule, input: EventInput): Time | Refusal => {
  const time = timeByRule(rule, input);
  if ('seconds' in time && isImplausible(time.seconds, input.sentAtMs)) input.implausibleTimes += 1;
  return time;
};

const timeByRule = (rule: MappingRule, input: EventInput): Time | Refusal => {
  const time = rule.timestamp;
  if (time === undefined) return messageTime(input.messageId, input.sentAtMs, input.eventIndex);
  const value = resolveFirst(time.paths, input);
  if (value !== undefined && value !== null)
    return toTime(value, time.precision, `timestamp (${pathsText(time.paths)})`, input);
  if (time.missing === 'message') return messageTime(input.messageId, input.sentAtMs, input.eventIndex);
  return refuse(
    'timestamp-missing',
    `timestamp (${pathsText(time.paths)}): the event has none; "missing": "message" would use the time of the message`,
  );
};

/**
 * Converts the value at a path to a time, or returns a refusal.
 *
 * @param where - Place in the event, for the refusal.
 * @throws SourceNeeded if the double of a number may have lost digits.
 */
export const toTime = (
  value: Json,
  precision: NumericPrecision | 'iso8601',
  where: string,
  context: ValueContext,
): Time | Refusal => {
  if (precision === 'iso8601') {
    return typeof value === 'string'
      ? timeFromIso8601(value, where)
      : refuse('timestamp-format', `${where}: expected RFC 3339 text`);
  }
  if (typeof value === 'string') return timeFromDecimal(value, precision, where);
  if (value instanceof SourceNumber) return timeFromDecimal(sourceOf(value), precision, where);
  if (typeof value !== 'number')
    return refuse('timestamp-format', `${where}: expected a number of ${precision} or its digits as text`);
  if (!Number.isFinite(value)) return rangeRefusal(where);
  if (context.source.isComputed && hasLostDigits(value)) return digitsLost(where);
  // JSON.parse returns zero for a number that is too small for a double.
  if (value === 0 && !context.source.integersPlain()) throw new SourceNeeded();
  if (!(Number.isInteger(value) ? context.source.integersExact() : context.source.valuesExact()))
    throw new SourceNeeded();
  return timeFromDecimal(String(value), precision, where);
};

/** Returns the paths as text for faults and refusals. */
export const pathsText = (paths: readonly Path[]): string => paths.map((path) => path.text).join(' or ');

/** A member of an event that becomes a column. */
export interface Member {
  readonly name: string;
  readonly value: Json;
  /** Name and path, for a refusal. */
  readonly where: string;
}

/** Finds the members that a rule takes by wildcard: with `*` and with `otherFields`. */
export interface MemberFinder {
  tags(input: EventInput): readonly Member[] | Refusal;
  fields(input: EventInput): readonly Member[] | Refusal;
}

/** Whether a rule has wildcards, so that events decide its columns. */
export const hasWildcards = (rule: MappingRule): boolean =>
  rule.otherFields || rule.tagsFrom.length > 0 || rule.fieldsFrom.length > 0;

/** An object whose members a wildcard takes. */
export interface MemberSource {
  readonly path: Path;
  /** Names of members that the rule uses in another way, and that the wildcard does not take. */
  readonly skip: ReadonlySet<string>;
}

/** Returns the objects whose members a rule takes by wildcard. */
export const memberSources = (
  rule: MappingRule,
): { readonly tags: readonly MemberSource[]; readonly fields: readonly MemberSource[] } => {
  const named = namedPaths(rule);
  const sourceOf = (path: Path): MemberSource => ({ path, skip: keysBelow(path, named) });
  const eventPath: Path[] = rule.otherFields ? [{ root: 'event', segments: [], text: 'event' }] : [];
  return { tags: rule.tagsFrom.map(sourceOf), fields: [...rule.fieldsFrom, ...eventPath].map(sourceOf) };
};

/** Creates a finder for a rule. It refuses events with more than `MEMBERS_MAX` members for tags or for fields. */
export const memberFinder = (rule: MappingRule): MemberFinder => {
  const sources = memberSources(rule);
  const take = (from: readonly MemberSource[]): ((input: EventInput) => readonly Member[] | Refusal) => {
    const text = pathsText(from.map(({ path }) => path));
    return (input) => {
      const members: Member[] = [];
      for (const { path, skip } of from) collect(resolvePath(path, input), path, skip, members);
      return members.length > MEMBERS_MAX
        ? refuse('too-large', `${text}: found ${members.length} members, the limit is ${MEMBERS_MAX} for one event`)
        : members;
    };
  };
  return { tags: take(sources.tags), fields: take(sources.fields) };
};

/** Adds the scalar members of an object. */
const collect = (object: Json | undefined, path: Path, skip: ReadonlySet<string>, members: Member[]): void => {
  if (!isObject(object)) return;
  for (const name of Object.keys(object)) {
    const value = object[name] as Json;
    const scalar = typeof value !== 'object' || value === null || value instanceof SourceNumber;
    if (scalar && !skip.has(name)) members.push({ name, value, where: `"${name}" (${path.text})` });
  }
};

/** Returns all paths that a rule names. */
const namedPaths = (rule: MappingRule): Path[] => [
  ...('paths' in rule.measurement ? rule.measurement.paths : []),
  ...(rule.timestamp?.paths ?? []),
  ...(rule.when?.paths ?? []),
  ...[rule.database, rule.retentionPolicy].flatMap((name) => (name !== undefined && 'paths' in name ? name.paths : [])),
  ...rule.tags.flatMap((tag) => tag.paths),
  ...rule.fields.flatMap((field) => field.paths),
];

/**
 * Returns the names of members of the object at `path` that a rule names. A wildcard does not take them a second time.
 */
const keysBelow = (path: Path, named: readonly Path[]): ReadonlySet<string> => {
  const depth = path.segments.length;
  const below = named.filter(
    (other) =>
      other.root === path.root &&
      other.segments.length === depth + 1 &&
      path.segments.every((segment, at) => other.segments[at] === segment),
  );
  return new Set(below.map((other) => other.segments[depth] as string));
};

/** Returns the names of the columns that a rule declares. Members of the same name are refused. */
export const namedColumns = (rule: MappingRule): ReadonlySet<string> =>
  new Set([
    ...rule.tags.map((tag) => tag.name),
    ...rule.fields.flatMap((field) => (field.byType === undefined ? [field.name] : Object.values(field.byType))),
  ]);

/** Returns the refusal of an event with two columns of the same name. */
export const duplicateName = (name: string, where: string): Refusal =>
  refuse('duplicate-name', `${where}: another tag or field of this point already has the name "${name}"`);
