/** Proposes a mapping for sample events: levels, time, tags and fields, each with its reason. */

import { isEventBridge } from '../../src/sink/decode/envelopes.ts';
import { isObject, type Json, type JsonObject } from '../../src/sink/json/json.ts';
import type { DecodeStep } from '../../src/sink/mapping/mapping.ts';
import { isNotFinite, type Leaf, type Leaves, leavesOf, valueAt } from './leaves.ts';
import { type LikelyPreset, likelyPreset } from './likely-preset.ts';
import { isTimeOfEvent, type LikelyTime, likelyTime, type TimeForm } from './likely-time.ts';
import { columnName, pathText } from './mapping-names.ts';
import { type Opening, openLevels, type Sample } from './openings.ts';
import { type PairList, pairListAt, pairValues } from './pairs.ts';
import { aroundPoint, isPoint, namesOfPoint } from './points.ts';
import { roleOf } from './role.ts';
import type { SampleEvent } from './samples.ts';

/** A tag or a field of the proposal. */
export interface ProposedColumn {
  role: 'tag' | 'field';
  readonly name: string;
  readonly path: string;
  readonly leaf: Leaf;
  /** Number of the level that has the member: 0 is the body, and the last level is the event. */
  readonly level: number;
  reason: string;
  /** Whether the field is a number that is written as text in some events. */
  readonly isCoerced: boolean;
  /** Whether only some texts of the field are numbers. */
  readonly isByText?: boolean;
}

/** An array or an object that the proposal opens. */
export interface ProposedLevel {
  readonly path: string;
  /** Name of its elements, for paths from inside. Undefined for the innermost level, whose elements are the events. */
  readonly name: string | undefined;
  /** Whether the elements are the members of an object. */
  readonly isKeyed: boolean;
  /** Text of each element that contains JSON. Undefined if none is opened. */
  readonly document: ProposedDocument | undefined;
}

/** A text that contains JSON. */
export interface ProposedDocument {
  readonly path: string;
  readonly decode: readonly DecodeStep[];
  readonly name: string;
}

/** An array of names with values, whose elements become tags or fields. */
export interface ProposedPairs extends Omit<PairList, 'segments'> {
  readonly path: string;
}

/** Paths of the members of points. */
export interface ProposedPoints {
  readonly measurement: string;
  /** Undefined if no point has tags. */
  readonly tags: string | undefined;
  readonly fields: string;
}

/** A proposed mapping, as the writer needs it. */
export interface Proposal {
  /** Measurement of all points, or one of them if events name theirs. */
  readonly measurement: string;
  /** Where the events have their measurement, tags, and fields. Undefined if they are no points. */
  readonly points: ProposedPoints | undefined;
  /** Preset for the events of a known producer. Undefined if they look like those of no such producer. */
  readonly preset: LikelyPreset | undefined;
  /** Text of the body that contains JSON, and its name. Undefined if none is opened. */
  readonly document: ProposedDocument | undefined;
  /** Arrays and objects from the body to the events, outermost first. Empty if each body is one event. */
  readonly levels: readonly ProposedLevel[];
  /** Number of bodies and events in the samples. */
  readonly counts: { readonly bodies: number; readonly events: number };
  readonly time:
    | (TimeForm & {
        /** Members with the time. An event has one of them. */
        readonly paths: readonly string[];
        /** Whether every sample has a time. */
        readonly isComplete: boolean;
      })
    | undefined;
  readonly columns: readonly ProposedColumn[];
  readonly pairs: readonly ProposedPairs[];
  /** Tags that are the name of a member, by their paths. */
  readonly keys: readonly { readonly name: string; readonly path: string }[];
  /** Whether all fields of an event are numbers that are not finite, so that no field remains. */
  readonly hasEmptyEvents: boolean;
  /** Members that the proposal does not take. */
  readonly leftOut: readonly string[];
}

/** Values of one level: the bodies, what was opened in them, or the events. */
interface Level {
  /** Beginning of paths to their members. Empty for events. */
  readonly prefix: string;
  /** Objects and arrays. */
  readonly values: readonly Json[];
  /** Path of a member that is opened. */
  readonly opened?: readonly string[] | undefined;
  readonly leaves: Leaves;
  /** Arrays of names with values. */
  readonly pairs: readonly PairList[];
}

