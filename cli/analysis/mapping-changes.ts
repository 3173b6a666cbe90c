/**
 * Compares two versions of a mapping: which changes break columns or series that openGemini has already. A column keeps
 * the role and the type of its first value, and every other set of tags is another series.
 */

import { sourceText } from '../../src/sink/convert/source-value.ts';
import {
  isPointRule,
  type Mapping,
  type MappingRule,
  type MemberRule,
  type TagRule,
} from '../../src/sink/mapping/mapping.ts';

/** Columns of one measurement in one target. */
interface Columns {
  /** Measurement for people. */
  readonly title: string;
  readonly targets: Set<string>;
  /** Times of the rules, as text. */
  readonly times: Set<string>;
  /** Sources of each tag. */
  readonly tags: Map<string, Set<string>>;
  /** Constants and defaults of each tag, which are values of their own. */
  readonly tagTexts: Map<string, Set<string>>;
  /** What `*` takes as tags, and as fields. */
  readonly tagMembers: Set<string>;
  readonly fieldMembers: Set<string>;
  /** Sources and types of each field. The type of a value is not known before the event. */
  readonly fields: Map<string, { readonly sources: Set<string>; readonly types: Set<string> }>;
}

/**
 * Returns a sentence for each measurement whose points have other times than those of the earlier version. Such a change
 * breaks no column, but repeated events do not replace the existing points.
 */
export const timeChanges = (before: Mapping, after: Mapping): readonly string[] => {
  const old = columnsByMeasurement(before);
  const now = columnsByMeasurement(after);
  return [...old].flatMap(([measurement, { title, times }]) => {
    const next = now.get(measurement)?.times;
    if (next === undefined || [...times].join() === [...next].join()) return [];
    return [
      `${title}: the points of both versions have different times. The time was ${[...times].join(' or ')} and is ${[...next].join(' or ')}.`,
    ];
  });
};

/** Returns where the time of a rule comes from, as text. */
const timeOf = ({ timestamp }: MappingRule): string => {
  if (timestamp === undefined) return 'the time of the message';
  const { precision, zone, plus, decode, spread } = timestamp;
  const more = [
    ...(zone === undefined ? [] : [`zone ${zone}`]),
    ...(decode === undefined ? [] : [`decoded ${decode.join(', ')}`]),
    ...(plus === undefined ? [] : [`plus ${sourceText(plus)} in ${plus.precision}`]),
    ...(spread === true ? ['spread'] : []),
  ];
  return [`${sourceText(timestamp)} in ${precision}`, ...more].join(', ');
};

/** Returns a sentence for each change that breaks existing columns or series. */
export const mappingChanges = (before: Mapping, after: Mapping): readonly string[] => {
  const old = columnsByMeasurement(before);
  const now = columnsByMeasurement(after);
  const columnsChanged = [...old].flatMap(([measurement, columns]) => {
    const next = now.get(measurement);
    return next === undefined ? [goneText(columns, old, now)] : columnChanges(columns, next);
  });
  return [...presetChanges(before, after), ...columnsChanged];
};

const TARGET_CHANGED = 'the database or retention policy has changed. Existing points stay where they are.';

/** A preset writes other measurements than any other, and one that is code has no rules to compare. */
const presetChanges = ({ preset: old }: Mapping, { preset: now }: Mapping): readonly string[] => {
  if (old === undefined) return [];
  if (now?.name !== old.name)
    return [
      `the preset was ${old.name} and is ${now?.name ?? 'none'}. Queries find no new points in its measurements.`,
    ];
  return targetsOfPreset(old) === targetsOfPreset(now) ? [] : [`preset ${old.name}: ${TARGET_CHANGED}`];
};

const targetsOfPreset = (preset: NonNullable<Mapping['preset']>): string => {
  const parts = preset.kind === 'code' ? [preset] : preset.mapping.rules.filter(isPointRule);
  return JSON.stringify(parts.map((part) => [targetOf(part.database), targetOf(part.retentionPolicy)]));
};

