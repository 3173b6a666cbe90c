/**
 * Which roots a dead letter can contain cut to one event, and levels that cannot be opened. Covers
 * `src/sink/decode/event-levels.ts`.
 */

import { describe, expect, test } from 'vitest';
import { canBeCut, type ReadPaths } from '../../../src/sink/decode/event-levels.ts';
import type { EventLevel, MemberRule } from '../../../src/sink/mapping/mapping.ts';
import { NO_NAMES, type Path, parsePath } from '../../../src/sink/mapping/path.ts';
import { convert, mapping, message, refusalTexts } from '../make.ts';

const path = (text: string): Path => {
  const [, name, steps = ''] = /^\$(outer|inner)\.?(.*)$/.exec(text) ?? [];
  if (name !== undefined) return { root: 'named', name, segments: steps === '' ? [] : steps.split('.'), text };
  const parsed = parsePath(text, NO_NAMES);
  if (typeof parsed === 'string') throw new Error(parsed);
  return parsed;
};

const level = (text: string, as?: string, opened: readonly string[] = []): EventLevel => ({
  path: path(text),
  isObject: false,
  as,
  missing: 'refuse',
  open: opened.map((one) => ({ path: path(one), decode: ['json'], as: 'doc', optional: false })),
});

/** All members of an object at a path, or of the objects in it. */
const members = (text: string, flatten?: string): MemberRule =>
  ({ from: 'object', path: path(text), ...(flatten === undefined ? {} : { flatten }) }) as MemberRule;

const NOTHING: ReadPaths = { before: [], values: [], members: [] };

describe('a root can be cut to one element of each level', () => {
  const rows = [level('$root.list', 'outer'), level('rows', 'inner')];
  test.each<[string, readonly EventLevel[], Partial<ReadPaths>]>([
    ['if nothing is read around the arrays', rows, {}],
    ['if values are in the event', rows, { values: [path('v'), path('list.0')] }],
    [
      'if values are beside the arrays',
      rows,
      { values: [path('$root.list2.0'), path('$root.site'), path('$outer.name')] },
    ],
    ['if the length of the array itself is read', rows, { values: [path('$root.list'), path('$outer.rows')] }],
    ['if a condition reads beside the array', rows, { before: [path('$root.kind')] }],
    ['if a condition reads into the array of an inner level', rows, { before: [path('rows.0')] }],
    ['if another level has the same steps', rows, { values: [path('$inner.rows.0')] }],
    [
      'if members are taken beside the arrays',
      rows,
      { members: [members('$root.labels'), members('$outer.labels', '_')] },
    ],
    ['if a value of the element is opened', [level('$root.list', 'outer', ['doc', '$outer.more'])], {}],
    ['if direct members are taken around the array', rows, { members: [members('$root')] }],
    ['if the levels have no names', [level('list'), level('rows')], { values: [path('$root.other.0')] }],
  ])('%s', (_, levels, read) => {
    expect(canBeCut(levels, { ...NOTHING, ...read })).toBe(true);
  });
});

describe('a root cannot be cut', () => {
  const rows = [level('$root.list', 'outer'), level('rows', 'inner')];
  test.each<[string, readonly EventLevel[], Partial<ReadPaths>]>([
    ['if a level begins at another element', [level('$root.list', 'outer'), level('$outer.rows')], {}],
    ['if an inner level begins at the root', [level('list'), level('$root.other')], {}],
    ['if a value is read from another element', rows, { values: [path('v'), path('$root.list.0.v')] }],
    ['if a value is read from another element of an inner level', rows, { values: [path('$outer.rows.1.v')] }],
    ['if a condition reads an element', rows, { before: [path('$root.list.0.kind')] }],
    [
      'if an opened value is read from another element',
      [level('$root.list', 'outer'), level('rows', 'inner', ['$root.list.0.doc'])],
      {},
    ],
    ['if members are taken from an element', rows, { members: [members('$root.list.0')] }],
    ['if members are taken from the array', rows, { members: [members('$root.list')] }],
    ['if flattened members contain the array', rows, { members: [members('$root', '_')] }],
    ['if flattened members contain the array of an inner level', rows, { members: [members('$outer', '_')] }],
  ])('%s', (_, levels, read) => {
    expect(canBeCut(levels, { ...NOTHING, ...read })).toBe(false);
  });
});

describe('a value that is no level', () => {
  const found = (events: unknown, body: unknown) => {
    const { lines, refused } = convert(message(body), { mapping: mapping({ events, fields: { v: 'v' } }) });
    return [lines.length, ...refusalTexts(refused)];
  };
  test.each<[unknown, unknown, string]>([
    ['list', {}, 'no-events: events (list): expected an array, found nothing'],
    [
      'list',
      { List: [], a: 1, b: {} },
      'no-events: events (list): expected an array, found nothing, but an array at "List"',
    ],
    [
      'a.list',
      { a: { b: [], c: [], d: [], e: [] }, list: [] },
      'no-events: events (a.list): expected an array, found nothing, but an array at "a.b", "a.c", "a.d", and others',
    ],
    ['a.list', { list: [] }, 'no-events: events (a.list): expected an array, found nothing'],
    [
      ['outer', 'list'],
      { outer: [{ List: [] }] },
      'no-events: events (list): expected an array, found nothing, but an array at "List"',
    ],
    [
      ['outer', '$root.list'],
      { outer: [{ List: [] }] },
      'no-events: events ($root.list): expected an array, found nothing',
    ],
    [
      '$root.list',
      { List: [] },
      'no-events: events ($root.list): expected an array, found nothing, but an array at "$root.List"',
    ],
    [
      '/a/list',
      { a: { b: [] } },
      'no-events: events (/a/list): expected an array, found nothing, but an array at "/a/b"',
    ],
    ['/a/x~1y', { a: { b: [] } }, 'no-events: events (/a/x~1y): expected an array, found nothing, but an array at "b"'],
    [
      'list',
      { [`${'x'.repeat(40)}`]: [] },
      `no-events: events (list): expected an array, found nothing, but an array at "${'x'.repeat(40)}"`,
    ],
    ['list', { [`${'x'.repeat(41)}`]: [] }, 'no-events: events (list): expected an array, found nothing'],
    [
      { path: 'list', each: 'member' },
      { list1: {}, a: [] },
      'no-events: events (list): expected an object, found nothing, but an object at "list1"',
    ],
    ['list', { list: null }, 'no-events: events (list): expected an array, found null'],
    [
      'list',
      { list: { v: 1 } },
      'no-events: events (list): expected an array, found object; "each": "member" opens its members',
    ],
    [{ path: 'list', each: 'member' }, { list: [] }, 'no-events: events (list): expected an object, found array'],
    [{ path: 'list', missing: 'ignore' }, { list: 5 }, 'no-events: events (list): expected an array, found number'],
  ])('of %j in %j is refused', (events, body, refusal) => {
    expect(found(events, body)).toEqual([0, refusal]);
  });
  test.each<[unknown]>([[{}], [{ list: null }]])('is ignored in %j if the mapping says so', (body) => {
    expect(found({ path: 'list', missing: 'ignore' }, body)).toEqual([0]);
  });
});
