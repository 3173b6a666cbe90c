/** Proposes a mapping for sample events: levels, time, tags and fields, each with its reason. */

import { isEventBridge } from '../../src/sink/decode/envelopes.ts';
import { isObject, type Json, type JsonObject, kindOf, numberOf } from '../../src/sink/json/json.ts';
import { type Leaf, type Leaves, leavesOf, valueAt } from './leaves.ts';
import { type LikelyPreset, likelyPreset } from './likely-preset.ts';
import { type LikelyTime, likelyTime, type TimeForm } from './likely-time.ts';
import { columnName, pathText } from './mapping-names.ts';
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
}

/** An array that the proposal opens. */
export interface ProposedLevel {
  readonly path: string;
  /** Name of its elements, for paths from inside. Undefined for the innermost level, whose elements are the events. */
  readonly name: string | undefined;
}

/** A proposed mapping, as the writer needs it. */
export interface Proposal {
  /** Measurement of all points, or one of them if events name theirs. */
  readonly measurement: string;
  /** Whether each event is a point with the members `measurement`, `tags`, and `fields`. */
  readonly hasPoints: boolean;
  /** Whether at least one of these points has tags. */
  readonly hasTags: boolean;
  /** Preset for the events of a known producer. Undefined if they look like those of no such producer. */
  readonly preset: LikelyPreset | undefined;
  /** Arrays from the body to the events, outermost first. Empty if each body is one event. */
  readonly levels: readonly ProposedLevel[];
  /** Number of bodies and events in the samples. */
  readonly counts: { readonly bodies: number; readonly events: number };
  readonly time:
    | (TimeForm & {
        readonly path: string;
        /** Whether every sample has a time. */
        readonly isComplete: boolean;
      })
    | undefined;
  readonly columns: readonly ProposedColumn[];
  /** Whether all fields of an event are numbers that are not finite, so that no field remains. */
  readonly hasEmptyEvents: boolean;
  /** Members that the proposal does not take. */
  readonly leftOut: readonly string[];
}

/** An event and the objects around it, outermost first. The event is the last. */
type Sample = readonly JsonObject[];

/** Objects of one level: the bodies, the elements of an array, or the events. */
interface LevelObjects {
  /** Beginning of paths to their members; empty for events. */
  readonly prefix: string;
  readonly objects: readonly JsonObject[];
  readonly leaves: Leaves;
}

/** Proposes a mapping. Returns the reason if that is impossible. */
export const propose = (events: readonly SampleEvent[], measurement: string): Proposal | string => {
  const bodies = events.map(({ root }) => root);
  const { arrays, samples } = openArrays(bodies);
  const names = arrays.slice(0, -1).map((path, index) => levelName(path, index));
  const points = pointsOf(samples);
  const levels = levelsOf(samples, bodies, names, points !== undefined);
  const found = timeOf([envelopesOf(events), ...levels]);
  const columns = columnsOf(levels, found?.time.leaf, new Set(points?.flatMap(namesOfPoint)));
  const fault = points === undefined ? ensureFields(columns, samples) : undefined;
  if (fault !== undefined) return fault;
  const time =
    found === undefined
      ? undefined
      : {
          path: pathText(found.time.leaf.segments, found.level.prefix),
          precision: found.time.precision,
          zone: found.time.zone,
          isComplete: found.time.leaf.present === found.level.objects.length,
        };
  return {
    measurement: points === undefined ? measurement : measurementOf(points, measurement),
    hasPoints: points !== undefined,
    hasTags: points?.some(({ tags }) => isObject(tags) && Object.keys(tags).length > 0) === true,
    preset: likelyPreset(bodies),
    levels: arrays.map((path, index) => ({ path: pathText(path), name: names[index] })),
    counts: { bodies: bodies.length, events: samples.length },
    time,
    columns,
    hasEmptyEvents: samples.some((sample) => isEmpty(sample, columns)),
    leftOut: levels.flatMap((level, index) => leftOutOf(level, arrays[index])),
  };
};

const LEVELS_MAX = 3;

/** Opens arrays of objects inside one another, as long as every object has the same one. */
const openArrays = (
  bodies: readonly JsonObject[],
): { readonly arrays: readonly (readonly string[])[]; readonly samples: readonly Sample[] } => {
  const arrays: (readonly string[])[] = [];
  let samples: readonly Sample[] = bodies.map((body) => [body]);
  while (arrays.length < LEVELS_MAX) {
    const path = eventsArray(samples.map((sample) => sample.at(-1) as JsonObject));
    if (path === undefined) break;
    arrays.push(path);
    samples = samples.flatMap((sample) =>
      (valueAt(sample.at(-1) as JsonObject, path) as readonly JsonObject[]).map((event) => [...sample, event]),
    );
  }
  return { arrays, samples };
};

/** Returns the events if each of them is a point. */
const pointsOf = (samples: readonly Sample[]): readonly JsonObject[] | undefined => {
  const events = samples.map((sample) => sample.at(-1) as JsonObject);
  return events.length > 0 && events.every(isPoint) ? events : undefined;
};

/** Returns the measurement of the first point that a query can name without escapes. */
const measurementOf = (points: readonly JsonObject[], fallback: string): string =>
  points.map(({ measurement }) => measurement as string).find((name) => /^[\w.-]+$/.test(name)) ?? fallback;