const columnsByMeasurement = ({ rules }: Mapping): ReadonlyMap<string, Columns> => {
  const found = new Map<string, Columns>();
  for (const rule of rules.filter(isPointRule)) {
    const { key, title } = measurementOf(rule);
    const columns = found.get(key) ?? {
      title,
      targets: new Set(),
      times: new Set(),
      tags: new Map(),
      tagTexts: new Map(),
      tagMembers: new Set(),
      fieldMembers: new Set(),
      fields: new Map(),
    };
    found.set(key, columns);
    columns.targets.add(JSON.stringify([targetOf(rule.database), targetOf(rule.retentionPolicy)]));
    columns.times.add(timeOf(rule));
    for (const tag of rule.tags) {
      addSource(columns.tags, tag.name, sourceText(tag));
      for (const text of ownTexts(tag)) addSource(columns.tagTexts, tag.name, text);
    }
    for (const members of rule.tagsFrom) columns.tagMembers.add(memberText(members));
    for (const members of rule.fieldsFrom) columns.fieldMembers.add(memberText(members));
    for (const field of rule.fields) addField(columns, field);
  }
  return found;
};

const measurementOf = ({ measurement }: MappingRule): { readonly key: string; readonly title: string } => {
  if ('constant' in measurement) return { key: `constant ${measurement.constant}`, title: measurement.constant };
  const source = sourceText(measurement);
  return { key: `${measurement.prefix} ${source}`, title: `the measurement from ${source}` };
};

const targetOf = (target: MappingRule['database']): string => {
  if (target === undefined) return '';
  return 'constant' in target ? target.constant : sourceText(target);
};

/** Returns the values of a tag that do not come from an event. */
const ownTexts = ({ constant, default: fallback }: TagRule): readonly string[] =>
  [constant, fallback].flatMap((text) => (text === undefined ? [] : [JSON.stringify(text)]));

/** Returns which members become columns, and under which names. */
const memberText = (members: MemberRule): string => {
  const { path, prefix, except, only } = members;
  const patterns = [except, only].map((some) => (some === undefined ? [] : [...some.names, ...some.beginnings]));
  const more =
    members.from === 'pairs' ? [members.namePaths.map(({ text }) => text)] : [members.flatten, members.arrays];
  return JSON.stringify([path.text, prefix, patterns, more]);
};

const addSource = (columns: Map<string, Set<string>>, name: string, source: string): void => {
  const sources = columns.get(name) ?? new Set();
  columns.set(name, sources.add(source));
};

const TYPE_OF_KIND = { number: 'float', other: 'string', string: 'string', boolean: 'boolean' } as const;

const addField = ({ fields }: Columns, field: MappingRule['fields'][number]): void => {
  const named = field.byText ?? field.byType;
  const columns: readonly (readonly [name: string, type: string])[] =
    named === undefined
      ? [[field.name, field.type]]
      : Object.entries(named).map(([kind, name]) => [name, TYPE_OF_KIND[kind as keyof typeof TYPE_OF_KIND]] as const);
  for (const [name, type] of columns) {
    const known = fields.get(name) ?? { sources: new Set(), types: new Set() };
    fields.set(name, known);
    known.sources.add(sourceText(field));
    known.types.add(type);
  }
};

const goneText = (columns: Columns, old: ReadonlyMap<string, Columns>, now: ReadonlyMap<string, Columns>): string => {
  const added = [...now].filter(([measurement]) => !old.has(measurement));
  const [only] = added;
  const renamed = only === undefined || added.length > 1 ? '' : ` Its points may now be in ${only[1].title}.`;
  return `${columns.title}: the measurement is no longer written.${renamed} Queries find no new points in it.`;
};

