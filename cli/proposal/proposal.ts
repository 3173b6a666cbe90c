/** Proposes a mapping for sample events: levels, time, tags and fields, each with its reason. */

import { isObject, type Json, type JsonObject } from '../../src/sink/json/json.ts';
import { type Leaf, type Leaves, leavesOf, valueAt } from './leaves.ts';
import { type LikelyTime, likelyTime } from './likely-time.ts';
import { columnName, pathText } from './mapping-names.ts';

/** A tag or a field of the proposal. */
export interface ProposedColumn {
  role: 'tag' | 'field';
  readonly name: string;
  readonly path: string;
  readonly leaf: Leaf;
  /** Whether it is a member of the body around the events. */
  readonly isOuter: boolean;
  reason: string;
}

/** A proposed mapping, as the writer needs it. */
export interface Proposal {
  readonly measurement: string;
  /** Path to the array of events. Undefined if each body is one event. */
  readonly events: string | undefined;
  /** Number of bodies and events in the samples. */
  readonly counts: { readonly bodies: number; readonly events: number };
  readonly time:
    | { readonly path: string; readonly precision: LikelyTime['precision']; readonly isComplete: boolean }
    | undefined;
  readonly columns: readonly ProposedColumn[];
  /** Members that the proposal does not take. */
  readonly leftOut: readonly string[];
}

/** An event of the samples, and the body that contains it. */
interface Sample {
  readonly event: JsonObject;
  readonly body: JsonObject;
}

/** Proposes a mapping. Returns the reason if that is impossible. */
export const propose = (bodies: readonly JsonObject[], measurement: string): Proposal | string => {
  const array = eventsArray(bodies);
  const samples = array === undefined ? bodies.map((body) => ({ event: body, body })) : samplesIn(bodies, array);
  const inner = leavesOf(samples.map(({ event }) => event));
  const outer = array === undefined ? NO_LEAVES : leavesOf(bodies);
  const time = likelyTime(inner.leaves.values()) ?? likelyTime(outer.leaves.values());
  const isOuterTime = time !== undefined && ![...inner.leaves.values()].includes(time.leaf);
  const columns = columnsOf(inner, outer, time?.leaf, samples.length, bodies.length);
  const fault = ensureFields(columns, samples);
  if (fault !== undefined) return fault;
  const complete = time !== undefined && time.leaf.present === (isOuterTime ? bodies.length : samples.length);
  return {
    measurement,
    events: array === undefined ? undefined : pathText(array),
    counts: { bodies: bodies.length, events: samples.length },
    time:
      time === undefined
        ? undefined
        : {
            path: pathText(time.leaf.segments, isOuterTime ? '$root' : ''),
            precision: time.precision,
            isComplete: complete,
          },
    columns,
    leftOut: [...inner.leftOut, ...notFinite(inner), ...outerLeftOut(outer, array)],
  };
};

const NO_LEAVES: Leaves = { leaves: new Map(), leftOut: [] };

const outerLeftOut = ({ leftOut }: Leaves, array: readonly string[] | undefined): readonly string[] =>
  leftOut.filter((path) => path !== array?.join('.')).map((path) => `$root.${path}`);

const notFinite = ({ leaves }: Leaves): readonly string[] =>
  [...leaves.values()].filter(({ finite }) => !finite).map(({ segments }) => segments.join('.'));

const ARRAY_DEPTH_MAX = 3;

/** Returns the path to the array of objects that every body has. Of several, the one with the most elements. */
const eventsArray = (bodies: readonly JsonObject[]): readonly string[] | undefined => {
  const [first] = bodies;
  if (first === undefined) return undefined;
  const sized = arraysIn(first, []).map((path) => {
    const arrays = bodies.map((body) => valueAt(body, path));
    const isEvents = arrays.every((one) => Array.isArray(one) && one.every((element) => isObject(element)));
    const size = isEvents ? arrays.reduce((sum: number, one) => sum + (one as readonly Json[]).length, 0) : 0;
    return { path, size };
  });
  return sized.filter(({ size }) => size > 0).sort((a, b) => b.size - a.size)[0]?.path;
};

