/** One event on its way through a converter, and the parts of a rule that need no choice between converters. */

import { isObject, type Json, type JsonObject, kindOf, SourceNumber, sourceOf } from '../json/json.ts';
import type { Time } from '../lines/point.ts';
import { type MappingRule, MEMBERS_MAX, type NumericPrecision } from '../mapping/mapping.ts';
import { checkName } from '../mapping/name-rules.ts';
import { type Path, resolveFirst, resolvePath, type Scope } from '../mapping/path.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { SourceNeeded, scalarText, type ValueContext } from './field-value.ts';
import { isImplausible, messageTime, rangeRefusal, timeFromDecimal, timeFromIso8601 } from './timestamp.ts';

/** Everything a converter may look at. One object serves all events of a message in turn. */
export interface EventInput extends Scope, ValueContext {
  event: JsonObject;
  /** Of the message that first brought the event. */
  readonly messageId: string;
  readonly sentAtMs: number;
  /** Place of the event in that message. */
  eventIndex: number;
  /** Times so far from the message's that their precision is probably wrong. */
  implausibleTimes: number;
}

/** The measurement's name, checked. */
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
    return refuse('measurement-missing', `${where}: the event has none and the mapping no default`);
  return checkName('measurement', prefix + name, where) ?? prefix + name;
};

/** The event's own time, or that of its message where the mapping says so. */
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
    `timestamp (${pathsText(time.paths)}): the event has none; "missing": "message" would take the message's`,
  );
};

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
  // A number too small for a double is read as zero.
  if (value === 0 && !context.source.integersPlain()) throw new SourceNeeded();
  if (!(Number.isInteger(value) ? context.source.integersExact() : context.source.valuesExact()))
    throw new SourceNeeded();
  return timeFromDecimal(String(value), precision, where);
};

export const pathsText = (paths: readonly Path[]): string => paths.map((path) => path.text).join(' or ');

export interface Member {
  readonly name: string;
  readonly value: Json;
  readonly where: string;
}

/** Finds the members that a rule takes without naming each: by `*` and by `otherFields`. */
export interface MemberFinder {
  tags(input: EventInput): readonly Member[] | Refusal;
  fields(input: EventInput): readonly Member[] | Refusal;
}

/** Whether events bring columns that the rule does not name. */
export const hasOpenColumns = (rule: MappingRule): boolean =>
  rule.otherFields || rule.tagsFrom.length > 0 || rule.fieldsFrom.length > 0;

/** An object whose members are taken, and the names among them that the rule takes by themselves. */
export interface MemberSource {
  readonly path: Path;
  readonly skip: ReadonlySet<string>;
}

export const memberSources = (
  rule: MappingRule,
): { readonly tags: readonly MemberSource[]; readonly fields: readonly MemberSource[] } => {
  const named = namedPaths(rule);
  const sourceOf = (path: Path): MemberSource => ({ path, skip: keysBelow(path, named) });
  const eventPath: Path[] = rule.otherFields ? [{ root: 'event', segments: [], text: 'event' }] : [];
  return { tags: rule.tagsFrom.map(sourceOf), fields: [...rule.fieldsFrom, ...eventPath].map(sourceOf) };
};

export const memberFinder = (rule: MappingRule): MemberFinder => {
  const sources = memberSources(rule);
  const take = (from: readonly MemberSource[]): ((input: EventInput) => readonly Member[] | Refusal) => {
    const text = pathsText(from.map(({ path }) => path));
    return (input) => {
      const members: Member[] = [];
      for (const { path, skip } of from) collect(resolvePath(path, input), path, skip, members);
      return members.length > MEMBERS_MAX
        ? refuse('too-large', `${text}: ${members.length} members, at most ${MEMBERS_MAX} are taken from one event`)
        : members;
    };
  };
  return { tags: take(sources.tags), fields: take(sources.fields) };
};

const collect = (object: Json | undefined, path: Path, skip: ReadonlySet<string>, members: Member[]): void => {
  if (!isObject(object)) return;
  for (const name of Object.keys(object)) {
    const value = object[name] as Json;
    const scalar = typeof value !== 'object' || value === null || value instanceof SourceNumber;
    if (scalar && !skip.has(name)) members.push({ name, value, where: `"${name}" (${path.text})` });
  }
};

const namedPaths = (rule: MappingRule): Path[] => [
  ...('paths' in rule.measurement ? rule.measurement.paths : []),
  ...(rule.timestamp?.paths ?? []),
  ...(rule.when?.paths ?? []),
  ...[rule.database, rule.retentionPolicy].flatMap((name) => (name !== undefined && 'paths' in name ? name.paths : [])),
  ...rule.tags.flatMap((tag) => tag.paths),
  ...rule.fields.flatMap((field) => field.paths),
];

/** Members of the object at `path` that a rule names one by one: they are not taken a second time. */
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

/** Names that members must not take again: those of the rule's own columns. */
export const namedColumns = (rule: MappingRule): ReadonlySet<string> =>
  new Set([
    ...rule.tags.map((tag) => tag.name),
    ...rule.fields.flatMap((field) => (field.byType === undefined ? [field.name] : Object.values(field.byType))),
  ]);

export const duplicateName = (name: string, where: string): Refusal =>
  refuse('duplicate-name', `${where}: the name "${name}" is already that of another tag or field of this point`);