const columnChanges = (old: Columns, now: Columns): readonly string[] => {
  const changes = [
    ...targetChanges(old, now),
    ...[...old.tags].flatMap(([name, sources]) => tagChanges(name, sources, old, now)),
    ...[...now.tags.keys()].flatMap((name) => addedTag(name, old, now)),
    ...[...now.tags.keys()].flatMap((name) => changedTexts(name, old, now)),
    ...(areEqual(old.tagMembers, now.tagMembers)
      ? []
      : [`"*" takes other members as tags, or gives them other names. ${NEW_SERIES}`]),
    ...(isPartOf(old.fieldMembers, now.fieldMembers)
      ? []
      : ['"*" takes other members as fields, or gives them other names. Queries may find no new values.']),
    ...[...old.fields].flatMap(([name, field]) => fieldChanges(name, field, old, now)),
  ];
  return changes.map((text) => `${old.title}: ${text}`);
};

const targetChanges = (old: Columns, now: Columns): readonly string[] =>
  [...old.targets].every((target) => now.targets.has(target)) ? [] : [TARGET_CHANGED];

const isPartOf = (some: ReadonlySet<string>, all: ReadonlySet<string>): boolean =>
  [...some].every((one) => all.has(one));

const areEqual = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => isPartOf(a, b) && isPartOf(b, a);

const overlap = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean => [...a].some((one) => b.has(one));

/** Returns a column that is new, and reads what the old one read. */
const successor = (
  sources: ReadonlySet<string>,
  columns: ReadonlyMap<string, ReadonlySet<string>>,
  known: ReadonlyMap<string, unknown>,
): string | undefined => [...columns].find(([name, others]) => !known.has(name) && overlap(others, sources))?.[0];

const NEW_SERIES = 'New points start new series.';
const REFUSED = 'openGemini refuses points with the other type.';

const tagChanges = (name: string, sources: ReadonlySet<string>, old: Columns, now: Columns): readonly string[] => {
  if (now.tags.has(name)) return [];
  if (now.fields.has(name)) return [`${name} was a tag and is a field. ${NEW_SERIES} Give the field another name.`];
  const renamed = successor(sources, now.tags, old.tags);
  return [
    renamed === undefined
      ? `the tag ${name} is no longer written. ${NEW_SERIES}`
      : `the tag ${name} is now ${renamed}. ${NEW_SERIES}`,
  ];
};

const NO_TEXTS: ReadonlySet<string> = new Set();

const changedTexts = (name: string, old: Columns, now: Columns): readonly string[] => {
  const [before, after] = [old.tagTexts.get(name) ?? NO_TEXTS, now.tagTexts.get(name) ?? NO_TEXTS];
  if (!old.tags.has(name) || areEqual(before, after)) return [];
  const shown = (texts: ReadonlySet<string>): string => [...texts].join(' or ') || 'none';
  return [
    `the constant or default of the tag ${name} was ${shown(before)} and is ${shown(after)}. Points with it start new series.`,
  ];
};

const addedTag = (name: string, old: Columns, now: Columns): readonly string[] => {
  if (old.tags.has(name) || old.fields.has(name)) return [];
  const isRenamed = [...old.tags].some(
    ([other, sources]) => !now.tags.has(other) && overlap(now.tags.get(name) ?? new Set(), sources),
  );
  return isRenamed ? [] : [`the tag ${name} is new. ${NEW_SERIES}`];
};

const fieldChanges = (
  name: string,
  { sources, types }: { readonly sources: ReadonlySet<string>; readonly types: ReadonlySet<string> },
  old: Columns,
  now: Columns,
): readonly string[] => {
  const next = now.fields.get(name);
  if (next !== undefined) {
    const changed = [...next.types].filter((type) => type !== 'value' && !types.has('value') && !types.has(type));
    return changed.length === 0
      ? []
      : [
          `the field ${name} was ${[...types].join(' or ')} and is ${changed.join(' or ')}. ${REFUSED} Give the new type a new name.`,
        ];
  }
  if (now.tags.has(name)) return [`${name} was a field and is a tag. ${NEW_SERIES} Give the tag another name.`];
  const fields = new Map([...now.fields].map(([other, field]) => [other, field.sources] as const));
  const renamed = successor(sources, fields, old.fields);
  return renamed === undefined ? [] : [`the field ${name} is now ${renamed}. Queries of ${name} find no new values.`];
};
