/** Calls the converter of a user, and turns its results into canonical events and lines, which the sink validates. */

import type { EventContext, EventConverter, PointInput } from '../custom/hooks.ts';
import { callCode, nounOf, wrongResult } from '../custom/user-code.ts';
import { type Json, type JsonObject, SourceNumber } from '../json/json.ts';
import { isRefusal, type Refusal } from '../refusal.ts';
import type { EventPlace, FoundEvent } from './found-event.ts';
import { splitLines } from './influx-lines.ts';

/** Returns the points and lines of one event, at least one: a dropped or refused event is in the list, too. */
export const convertByCode = (
  converter: EventConverter,
  event: unknown,
  context: EventContext,
  place: EventPlace,
): readonly FoundEvent[] => {
  const found =
    'toLines' in converter
      ? linesOf(callCode('toLines', () => converter.toLines(event as never, context)))
      : pointsOf(callCode('toPoints', () => converter.toPoints(event as never, context)));
  if (isRefusal(found)) return [{ kind: 'refused', refusal: found, place }];
  return found.length === 0 ? [{ kind: 'dropped', place }] : found.map((one) => ({ ...one, place }));
};

/** An event without its place. */
type Found =
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'canonical'; readonly event: JsonObject };

const linesOf = (result: unknown): readonly Found[] | Refusal => {
  if (isRefusal(result)) return result;
  const texts = listOf(result);
  const wrong = texts.findIndex((text) => typeof text !== 'string');
  if (wrong >= 0) return wrongResult('toLines', 'text or an array of texts', foundIn(result, texts[wrong]));
  return (texts as string[]).flatMap((text) =>
    [...splitLines(text)].map((line): Found => ({ kind: 'line', text: line })),
  );
};

const pointsOf = (result: unknown): readonly Found[] | Refusal => {
  if (isRefusal(result)) return result;
  const points = listOf(result);
  const wrong = points.findIndex((point) => typeof point !== 'object' || point === null);
  if (wrong >= 0) return wrongResult('toPoints', 'a point or an array of points', foundIn(result, points[wrong]));
  // Members of a point may be getters, which throw.
  const events = callCode('toPoints', () => canonicalEvents(points as readonly PointInput[]));
  return isRefusal(events) ? events : events.map((event): Found => ({ kind: 'canonical', event }));
};

const canonicalEvents = (points: readonly PointInput[]): readonly JsonObject[] | Refusal => {
  const unknown = points.flatMap((point) => Object.keys(point)).find((name) => !MEMBERS.includes(name));
  if (unknown !== undefined)
    return wrongResult('toPoints', `points with the members ${MEMBERS.join(', ')}`, `the member "${unknown}"`);
  for (const { tags, fields, timestamp } of points) {
    for (const [name, members] of Object.entries({ tags, fields }))
      if (members !== undefined && members !== null && !isPlain(members))
        return wrongResult('toPoints', `${name} as an object of names and values`, `${nounOf(members)} as ${name}`);
    if (typeof timestamp === 'number')
      return wrongResult('toPoints', 'a timestamp as Date, bigint, or text of nanoseconds', 'a number as timestamp');
  }
  return points.map(canonicalOf);
};

/** Whether a value is an object whose own members are its content, unlike those of an array, a `Map`, or a text. */
const isPlain = (value: unknown): boolean => Object.prototype.toString.call(value) === '[object Object]';

/** Members of a point. */
const MEMBERS: readonly string[] = ['measurement', 'tags', 'fields', 'integers', 'timestamp'];

const foundIn = (result: unknown, element: unknown): string =>
  Array.isArray(result) ? `an array that contains ${nounOf(element)}` : nounOf(element);

const listOf = (result: unknown): readonly unknown[] => {
  if (Array.isArray(result)) return result;
  return result === undefined || result === null ? [] : [result];
};

/** Returns a point as a canonical event. */
const canonicalOf = ({ tags, fields, integers = [], timestamp, ...rest }: PointInput): JsonObject => {
  const bigints = Object.keys(fields ?? {}).filter((name) => typeof fields[name] === 'bigint');
  return {
    ...rest,
    tags: membersOf(tags),
    fields: membersOf(fields),
    integers: [...integers, ...bigints],
    ...(timestamp === undefined || timestamp === null ? {} : { timestamp: nanosecondsOf(timestamp) }),
  };
};

/** Returns the members that have a value. */
const membersOf = (members: PointInput['tags'] | PointInput['fields']): JsonObject =>
  Object.fromEntries(
    Object.entries(members ?? {})
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, jsonScalar(value)]),
  );

const jsonScalar = (value: unknown): Json =>
  typeof value === 'bigint' ? new SourceNumber(Number(value), String(value)) : (value as Json);

/** Returns the time as digits. Any other value is refused later, as in a canonical event. */
const nanosecondsOf = (timestamp: Date | bigint | string): string => {
  if (!(timestamp instanceof Date)) return typeof timestamp === 'bigint' ? String(timestamp) : timestamp;
  const ms = timestamp.getTime();
  if (Number.isNaN(ms)) throw new RangeError('the timestamp is an invalid date');
  return `${ms}000000`;
};
