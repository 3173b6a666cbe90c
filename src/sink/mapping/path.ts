/**
 * Parses and follows the paths of a mapping. A path leads from an event, its root, its envelope or its message to a
 * value.
 */

import { CodeFailed, codeFailure } from '../custom/user-code.ts';
import { isObject, type Json, type JsonObject, SourceNumber } from '../json/json.ts';

/**
 * Value where a path begins. `root` is the decoded event that contains the array of events. `code` is the result of a
 * function, for which a path is only a name.
 */
export type PathRoot = 'event' | 'root' | 'envelope' | 'message' | 'code';

/** A parsed path. */
export interface Path {
  readonly root: PathRoot;
  /** Names of members and indexes of array elements. */
  readonly segments: readonly string[];
  /** The path as it was written, for faults and refusals. */
  readonly text: string;
  /** Function of the user that returns the value, only for the root `code`. It may throw, and return a `bigint`. */
  readonly read?: (event: JsonObject) => unknown;
  /** Name of the column that the function belongs to, for the refusal if it throws. */
  readonly column?: string;
}

/** Values of the roots of a path for one event. */
export interface Scope {
  readonly event: JsonObject;
  readonly root: Json;
  /** The SNS or EventBridge envelope; `undefined` if the message has none. */
  readonly envelope: JsonObject | undefined;
  /**
   * Returns `id`, `sentAt` (ms), `groupId` and `attributes`. Created at the first call, because most mappings need
   * none.
   */
  messageView(): JsonObject;
}

const MESSAGE_FIELDS = ['id', 'sentAt', 'groupId', 'attributes'];

/** Parses a path. For an invalid path it returns the end of a sentence that begins with the place of the path. */
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
 * Whether a path leads to an object for every event: the whole root or envelope, or all attributes. Only `*` can use
 * it, by taking its members. Such an object can never become a field, a tag or a time.
 */
export const isWholeObject = ({ root, segments }: Path): boolean =>
  root === 'message' ? segments.length === 1 && segments[0] === 'attributes' : segments.length === 0;

const inEvent = (root: PathRoot, steps: string, text: string): Path | string => {
  if (steps.startsWith('/')) {
    if (/~(?![01])/.test(steps))
      return 'has a "~" that is neither ~0 (for ~) nor ~1 (for /), which are the escapes of a JSON Pointer';
    return { root, segments: splitSegments(steps), text };
  }
  const segments = splitSegments(steps);
  return segments.includes('')
    ? 'has an empty step (only a JSON Pointer can name a member with an empty name)'
    : { root, segments, text };
};

const cutAtDot = (text: string): [string, string | undefined] => {
  const dot = text.indexOf('.');
  return dot < 0 ? [text, undefined] : [text.slice(0, dot), text.slice(dot + 1)];
};

/**
 * Parses a path to the message. A name after `$message.attributes.` is not split, because names of attributes may
 * contain dots.
 */
const parseMessagePath = (rest: string | undefined, text: string): Path | string => {
  const [field = '', name] = rest === undefined ? ['', undefined] : cutAtDot(rest);
  if (!MESSAGE_FIELDS.includes(field) || (name !== undefined && field !== 'attributes') || name === '') {
    return 'must be $message.id, $message.sentAt, $message.groupId or $message.attributes.NAME';
  }
  return { root: 'message', segments: name === undefined ? [field] : [field, name], text };
};

/**
 * Splits a path at its dots, or at its slashes if it begins with one: a JSON Pointer (RFC 6901), for names with dots.
 */
const splitSegments = (text: string): string[] =>
  text.startsWith('/')
    ? text
        .slice(1)
        .split('/')
        .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    : text.split('.');

const INDEX = /^(?:0|[1-9]\d*)$/;

/**
 * Returns an own member of an object or an element of an array. `constructor` and `length` are names like any other.
 */
const descend = (value: Json | undefined, segment: string): Json | undefined => {
  if (Array.isArray(value)) return INDEX.test(segment) ? (value as readonly Json[])[Number(segment)] : undefined;
  return isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
};

/** Calls the function of a path. Throws `CodeFailed`. */
const computedValue = ({ read, column = '' }: Path, event: JsonObject): Json | undefined => {
  let value: unknown;
  try {
    value = read?.(event);
  } catch (thrown) {
    throw new CodeFailed(codeFailure(column, thrown));
  }
  return typeof value === 'bigint' ? new SourceNumber(Number(value), String(value)) : (value as Json | undefined);
};

/** Returns the value at a path, or `undefined` if there is none. JSON null is a value. */
export const resolvePath = (path: Path, scope: Scope): Json | undefined => {
  if (path.root === 'code') return computedValue(path, scope.event);
  let value: Json | undefined = path.root === 'message' ? scope.messageView() : scope[path.root];
  for (const segment of path.segments) {
    if (value === undefined) return undefined;
    value = descend(value, segment);
  }
  return value;
};

/**
 * Returns the first value of several paths that is not null. If there is none: null if a path led to null, otherwise
 * `undefined`.
 */
export const resolveFirst = (paths: readonly Path[], scope: Scope): Json | undefined => {
  let found: Json | undefined;
  for (const path of paths) {
    const value = resolvePath(path, scope);
    if (value !== undefined && value !== null) return value;
    if (value === null) found = null;
  }
  return found;
};

/**
 * A path that plain property reads can follow: one path, from the event or its root, without names that a prototype
 * has. The fast path uses it.
 */
export interface PlainPath {
  /** Whether the path begins at the root; otherwise at the event. */
  readonly fromRoot: boolean;
  readonly first: string;
  readonly rest: readonly string[];
}

const isInherited = (key: string): boolean => key in Object.prototype || key in Array.prototype;

/** Returns the plain path, or `undefined` if only `resolveFirst` can follow the paths. */
export const plainPath = (paths: readonly Path[]): PlainPath | undefined => {
  const [path, ...others] = paths;
  if (path === undefined || others.length > 0 || (path.root !== 'event' && path.root !== 'root')) return undefined;
  const [first, ...rest] = path.segments;
  if (first === undefined || path.segments.some(isInherited)) return undefined;
  return { fromRoot: path.root === 'root', first, rest };
};

/** Returns the value at a plain path, the same as `resolvePath` returns. */
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

/** Returns the function of a single path with the root `code`; `undefined` for other paths. The fast path calls it. */
export const codeOf = (paths: readonly Path[]): Path['read'] => (paths.length === 1 ? paths[0]?.read : undefined);
