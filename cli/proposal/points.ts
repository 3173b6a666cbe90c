/** Recognizes points in JSON: canonical events, and events of InfluxDB clients, which write the time in other ways. */

import { canonicalPoint } from '../../src/sink/convert/canonical-point.ts';
import { CurrentEvent } from '../../src/sink/convert/event-input.ts';
import { MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { isObject, type Json, type JsonObject } from '../../src/sink/json/json.ts';
import { MEMBERS_MAX } from '../../src/sink/mapping/mapping.ts';
import { isRefusal } from '../../src/sink/refusal.ts';

/** Members of a point that a mapping takes as a whole. */
export const POINT_MEMBERS: readonly string[] = ['measurement', 'tags', 'fields'];

/** Whether the sink reads an event without a mapping. */
export const isCanonical = (event: JsonObject): boolean => pointOf(event) !== undefined;

/** Whether an event has a measurement, tags, and fields as a canonical event has them. Its other members may differ. */
export const isPoint = (event: Json): event is JsonObject => {
  if (!isObject(event)) return false;
  const point = pointOf(partOf(event, (name) => POINT_MEMBERS.includes(name)));
  return point !== undefined && point.tags.length <= MEMBERS_MAX && point.fields.length <= MEMBERS_MAX;
};

/** Returns the members of an event that do not belong to its point. */
export const aroundPoint = (event: JsonObject): JsonObject => partOf(event, (name) => !POINT_MEMBERS.includes(name));

/** Returns the names of the tags and fields of a point. */
export const namesOfPoint = ({ tags, fields }: JsonObject): readonly string[] => [
  ...Object.keys((tags ?? {}) as JsonObject),
  ...Object.keys((fields ?? {}) as JsonObject),
];

const pointOf = (event: JsonObject) => {
  const input = new CurrentEvent(MESSAGE_BYTES_MAX);
  input.event = event;
  const point = canonicalPoint(input);
  return isRefusal(point) ? undefined : point;
};

const partOf = (event: JsonObject, belongs: (name: string) => boolean): JsonObject =>
  Object.fromEntries(Object.entries(event).filter(([name]) => belongs(name))) as Record<string, Json>;
