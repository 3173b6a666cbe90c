/**
 * Parses and follows the paths of a mapping. A path leads from an event, its root, its envelope or its message to a
 * value.
 */

import { CodeFailed, callCode } from '../custom/user-code.ts';
import { isObject, type Json, type JsonObject, SourceNumber } from '../json/json.ts';
import { isRefusal } from '../refusal.ts';
import { nearName } from './near-name.ts';
import { emptyStep, foreignSyntax, pointerRemedy } from './path-faults.ts';

/**
 * Value where a path begins. `root` is the decoded event that contains the events. `named` is an element of a level, or
 * an opened value. `index` and `key` are the position and the member name of an element. `code` is the result of a
 * function, for which a path is only a name.
 */
export type PathRoot = 'event' | 'root' | 'envelope' | 'message' | 'named' | 'index' | 'key' | 'code';

/** A parsed path. */
export interface Path {
  readonly root: PathRoot;
  /** Names of members and indexes of array elements. */
  readonly segments: readonly string[];
  /** The path as it was written, for faults and refusals. */
  readonly text: string;
  /** Name of a level or an opened value. For the roots `index` and `key`, `undefined` stands for the innermost level. */
  readonly name?: string | undefined;
  /** Function of the user that returns the value, only for the root `code`. It may throw, and return a `bigint`. */
  readonly read?: (event: JsonObject) => unknown;
  /** Name of the column that the function belongs to, for the refusal if it throws. */
  readonly column?: string;
}

/** An element that `events` has opened, and the elements around it. */
export interface Position {
  /** Index in its array, or among the members of its object, from 0. */
  readonly index: number;
  /** Name of the member; `undefined` for an element of an array. */
  readonly key: string | undefined;
  readonly element: Json;
  /** Name of the level; `undefined` if it has none. */
  readonly name: string | undefined;
  /** The element of the level before; `undefined` for the outermost level. */
  readonly outer: Position | undefined;
  /** Path to the array or object that contains the element. */
  readonly path: Path;
  /** Index in the array of this body. In a dead letter the array is cut to one element, and `index` is larger. */
  readonly indexInBody: number;
}

/** Values by the names that `open` gives them. */
export type Opened = ReadonlyMap<string, Json>;

/** Values of the roots of a path for one event. */
export interface Scope {
  readonly event: Json;
  readonly root: Json;
  /** The SNS or EventBridge envelope; `undefined` if the message has none. */
  readonly envelope: JsonObject | undefined;
  /** The element that is the event; `undefined` if no `events` has been opened. */
  readonly position: Position | undefined;
  /** Index of the decoded event in a body that is an array; otherwise `undefined`. */
  readonly unitIndex: number | undefined;
  /** Opened values; `undefined` if there are none. */
  readonly opened: Opened | undefined;
  /**
   * Returns `id`, `sentAt` (ms), `groupId` and `attributes`. Created at the first call, because most mappings need
   * none.
   */
  messageView(): JsonObject;
}

/** Names that a path may begin with. */
export interface PathNames {
  /** Names of opened values. */
  readonly opened: ReadonlySet<string>;
  /** Names of levels, and whether the elements of the level are the members of an object. */
  readonly levels: ReadonlyMap<string, { readonly isObject: boolean }>;
  /** Whether a level of any name opens the members of an object, so that `$key` has a value. */
  readonly hasKeys: boolean;
}

/** Names without levels and opened values. */
export const NO_NAMES: PathNames = { opened: new Set(), levels: new Map(), hasKeys: false };

/** Roots that every path may begin with. None of them can name a level or an opened value. */
export const RESERVED_NAMES: readonly string[] = ['root', 'envelope', 'message', 'index', 'key', 'value'];

const MESSAGE_FIELDS = ['id', 'sentAt', 'groupId', 'attributes'];

/**
 * Parses a path. For an invalid path it returns the end of a sentence that begins with the place of the path.
 *
 * @param names - Names of levels and opened values that the path may begin with.
 */