/** Proposes a mapping. Returns the reason if that is impossible. */
export const propose = (events: readonly SampleEvent[], measurement: string): Proposal | string => {
  const bodies = events.map(({ root }) => root);
  const { openings, samples } = openLevels(bodies);
  const points = pointsOf(samples);
  const levels = levelsOf(openings, samples, bodies, points !== undefined);
  const found = timeOf([envelopesOf(events), ...levels]);
  const pairs = levels.flatMap((level) => level.pairs);
  const taken = new Set([...(points ?? []).flatMap(namesOfPoint), ...pairs.flatMap(({ names }) => names)]);
  const keys = keysOf(openings, taken);
  const columns = columnsOf(levels, found?.times.map(({ leaf }) => leaf) ?? [], taken);
  const listed = (sample: Sample): readonly Json[] => listedFields(levels, sample);
  const fault = points === undefined ? ensureFields(columns, samples, listed) : undefined;
  if (fault !== undefined) return fault;
  return {
    measurement: points === undefined ? measurement : measurementOf(points, measurement),
    points: points === undefined ? undefined : pathsOfPoints(points, levels.at(-1)?.prefix),
    preset: likelyPreset(bodies.filter(isObject)),
    document: proposedDocument(openings[0]),
    levels: proposedLevels(openings),
    counts: { bodies: bodies.length, events: samples.length },
    time: found === undefined ? undefined : proposedTime(found),
    columns,
    pairs: levels.flatMap(proposedPairs),
    keys,
    hasEmptyEvents: points === undefined && samples.some((sample) => isEmpty(sample, columns, listed(sample))),
    leftOut: levels.flatMap(leftOutOf),
  };
};

const proposedTime = ({ times, level }: FoundTimes): Proposal['time'] => {
  const precisions = new Set(times.map(({ precision }) => precision));
  const [precision = 'auto'] = precisions;
  return {
    paths: times.map(({ leaf }) => pathText(leaf.segments, level.prefix)),
    precision: precisions.size === 1 ? precision : 'auto',
    zone: times.find(({ zone }) => zone !== undefined)?.zone,
    isComplete: times.reduce((sum, { leaf }) => sum + leaf.present, 0) === level.values.length,
  };
};

const proposedDocument = (opening: Opening | undefined): ProposedDocument | undefined =>
  opening?.kind === 'document'
    ? { path: pathText(opening.path), decode: opening.decode, name: opening.name }
    : undefined;

/** Returns the levels of `events`. A level after an opened document begins in it. */
const proposedLevels = (openings: readonly Opening[]): readonly ProposedLevel[] =>
  openings.flatMap(({ kind, path, name }, index) => {
    if (kind === 'document') return [];
    const outer = openings[index - 1];
    const isLast = index === openings.length - 1;
    return [
      {
        path: pathText(path, outer?.kind === 'document' ? `$${outer.name}` : ''),
        name: isLast ? undefined : name,
        isKeyed: kind === 'members',
        document: proposedDocument(openings[index + 1]),
      },
    ];
  });

/** Returns the tags for the names of members. */
const keysOf = (openings: readonly Opening[], taken: Set<string>): Proposal['keys'] =>
  openings.flatMap(({ kind, name }, index) => {
    const path = index === openings.length - 1 ? '$key' : `$${name}.$key`;
    return kind === 'members' ? [{ name: columnName([name], taken), path }] : [];
  });

/** Returns the events if each of them is a point. */
const pointsOf = (samples: readonly Sample[]): readonly JsonObject[] | undefined => {
  const events = samples.map((sample) => sample.at(-1) as Json);
  return events.length > 0 && events.every(isPoint) ? events : undefined;
};

/** Returns the measurement of the first point that a query can name without escapes. */
const measurementOf = (points: readonly JsonObject[], fallback: string): string =>
  points.map(({ measurement }) => measurement as string).find((name) => /^[\w.-]+$/.test(name)) ?? fallback;

const pathsOfPoints = (points: readonly JsonObject[], prefix = ''): ProposedPoints => ({
  measurement: pathText(['measurement'], prefix),
  tags: points.some(({ tags }) => isObject(tags) && Object.keys(tags).length > 0)
    ? pathText(['tags'], prefix)
    : undefined,
  fields: pathText(['fields'], prefix),
});

const levelsOf = (
  openings: readonly Opening[],
  samples: readonly Sample[],
  bodies: readonly Json[],
  hasPoints: boolean,
): readonly Level[] => {
  // A point cannot have a name twice.
  const names = new Set<string>();
  return prefixesOf(openings).map((prefix, index) => {
    const values = index === 0 ? bodies : [...new Set(samples.map((sample) => sample[index] as Json))];
    // A mapping takes the members of a point as a whole.
    const isPoints = hasPoints && index === openings.length;
    const visited = isPoints ? (values as readonly JsonObject[]).map(aroundPoint) : values;
    const leaves = leavesOf(visited, openings[index]?.path);
    // A mapping of points takes all members of their tags and fields already, and has one rule for each.
    const lists = hasPoints ? [] : leaves.leftOut.flatMap((path) => pairListAt(visited, path) ?? []);
    const pairs = lists.filter((list) => {
      const isNew = list.names.every((name) => !names.has(name));
      if (isNew) for (const name of list.names) names.add(name);
      return isNew;
    });
    return { prefix, values: visited, opened: openings[index]?.path, leaves, pairs };
  });
};

