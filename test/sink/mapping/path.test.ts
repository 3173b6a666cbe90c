/** Paths of mappings, and their faults. Covers `src/sink/mapping/path.ts` and `path-faults.ts`. */

import { describe, expect, test } from 'vitest';
import type { Json, JsonObject } from '../../../src/sink/json/json.ts';
import {
  isWholeObject,
  type Path,
  type PathNames,
  parsePath,
  plainPath,
  resolveFirst,
  resolvePath,
  type Scope,
} from '../../../src/sink/mapping/path.ts';
import { pointerOf } from '../../../src/sink/mapping/path-faults.ts';

const NAMES: PathNames = {
  opened: new Set(['payload']),
  levels: new Map([
    ['sensor', { isObject: false }],
    ['device', { isObject: true }],
  ]),
  hasKeys: true,
};

describe('a path', () => {
  test.each<[string, Partial<Path>]>([
    ['a', { root: 'event', segments: ['a'] }],
    ['a.0.b', { root: 'event', segments: ['a', '0', 'b'] }],
    ['a.$b', { root: 'event', segments: ['a', '$b'] }],
    ['/a.b/c~1d~0', { root: 'event', segments: ['a.b', 'c/d~'] }],
    ['/~01', { root: 'event', segments: ['~1'] }],
    ['/', { root: 'event', segments: [''] }],
    ['/$index', { root: 'event', segments: ['$index'] }],
    ['$root', { root: 'root', segments: [] }],
    ['$root./a.b', { root: 'root', segments: ['a.b'] }],
    ['$envelope.x', { root: 'envelope', segments: ['x'] }],
    ['$message.id', { root: 'message', segments: ['id'] }],
    ['$message.sentAt', { root: 'message', segments: ['sentAt'] }],
    ['$message.groupId', { root: 'message', segments: ['groupId'] }],
    ['$message.attributes', { root: 'message', segments: ['attributes'] }],
    ['$message.attributes.a.b', { root: 'message', segments: ['attributes', 'a.b'] }],
    ['$value', { root: 'event', segments: [] }],
    ['$value.a', { root: 'event', segments: ['a'] }],
    ['$index', { root: 'index', segments: [] }],
    ['$key', { root: 'key', segments: [] }],
    ['$sensor', { root: 'named', segments: [], name: 'sensor' }],
    ['$sensor.a.b', { root: 'named', segments: ['a', 'b'], name: 'sensor' }],
    ['$sensor./a.b', { root: 'named', segments: ['a.b'], name: 'sensor' }],
    ['$sensor.$index', { root: 'index', segments: [], name: 'sensor' }],
    ['$device.$index', { root: 'index', segments: [], name: 'device' }],
    ['$device.$key', { root: 'key', segments: [], name: 'device' }],
    ['$payload.a', { root: 'named', segments: ['a'], name: 'payload' }],
  ])('%s is read', (text, path) => {
    expect(parsePath(text, NAMES)).toEqual({ ...path, text });
  });
});