export const parsePath = (text: string, names: PathNames = NO_NAMES): Path | string => {
  if (text === '') return 'must not be empty';
  if (!text.startsWith('$')) return inEvent('event', text, text);
  if (/^\$(?:$|[.[])/.test(text)) return jsonPath(text.replace(/^\$\.?/, ''));
  const [head = '', rest] = cutAtDot(text);
  switch (head) {
    case '$message':
      return parseMessagePath(rest, text);
    case '$root':
    case '$envelope':
      return below({ root: head === '$root' ? 'root' : 'envelope', segments: [], text }, rest);
    case '$value':
      return below({ root: 'event', segments: [], text }, rest);
    case '$index':
      return rest === undefined ? { root: 'index', segments: [], text } : 'has a step after $index, which is a number';
    case '$key':
      if (!names.hasKeys) return 'uses $key, but no "events" of the rule walks an object ("each": "member")';
      return rest === undefined ? { root: 'key', segments: [], text } : 'has a step after $key, which is a name';
    default:
      return parseNamedPath(head.slice(1), rest, text, names);
  }
};

/** Returns the fault of a JSONPath, such as `$.a[0]`, of which `steps` are what follows the `$`. */
const jsonPath = (steps: string): string => {
  if (steps === '') return 'is JSONPath for the whole document. Write "$root"';
  const inside = inEvent('event', steps, steps);
  return typeof inside === 'string' ? `is JSONPath, and ${inside}` : `is JSONPath. Write "${steps}"`;
};

/** Returns a path with further steps, or the fault of the steps. */
const below = (path: Path, rest: string | undefined): Path | string => {
  if (rest === undefined) return path;
  const inside = inEvent(path.root, rest, path.text);
  return typeof inside === 'string' ? inside : { ...path, segments: inside.segments };
};

const parseNamedPath = (name: string, rest: string | undefined, text: string, names: PathNames): Path | string => {
  const level = names.levels.get(name);
  if (level === undefined && !names.opened.has(name)) return unknownRoot(name, text, names);
  if (level !== undefined && rest === '$index') return { root: 'index', segments: [], text, name };
  if (level?.isObject === true && rest === '$key') return { root: 'key', segments: [], text, name };
  if (rest?.startsWith('$') === true) return `has the step ${rest}, which $${name} does not have`;
  return below({ root: 'named', segments: [], text, name }, rest);
};

const unknownRoot = (name: string, text: string, names: PathNames): string => {
  const known = [...RESERVED_NAMES.filter((one) => one !== 'key' || names.hasKeys), ...names.levels.keys()];
  const roots = [...known, ...names.opened].map((one) => `$${one}`);
  const near = nearName(`$${name}`, roots);
  const meant = near === undefined ? `Known are ${roots.join(', ')}.` : `Did you mean ${near}?`;
  return `begins with "$${name}", which is not known. ${meant} ${pointerRemedy(text)}`;
};

/**
 * Whether a path leads to an object for every event: the whole root or envelope, or all attributes. Only `*` can use
 * it, by taking its members. Such an object can never become a field, a tag or a time.
 */
export const isWholeObject = ({ root, segments, text }: Path): boolean =>
  root === 'message'
    ? segments.length === 1 && segments[0] === 'attributes'
    : (root === 'root' || root === 'envelope' || (root === 'event' && text !== '$value')) && segments.length === 0;

/** What an element has beside its members. As a step below a member, it would be the name of another member. */
const ELEMENT_NAMES = ['$index', '$key'];

const inEvent = (root: PathRoot, steps: string, text: string): Path | string => {
  if (steps.startsWith('/')) {
    if (/~(?![01])/.test(steps))
      return 'has a "~" that is neither ~0 (for ~) nor ~1 (for /), which are the escapes of a JSON Pointer';
    return { root, segments: splitSegments(steps), text };
  }
  const segments = splitSegments(steps);
  const before = text.slice(0, text.length - steps.length);
  if (segments.includes('')) return emptyStep(steps, segments, before);
  const own = segments.find((segment) => ELEMENT_NAMES.includes(segment));
  if (own !== undefined)
    return `has the step ${own}, which only a level has. Write "${own}", or "$NAME.${own}" for the level NAME. ${pointerRemedy(steps, before)}`;
  return foreignSyntax(steps, segments, before) ?? { root, segments, text };
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
export const descend = (value: Json | undefined, segment: string): Json | undefined => {
  if (Array.isArray(value)) return INDEX.test(segment) ? (value as readonly Json[])[Number(segment)] : undefined;
  return isObject(value) && Object.hasOwn(value, segment) ? value[segment] : undefined;
};

/** Calls the function of a path. Throws `CodeFailed`. */
const computedValue = ({ read, column = '' }: Path, event: JsonObject): Json | undefined => {
  const value: unknown = callCode(column, () => read?.(event));
  if (isRefusal(value)) throw new CodeFailed(value);
  return typeof value === 'bigint' ? new SourceNumber(Number(value), String(value)) : (value as Json | undefined);
};

/** Returns the position that a path names; `undefined` if there is none. */
const positionOf = ({ name }: Path, scope: Scope): Position | undefined => {
  let position = scope.position;
  while (position !== undefined && name !== undefined && position.name !== name) position = position.outer;
  return position;
};

/** Returns the name of the member that the event is, or that contains the event. */
const keyOf = (path: Path, scope: Scope): string | undefined => {
  let position = positionOf(path, scope);
  while (position !== undefined && position.key === undefined) position = position.outer;
  return position?.key;
};

const startOf = (path: Path, scope: Scope): Json | undefined => {
  switch (path.root) {
    case 'event':
      return scope.event;
    case 'root':
      return scope.root;
    case 'envelope':
      return scope.envelope;
    case 'message':
      return scope.messageView();
    case 'named':
      return positionOf(path, scope)?.element ?? scope.opened?.get(path.name as string);
    case 'index':
      return scope.position === undefined ? scope.unitIndex : positionOf(path, scope)?.index;
    case 'key':
      return keyOf(path, scope);
    case 'code':
      return undefined;
  }
};

/** Returns the value at a path, or `undefined` if there is none. JSON null is a value. */
export const resolvePath = (path: Path, scope: Scope): Json | undefined => {
  if (path.root === 'code') return computedValue(path, scope.event as JsonObject);
  let value = startOf(path, scope);
  for (const segment of path.segments) {
    if (value === undefined) return undefined;
    value = descend(value, segment);
  }
  return value;
};

/**
 * Returns the first value of several paths that is not null. If there is none: null if a path led to null, otherwise
 * `undefined`.
 *
 * @param nullTexts - Texts that count as null.
 */
export const resolveFirst = (
  paths: readonly Path[],
  scope: Scope,
  nullTexts: ReadonlySet<string> = NO_TEXTS,
): Json | undefined => {
  let found: Json | undefined;
  for (const path of paths) {
    const value = resolvePath(path, scope);
    const isNull = value === null || (typeof value === 'string' && nullTexts.size > 0 && nullTexts.has(value));
    if (value !== undefined && !isNull) return value;
    if (isNull) found = null;
  }
  return found;
};

const NO_TEXTS: ReadonlySet<string> = new Set();

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
export const followPlain = ({ fromRoot, first, rest }: PlainPath, event: Json, root: Json): Json | undefined => {
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
