/** Paths of a mapping: where in the event, its root, its envelope or its message a value is found. */

import type { Json, JsonObject } from '../json/json.ts';
import { isObject } from '../json/json.ts';

export type PathRoot = 'event' | 'root' | 'envelope' | 'message';

export interface Path {
  readonly root: PathRoot;
  readonly segments: readonly string[];
  /** As it was written, for messages to people. */
  readonly text: string;
}

/** What the roots of a path stand for while one event is converted. */
export interface Scope {
  readonly event: JsonObject;
  readonly root: Json;
  readonly envelope: JsonObject | undefined;
  /** `id`, `sentAt` (ms), `groupId`, `attributes`: made when a path first asks, as most mappings never do. */
  messageView(): JsonObject;
}

const MESSAGE_FIELDS = ['id', 'sentAt', 'groupId', 'attributes'];

/** Returns the path, or what is wrong with it as the end of a sentence that begins with its place. */
export const parsePath = (text: string): Path | string => {
  if (text === '') return 'must not be empty';
  if (!text.startsWith('$')) return inEvent('event', text, text);
  const [head = '', rest] = cutAtDot(text);
  if (head === '$message') return parseMessagePath(rest, text);
  if (head !== '$root' && head !== '$envelope') {
    return `begins with "${head}", but only $root, $envelope and $message are known`;
  }
  const root = head === '$root' ? 'root' : 'envelope';
  return rest === undefined ? { root, segments: [], text } : inEvent(root, rest, text);
};

/**
 * An object that holds values and is none itself, whatever the event says: the whole root or envelope, all attributes.
 * `*` takes its members; a field, a tag or a time could never be made of it.
 */
export const isWholeObject = ({ root, segments }: Path): boolean =>
  root === 'message' ? segments.length === 1 && segments[0] === 'attributes' : segments.length === 0;

const inEvent = (root: PathRoot, steps: string, text: string): Path | string => {
  if (steps.startsWith('/')) {
    if (/~(?![01])/.test(steps)) return 'has a "~" that is neither ~0 (for ~) nor ~1 (for /), as a JSON Pointer must';
    return { root, segments: splitSegments(steps), text };
  }
  const segments = splitSegments(steps);
  return segments.includes('')
    ? 'has an empty step; a name that is empty needs a JSON Pointer'
    : { root, segments, text };
};

const cutAtDot = (text: string): [string, string | undefined] => {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
};

/** A name after `$message.attributes.` is taken whole: attribute names may hold dots. */
const parseMessagePath = (rest: string | undefined, text: string): Path | string => {
  const [field = '', name] = rest === undefined ? ['', undefined] : cutAtDot(rest);
  if (!MESSAGE_FIELDS.includes(field) || (name !== undefined && field !== 'attributes') || name === '') {
    return 'must be $message.id, $message.sentAt, $message.groupId or $message.attributes.NAME';
  }
  return { root: 'message', segments: name === undefined ? [field] : [field, name], text };
};

/** Dots descend; a leading slash makes it a JSON Pointer (RFC 6901), for keys that hold dots. */
const splitSegments = (text: string): string[] =>
  text.startsWith('/')
    ? text
        .slice(1)
        .split('/')
        .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    : text.split('.');

const INDEX = /^(?:0|[1-9]\d*)$/;

/** Own members and array elements only: `constructor` and `length` are names like any other. */
const descend = (value: Json | undefined, segment: string): Json | undefined => {
  if (Array.isArray(value)) return INDEX.test(segment) ? (value as readonly Json[])[Number(segment)] : undefined;
  return isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
};

/** The value at a path; undefined where there is none. JSON null is a value. */
export const resolvePath = (path: Path, scope: Scope): Json | undefined => {
  let value: Json | undefined = path.root === 'message' ? scope.messageView() : scope[path.root];
  for (const segment of path.segments) {
    if (value === undefined) return undefined;
    value = descend(value, segment);
  }
  return value;
};

/** The first of several paths that leads to something other than null; null when one led to null and none further. */
export const resolveFirst = (paths: readonly Path[], scope: Scope): Json | undefined => {
  let found: Json | undefined;
  for (const path of paths) {
    const value = resolvePath(path, scope);
    if (value !== undefined && value !== null) return value;
    if (value === null) found = null;
  }
  return found;
};

/** A single path of members that no prototype can answer for: it can be followed by plain property reads. */
export interface PlainPath {
  readonly fromRoot: boolean;
  readonly first: string;
  readonly rest: readonly string[];
}

const isInherited = (key: string): boolean => key in Object.prototype || key in Array.prototype;

/** Undefined when the paths need the careful way: several of them, other roots, or names that prototypes know. */
export const plainPath = (paths: readonly Path[]): PlainPath | undefined => {
  const [path, ...others] = paths;
  if (path === undefined || others.length > 0 || (path.root !== 'event' && path.root !== 'root')) return undefined;
  const [first, ...rest] = path.segments;
  if (first === undefined || path.segments.some(isInherited)) return undefined;
  return { fromRoot: path.root === 'root', first, rest };
};

/** What `resolvePath` would find, for a plain path. */
export const followPlain = ({ fromRoot, first, rest }: PlainPath, event: JsonObject, root: Json): Json | undefined => {
  const start = fromRoot ? root : event;
  if (typeof start !== 'object' || start === null) return undefined;
  let value: Json | undefined = (start as JsonObject)[first];
  for (let i = 0; i < rest.length; i++) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as JsonObject)[rest[i] as string];
  }
  return value;
};