describe('a fault', () => {
  const member = (pointer: string): string => `If a member really has this name, write "${pointer}"`;
  const MESSAGE = 'must be $message.id, $message.sentAt, $message.groupId or $message.attributes.NAME';
  const TILDE = 'has a "~" that is neither ~0 (for ~) nor ~1 (for /), which are the escapes of a JSON Pointer';
  const BRACKET = 'has a bracket. Write an index as a step (a.0.b). ';
  const SEVERAL = 'cannot lead to several values. "events" opens an array';

  test.each([
    ['', 'must not be empty'],
    ['/a~2', TILDE],
    ['/a~', TILDE],
    ['$message', MESSAGE],
    ['$message.', MESSAGE],
    ['$message.id.x', MESSAGE],
    ['$message.attributes.', MESSAGE],
    ['$message.foo', MESSAGE],
    ['$index.a', 'has a step after $index, which is a number'],
    ['$key.a', 'has a step after $key, which is a name'],
    ['$sensor.$key', 'has the step $key, which $sensor does not have'],
    ['$sensor.$x', 'has the step $x, which $sensor does not have'],
    ['$payload.$index', 'has the step $index, which $payload does not have'],
    ['$rot.a', `begins with "$rot", which is not known. Did you mean $root? ${member('/$rot/a')}`],
    ['$paylod', `begins with "$paylod", which is not known. Did you mean $payload? ${member('/$paylod')}`],
    ['$', 'is JSONPath for the whole document. Write "$root"'],
    ['$.', 'is JSONPath for the whole document. Write "$root"'],
    ['$.a', 'is JSONPath. Write "a"'],
    ['$.a[0].b', `is JSONPath, and has an index or a name in brackets. Write "a.0.b". ${member('/a[0]/b')}`],
    ["$['a'].b", `is JSONPath, and has an index or a name in brackets. Write "a.b". ${member("/['a']/b")}`],
    ['$[*].a', `is JSONPath, and ${SEVERAL}. ${member('/[*]/a')}`],
    ['.a', 'has a dot at its start. Write "a"'],
    ['a.b.', 'has a dot at its end. Write "a.b"'],
    ['$root..a', 'has a dot at its start. Write "$root.a"'],
    ['a..b', `has an empty step between two dots. ${member('/a//b')}`],
    ['.a.', `has an empty step between two dots. ${member('//a/')}`],
    ['$root.a..b', `has an empty step between two dots. ${member('$root./a//b')}`],
    ['a.*', `${SEVERAL}, with the path "a". ${member('/a/*')}`],
    ['a[*]', `${SEVERAL}, with the path "a". ${member('/a[*]')}`],
    ['a.b[]', `${SEVERAL}, with the path "a.b". ${member('/a/b[]')}`],
    ['$root.a[]', `${SEVERAL}, with the path "$root.a". ${member('$root./a[]')}`],
    ['a.*.b', `${SEVERAL}. ${member('/a/*/b')}`],
    ['*', `${SEVERAL}. ${member('/*')}`],
    ['a[0].b', `has an index or a name in brackets. Write "a.0.b". ${member('/a[0]/b')}`],
    ['a[0][10]', `has an index or a name in brackets. Write "a.0.10". ${member('/a[0][10]')}`],
    ['$root.a["b"]', `has an index or a name in brackets. Write "$root.a.b". ${member('$root./a["b"]')}`],
    ["a['b.c']", `has an index or a name in brackets. Write "/a/b.c". ${member("/a['b/c']")}`],
    ["a['b/c']", `has an index or a name in brackets. Write "/a/b~1c". ${member("/a['b~1c']")}`],
    ['a[""]', `has an index or a name in brackets. Write "/a/". ${member('/a[""]')}`],
    ['a[b]', BRACKET + member('/a[b]')],
    ['a[-1]', BRACKET + member('/a[-1]')],
    ['a]', BRACKET + member('/a]')],
    ['a["b]', BRACKET + member('/a["b]')],
    [
      'a.$index',
      `has the step $index, which only a level has. Write "$index", or "$NAME.$index" for the level NAME. ${member('/a/$index')}`,
    ],
    [
      '$root.a.$key',
      `has the step $key, which only a level has. Write "$key", or "$NAME.$key" for the level NAME. ${member('$root./a/$key')}`,
    ],
  ])('of the path %j names the remedy', (text, fault) => {
    expect(parsePath(text, NAMES)).toBe(fault);
  });

  test('lists the roots if none is near, and $key only where it has a value', () => {
    const unknown = (known: string) =>
      `begins with "$nothing", which is not known. Known are ${known}. ${member('/$nothing')}`;
    expect(parsePath('$nothing')).toBe(unknown('$root, $envelope, $message, $index, $value'));
    expect(parsePath('$nothing', NAMES)).toBe(
      unknown('$root, $envelope, $message, $index, $key, $value, $sensor, $device, $payload'),
    );
    expect(parsePath('$key')).toBe('uses $key, but no "events" of the rule walks an object ("each": "member")');
  });
});