/** Returns the beginnings of paths to the body, and to what each opening opens. */
const prefixesOf = (openings: readonly Opening[]): readonly string[] => [
  openings.every(({ kind }) => kind === 'document') ? '' : '$root',
  ...openings.map(({ kind, name }, index) => (kind !== 'document' && index === openings.length - 1 ? '' : `$${name}`)),
];

/** Returns the envelopes of EventBridge as a level that has only the time. Other envelopes have the time of the message. */
const envelopesOf = (events: readonly SampleEvent[]): Level => {
  const values = events.map(
    ({ envelope }): JsonObject =>
      envelope !== undefined && isEventBridge(envelope) ? { time: envelope.time ?? null } : {},
  );
  return { prefix: '$envelope', values, leaves: leavesOf(values), pairs: [] };
};

/** Members of a level that contain the time. */
interface FoundTimes {
  readonly times: readonly LikelyTime[];
  readonly level: Level;
}

/** Returns the most likely time: of the events, otherwise of the nearest level around them. */
const timeOf = (levels: readonly Level[]): FoundTimes | undefined => {
  for (const level of levels.toReversed()) {
    const times = timesIn(level);
    if (times.length > 0) return { times, level };
  }
  return undefined;
};

/** Returns the most likely time of a level, and others that only events without it have. */
const timesIn = ({ values, leaves, opened }: Level): readonly LikelyTime[] => {
  const times: LikelyTime[] = [];
  for (let rest = values; rest.length > 0; ) {
    const found = likelyTime((times.length === 0 ? leaves : leavesOf(rest, opened)).leaves.values());
    const leaf = found && leaves.leaves.get(JSON.stringify(found.leaf.segments));
    if (found === undefined || leaf?.present !== found.leaf.present) break;
    if (times.length > 0 && !isTimeOfEvent(leaf)) break;
    times.push({ ...found, leaf });
    rest = rest.filter((value) => valueAt(value, leaf.segments) === undefined);
  }
  return times;
};

const leftOutOf = ({ prefix, leaves: { leftOut }, pairs }: Level): readonly string[] => {
  const taken = new Set(pairs.map(({ segments }) => JSON.stringify(segments)));
  const others = leftOut.filter((path) => !taken.has(JSON.stringify(path))).map((path) => path.join('.'));
  return prefix === '' ? others : others.map((path) => `${prefix}.${path}`);
};

const proposedPairs = ({ prefix, pairs }: Level): readonly ProposedPairs[] =>
  pairs.map(({ segments, ...others }) => ({ ...others, path: pathText(segments, prefix) }));

/** Returns the values of an event that are fields and belong to lists of names and values. */
const listedFields = (levels: readonly Level[], sample: Sample): readonly Json[] =>
  levels.flatMap(({ pairs }, level) =>
    pairs.flatMap((list) => (list.role === 'field' ? pairValues(list, sample[level] as Json) : [])),
  );

/**
 * Returns the columns: those of the events first, then those of the levels around them, outermost first.
 *
 * @param taken - Names that other columns have. The names of the columns are added.
 */
const columnsOf = (levels: readonly Level[], times: readonly Leaf[], taken: Set<string>): ProposedColumn[] => {
  const last = levels.length - 1;
  return [last, ...levels.keys()].flatMap((level, position) => {
    const { prefix, values, leaves } = levels[level] as Level;
    if (position > 0 && level === last) return [];
    const usable = [...leaves.leaves.values()].filter((leaf) => !times.includes(leaf));
    return usable.map((leaf) => ({
      ...roleOf(leaf, { objects: values.length, isArray: level > 0 }),
      name: columnName(leaf.segments, taken),
      path: pathText(leaf.segments, prefix),
      leaf,
      level,
    }));
  });
};

const valueIn = ({ leaf, level }: ProposedColumn, sample: Sample): Json | undefined =>
  valueAt(sample[level] as Json, leaf.segments);

/** Whether an event has fields, but none of them is left without the numbers that are not finite. */
const isEmpty = (sample: Sample, columns: readonly ProposedColumn[], listed: readonly Json[]): boolean => {
  const own = columns.filter(({ role }) => role === 'field').flatMap((column) => valueIn(column, sample) ?? []);
  const values = [...own, ...listed];
  return values.length > 0 && values.every(isNotFinite);
};

/**
 * Turns tags into fields where an event would have no field. Returns the reason if an event has no value at all.
 *
 * @param listed - Returns the values of an event that are fields and no columns.
 */
const ensureFields = (
  columns: readonly ProposedColumn[],
  samples: readonly Sample[],
  listed: (sample: Sample) => readonly Json[],
): string | undefined => {
  for (const [index, sample] of samples.entries()) {
    const present = columns.filter((column) => valueIn(column, sample) !== undefined);
    if (listed(sample).length > 0 || present.some(({ role }) => role === 'field')) continue;
    // The columns of the event come first.
    const [first] = present;
    if (first === undefined) return `Event ${index} of the samples has no value that could be a field.`;
    first.role = 'field';
    first.reason = 'the only value of an event, and an event needs a field';
  }
  return undefined;
};
