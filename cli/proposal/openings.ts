/** Finds what a mapping opens between the body and its events: arrays, keyed objects, and JSON in a text. */

import { MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { type DecodedValue, decodeValue } from '../../src/sink/decode/decode-steps.ts';
import { isObject, type Json, type JsonObject, kindOf } from '../../src/sink/json/json.ts';
import type { DecodeStep } from '../../src/sink/mapping/mapping.ts';
import { checkTagValue } from '../../src/sink/mapping/name-rules.ts';
import { RESERVED_NAMES } from '../../src/sink/mapping/path.ts';
import { isRefusal } from '../../src/sink/refusal.ts';
import { leavesOf, valueAt } from './leaves.ts';
import { likelyTime, looksLikeDate } from './likely-time.ts';
import { isPair } from './pairs.ts';

/** A value that a mapping opens. */
export interface Opening {
  /** Whether its elements or its members are opened, or the document in a text. */
  readonly kind: 'elements' | 'members' | 'document';
  /** Path of the value, from the opening before. */
  readonly path: readonly string[];
  /** Steps that decode a document. Empty for elements and members. */
  readonly decode: readonly DecodeStep[];
  /** Name of what is opened, which no other opening has. */
  readonly name: string;
}

/** An event and the values around it, outermost first. The event is the last. */
export type Sample = readonly Json[];

/** Openings from the body to the events, outermost first, and the events with the values around them. */
export interface Opened {
  readonly openings: readonly Opening[];
  readonly samples: readonly Sample[];
}

type Found = Omit<Opening, 'name'>;

const OPENINGS_MAX = 3;

/** Opens values inside one another, as long as every one has the same. */
export const openLevels = (bodies: readonly Json[]): Opened => {
  const openings: Opening[] = [];
  let samples: readonly Sample[] = bodies.map((body) => [body]);
  while (openings.length < OPENINGS_MAX) {
    const inner = samples.map((sample) => sample.at(-1) as Json);
    if (!inner.every(isObject)) break;
    const isDocument = openings.at(-1)?.kind === 'document';
    const found = eventsIn(inner) ?? (isDocument ? undefined : documentIn(inner));
    if (found === undefined) break;
    openings.push({ ...found, name: nameOf(found.path, openings) });
    samples = samples.flatMap((sample) =>
      openedIn(valueAt(sample.at(-1) as Json, found.path) as Json, found).map((value) => [...sample, value]),
    );
  }
  return { openings, samples };
};

/** Returns the array of events, or the keyed object if it contains the array or there is none. */
const eventsIn = (objects: readonly JsonObject[]): Found | undefined => {
  const array = eventsArray(objects);
  const keyed = keyedObject(objects);
  const isAround = keyed?.path.every((segment, index) => array === undefined || array.path[index] === segment) === true;
  return isAround ? keyed : array;
};

const openedIn = (value: Json, { kind, decode }: Found): readonly Json[] =>
  // The value was decoded before, when the document was found.
  kind === 'document' ? [(decoded(value, decode) as DecodedValue).value] : Object.values(value as JsonObject);

/** Returns a name for what is opened: `sensor` for an element of `sensors`. */
const nameOf = (path: readonly string[], openings: readonly Opening[]): string => {
  const name = (path.at(-1) ?? '').replace(/s$/, '');
  const isUsable =
    /^[A-Za-z]\w*$/.test(name) && !RESERVED_NAMES.includes(name) && openings.every((other) => other.name !== name);
  return isUsable ? name : `level${openings.length + 1}`;
};

const DEPTH_MAX = 3;

/** Returns the array of events that every object has. Of several, the one with the most elements. */
const eventsArray = (objects: readonly JsonObject[]): Found | undefined =>
  mostOf('elements', objects, (arrays) => {
    const elements = arrays.every(Array.isArray) ? arrays.flat() : [];
    return (elements.every(isObject) && !elements.every(isPair)) || areRows(elements) ? elements.length : 0;
  });

/** Returns the object that every object has, and whose members are events under their names. */
const keyedObject = (objects: readonly JsonObject[]): Found | undefined =>
  mostOf('members', objects, (containers) => {
    const members = containers.every(isObject) ? containers.flatMap((one) => Object.entries(one)) : [];
    const shape = shapeOf(members[0]?.[1]);
    const isKeyed = members.every(([name, member]) => isKey(name) && shapeOf(member) === shape);
    return shape !== undefined && isKeyed && members.length > containers.length ? members.length : 0;
  });

/** Ways to write a JSON object as a text. */
const DECODES: readonly (readonly DecodeStep[])[] = [['json'], ['base64', 'json'], ['base64', 'gzip', 'json']];

/** Returns the text that every object has, and that contains a JSON object. */
const documentIn = (objects: readonly JsonObject[]): Found | undefined => {
  for (const path of pathsIn(objects[0], [])) {
    const texts = objects.map((object) => valueAt(object, path));
    const decode = DECODES.find((steps) => texts.every((text) => isDocument(text, steps)));
    if (decode !== undefined) return { kind: 'document', path, decode };
  }
  return undefined;
};

/** Returns the path with the highest number of events. */
const mostOf = (
  kind: Opening['kind'],
  objects: readonly JsonObject[],
  countIn: (values: readonly (Json | undefined)[]) => number,
): Found | undefined =>
  pathsIn(objects[0], [])
    .map((path) => ({ kind, path, decode: [], events: countIn(objects.map((object) => valueAt(object, path))) }))
    .filter(({ events }) => events > 0)
    .sort((a, b) => b.events - a.events)[0];

const pathsIn = (value: Json | undefined, path: readonly string[]): (readonly string[])[] =>
  isObject(value) && path.length < DEPTH_MAX
    ? Object.entries(value).flatMap(([name, inner]) => [[...path, name], ...pathsIn(inner, [...path, name])])
    : [];

/** Whether the elements of an array are events that are arrays. Without a time they may be anything, such as coordinates. */
const areRows = (elements: readonly Json[]): boolean =>
  elements.every(Array.isArray) && likelyTime(leavesOf(elements).leaves.values()) !== undefined;

/** Returns a text that is the same for all objects with the same members of the same types. */
const shapeOf = (value: Json | undefined): string | undefined => {
  if (!isObject(value) || Object.keys(value).length === 0) return undefined;
  const members = Object.entries(value).map(([name, inner]) => [name, kindOf(inner)]);
  return JSON.stringify(members.sort(([a = ''], [b = '']) => (a < b ? -1 : 1)));
};

/** Whether the name of a member can be a tag. */
const isKey = (name: string): boolean => checkTagValue(name, '') === undefined && !looksLikeDate(name);

const isDocument = (text: Json | undefined, steps: readonly DecodeStep[]): boolean => {
  if (typeof text !== 'string') return false;
  const found = decoded(text, steps);
  return !isRefusal(found) && isObject(found.value);
};

const decoded = (text: Json, steps: readonly DecodeStep[]): ReturnType<typeof decodeValue> =>
  decodeValue(text, steps, '', MESSAGE_BYTES_MAX);