const levelsOf = (
  samples: readonly Sample[],
  bodies: readonly JsonObject[],
  names: readonly string[],
  hasPoints: boolean,
): readonly LevelObjects[] => {
  const depth = samples[0]?.length ?? 1;
  const prefixes = depth === 1 ? [''] : ['$root', ...names.map((name) => `$${name}`), ''];
  return prefixes.map((prefix, index) => {
    const objects = index === 0 ? bodies : [...new Set(samples.map((sample) => sample[index] as JsonObject))];
    // A mapping takes the members of a point as a whole.
    const isPoints = hasPoints && prefix === '';
    return { prefix, objects, leaves: leavesOf(isPoints ? objects.map(aroundPoint) : objects) };
  });
};

/** Returns the envelopes of EventBridge as a level that has only the time. Other envelopes have the time of the message. */
const envelopesOf = (events: readonly SampleEvent[]): LevelObjects => {
  const objects = events.map(
    ({ envelope }): JsonObject =>
      envelope !== undefined && isEventBridge(envelope) ? { time: envelope.time ?? null } : {},
  );
  return { prefix: '$envelope', objects, leaves: leavesOf(objects) };
};

/** Returns the most likely time: of the events, otherwise of the nearest level around them. */
const timeOf = (
  levels: readonly LevelObjects[],
): { readonly time: LikelyTime; readonly level: LevelObjects } | undefined => {
  for (const level of levels.toReversed()) {
    const time = likelyTime(level.leaves.leaves.values());
    if (time !== undefined) return { time, level };
  }
  return undefined;
};

const leftOutOf = (
  { prefix, leaves: { leftOut } }: LevelObjects,
  array: readonly string[] | undefined,
): readonly string[] => {
  const names = leftOut.filter((path) => path !== array?.join('.'));
  return prefix === '' ? names : names.map((name) => `${prefix}.${name}`);
};

/** Names that paths have for other values. */
const RESERVED = /^(?:root|envelope|message|index|key|value)$/;

/** Returns the name of the elements of an array: `sensor` for `sensors`. */
const levelName = (path: readonly string[], index: number): string => {
  const name = (path.at(-1) ?? '').replace(/s$/, '');
  return /^[A-Za-z]\w*$/.test(name) && !RESERVED.test(name)
    ? `${name}${index === 0 ? '' : index + 1}`
    : `level${index + 1}`;
};

const ARRAY_DEPTH_MAX = 3;

/** Returns the path to the array of objects that every object has. Of several, the one with the most elements. */
const eventsArray = (objects: readonly JsonObject[]): readonly string[] | undefined => {
  const [first] = objects;
  if (first === undefined) return undefined;
  const sized = arraysIn(first, []).map((path) => {
    const arrays = objects.map((one) => valueAt(one, path));
    const elements = arrays.every(Array.isArray) ? arrays.flat() : [];
    return { path, size: elements.every(isObject) && !elements.every(isPair) ? elements.length : 0 };
  });
  return sized.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size)[0]?.path;
};

/** Whether an element is a name with its value, so that the array stands for an object. */
const isPair = (element: Json | undefined): boolean =>
  isObject(element) &&
  Object.keys(element).length === 2 &&
  Object.keys(element).every((name) => /^(?:key|name|value|k|v)$/i.test(name));

const arraysIn = (value: JsonObject, path: readonly string[]): (readonly string[])[] =>
  Object.entries(value).flatMap(([name, inner]) => {
    const here = [...path, name];
    if (Array.isArray(inner)) return [here];
    return isObject(inner) && here.length < ARRAY_DEPTH_MAX ? arraysIn(inner, here) : [];
  });

/**
 * Returns the columns: those of the events first, then those of the levels around them, outermost first.
 *
 * @param taken - Names that other columns have. The names of the columns are added.
 */
const columnsOf = (levels: readonly LevelObjects[], time: Leaf | undefined, taken: Set<string>): ProposedColumn[] => {
  const last = levels.length - 1;
  return [last, ...levels.keys()].flatMap((level, position) => {
    const { prefix, objects, leaves } = levels[level] as LevelObjects;
    if (position > 0 && level === last) return [];
    const usable = [...leaves.leaves.values()].filter((leaf) => leaf !== time);
    return usable.map((leaf) => ({
      ...roleOf(leaf, { objects: objects.length, isArray: level > 0 }),
      name: columnName(leaf.segments, taken),
      path: pathText(leaf.segments, prefix),
      leaf,
      level,
    }));
  });
};

const valueIn = ({ leaf, level }: ProposedColumn, sample: Sample): Json | undefined =>
  valueAt(sample[level] as JsonObject, leaf.segments);

/** Whether an event has fields, but none of them is left without the numbers that are not finite. */
const isEmpty = (sample: Sample, columns: readonly ProposedColumn[]): boolean => {
  const values = columns.filter(({ role }) => role === 'field').flatMap((column) => valueIn(column, sample) ?? []);
  return values.length > 0 && values.every(isNotFinite);
};

const isNotFinite = (value: Json): boolean => kindOf(value) === 'number' && !Number.isFinite(numberOf(value as number));

/** Turns tags into fields where an event would have no field. Returns the reason if an event has no value at all. */
const ensureFields = (columns: readonly ProposedColumn[], samples: readonly Sample[]): string | undefined => {
  for (const [index, sample] of samples.entries()) {
    const present = columns.filter((column) => valueIn(column, sample) !== undefined);
    if (present.some(({ role }) => role === 'field')) continue;
    // The columns of the event come first.
    const [first] = present;
    if (first === undefined) return `Event ${index} of the samples has no value that could be a field.`;
    first.role = 'field';
    first.reason = 'the only value of an event, and an event needs a field';
  }
  return undefined;
};