const arraysIn = (value: JsonObject, path: readonly string[]): (readonly string[])[] =>
  Object.entries(value).flatMap(([name, inner]) => {
    const here = [...path, name];
    if (Array.isArray(inner)) return [here];
    return isObject(inner) && here.length < ARRAY_DEPTH_MAX ? arraysIn(inner, here) : [];
  });

const samplesIn = (bodies: readonly JsonObject[], array: readonly string[]): readonly Sample[] =>
  bodies.flatMap((body) => (valueAt(body, array) as readonly JsonObject[]).map((event) => ({ event, body })));

const columnsOf = (
  inner: Leaves,
  outer: Leaves,
  time: Leaf | undefined,
  events: number,
  bodies: number,
): ProposedColumn[] => {
  const taken = new Set<string>();
  const column = (leaf: Leaf, isOuter: boolean): ProposedColumn => ({
    ...roleOf(leaf, isOuter ? bodies : events),
    name: columnName(leaf.segments, taken),
    path: pathText(leaf.segments, isOuter ? '$root' : ''),
    leaf,
    isOuter,
  });
  const usable = ({ leaves }: Leaves): readonly Leaf[] =>
    [...leaves.values()].filter((leaf) => leaf !== time && leaf.finite);
  return [...usable(inner).map((leaf) => column(leaf, false)), ...usable(outer).map((leaf) => column(leaf, true))];
};

const ID = /(?:^|[_-])(?:id|key|code|name|host|serial|mac)$|Id$|ID$/i;
const FREE_TEXT =
  /(?:message|msg|text|note|remark|title|description|comment|reason|error|url|uri|query|trace|span|request|session|uuid|token|correlation)/i;
const TAG_LENGTH_MAX = 64;
/** With fewer values, a text is a tag although every event has another value. */
const FEW_VALUES = 10;

/** Tags identify a series, so a tag must have few values. Everything that is measured is a field. */
const roleOf = (
  { kinds, values, fitsTag, longest, segments, present }: Leaf,
  events: number,
): Pick<ProposedColumn, 'role' | 'reason'> => {
  const name = segments.at(-1) ?? '';
  const found = `${values.size} ${values.size === 1 ? 'value' : 'values'} in ${events} ${events === 1 ? 'event' : 'events'}`;
  if (!kinds.has('string') && !(kinds.has('number') && ID.test(name) && fitsTag))
    return { role: 'field', reason: typeReason(kinds) };
  if (!fitsTag || longest > TAG_LENGTH_MAX)
    return { role: 'field', reason: 'long text, which would make every series different' };
  if (FREE_TEXT.test(name)) return { role: 'field', reason: 'the name of a text with ever new values' };
  if (values.size > FEW_VALUES && values.size > present / 2)
    return { role: 'field', reason: `${found}, too many for a tag` };
  if (kinds.size > 1) return { role: 'field', reason: 'values of several types' };
  return { role: 'tag', reason: kinds.has('number') ? `the name of an identifier, ${found}` : `text, ${found}` };
};

const typeReason = (kinds: Leaf['kinds']): string => {
  if (kinds.size > 1) return 'values of several types';
  return kinds.has('boolean') ? 'true or false' : 'number';
};

/** Turns tags into fields where an event would have no field. Returns the reason if an event has no value at all. */
const ensureFields = (columns: readonly ProposedColumn[], samples: readonly Sample[]): string | undefined => {
  for (const [index, { event, body }] of samples.entries()) {
    const present = columns.filter(({ leaf, isOuter }) => valueAt(isOuter ? body : event, leaf.segments) !== undefined);
    if (present.some(({ role }) => role === 'field')) continue;
    const [first] = present.filter(({ isOuter }) => !isOuter).concat(present);
    if (first === undefined) return `Event ${index} of the samples has no value that could be a field.`;
    first.role = 'field';
    first.reason = 'the only value of an event, and an event needs a field';
  }
  return undefined;
};