const path = (text: string): Path => parsePath(text, NAMES) as Path;

test('a path may lead to an object for every event', () => {
  const whole = ['$root', '$envelope', '$message.attributes'];
  expect(whole.filter((text) => !isWholeObject(path(text)))).toEqual([]);
  const parts = ['$value', '$root.a', '$envelope.a', '$message.attributes.a', '$message.id', 'a', '$sensor', '$index'];
  expect(parts.filter((text) => isWholeObject(path(text)))).toEqual([]);
});

test.each([
  [['a'], '/a'],
  [['a/b', '~c', ''], '/a~1b/~0c/'],
])('%j is the JSON Pointer %s', (segments, pointer) => {
  expect(pointerOf(segments)).toBe(pointer);
  expect(path(pointer).segments).toEqual(segments);
});

describe('a value', () => {
  const array = (element: Json, index: number, more: object = {}) => ({
    element,
    index,
    indexInBody: index,
    key: undefined,
    name: undefined,
    outer: undefined,
    path: path('x'),
    ...more,
  });
  const device = array({ id: 'd' }, 4, { key: 'dev-1', name: 'device' });
  const scope: Scope = {
    event: { a: [1, { b: null }], '01': 2, n: 'n/a' },
    root: { r: true },
    envelope: undefined,
    position: array({ s: 's' }, 2, { name: 'sensor', outer: device }),
    unitIndex: 7,
    opened: new Map<string, Json>([['payload', { p: 3 }]]),
    messageView: (): JsonObject => ({ id: 'message-1' }),
  };
  const at = (text: string, more: Partial<Scope> = {}): Json | undefined =>
    resolvePath(path(text), { ...scope, ...more });

  test.each<[string, Json | undefined]>([
    ['a.0', 1],
    ['a.1.b', null],
    ['a.00', undefined],
    ['a.2', undefined],
    ['a.-1', undefined],
    ['a.1.b.c', undefined],
    ['01', 2],
    ['$value', scope.event],
    ['$root.r', true],
    ['$envelope.x', undefined],
    ['$message.id', 'message-1'],
    ['$index', 2],
    ['$key', 'dev-1'],
    ['$sensor', { s: 's' }],
    ['$device.id', 'd'],
    ['$device.$index', 4],
    ['$device.$key', 'dev-1'],
    ['$payload.p', 3],
  ])('at %s is found', (text, value) => {
    expect(at(text)).toEqual(value);
  });

  test('of the index outside of levels is that of the body', () => {
    expect(at('$index', { position: undefined })).toBe(7);
    expect(at('$key', { position: undefined })).toBeUndefined();
    expect(at('$payload', { opened: undefined })).toBeUndefined();
    expect(at('$device.id', { position: undefined })).toBeUndefined();
  });

  test('is the first that is not null', () => {
    const first = (texts: string[], nulls: string[] = []) => resolveFirst(texts.map(path), scope, new Set(nulls));
    expect(first(['a.1.b', 'x', 'a.0'])).toBe(1);
    expect(first(['a.1.b', 'x'])).toBeNull();
    expect(first(['x', 'y'])).toBeUndefined();
    expect([first(['n']), first(['n'], ['n/a']), first(['n', 'a.0'], ['n/a'])]).toEqual(['n/a', null, 1]);
  });
});

test('only a path without inherited names is plain', () => {
  const plain = (...texts: string[]) => plainPath(texts.map(path));
  expect(plain('a.b.c')).toEqual({ fromRoot: false, first: 'a', rest: ['b', 'c'] });
  expect(plain('$root.a')).toEqual({ fromRoot: true, first: 'a', rest: [] });
  for (const texts of [[], ['a', 'b'], ['$envelope.a'], ['$value'], ['toString'], ['a.length'], ['a.map'], ['$index']])
    expect(plain(...texts)).toBeUndefined();
});
