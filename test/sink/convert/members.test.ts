/** Columns that events name themselves, with exact lines and refusals. Covers `src/sink/convert/members.ts`. */

import { describe, expect, test } from 'vitest';
import { resultOf } from '../both-converters.ts';

const from = (members: unknown) => ({ fields: { '*': members } });
const EVENT = {
  o: { a: 1, b: true, c: 'x', d: { e: 2, f: { g: 3 } }, h: [4, { i: 5 }], debug_a: 6, none: null, empty: {} },
  z: 9,
};

describe('the members of an object', () => {
  test.each([
    ['o', 'm a=1,b=true,c="x",debug_a=6 [altered 1, omitted 0]'],
    [{ path: 'o' }, 'm a=1,b=true,c="x",debug_a=6 [altered 1, omitted 0]'],
    [{ path: 'o', prefix: 'p_' }, 'm p_a=1,p_b=true,p_c="x",p_debug_a=6 [altered 1, omitted 0]'],
    [{ path: 'o', except: ['a', 'debug*'] }, 'm b=true,c="x" [altered 1, omitted 0]'],
    [{ path: 'o', only: ['a', 'debug*'] }, 'm a=1,debug_a=6'],
    [{ path: 'o', only: ['debug*'], except: ['debug_a'] }, 'no-fields: the event has no value for any of its fields'],
    [{ path: 'o', flatten: '_' }, 'm a=1,b=true,c="x",d_e=2,d_f_g=3,debug_a=6 [altered 1, omitted 0]'],
    [{ path: 'o', flatten: '.', only: ['d.*'] }, 'm d.e=2,d.f.g=3'],
    [{ path: 'o', flatten: '_', only: ['d_f_g'], prefix: 'p_' }, 'm p_d_f_g=3'],
    [{ path: 'o', flatten: '_', arrays: 'index', only: ['h*'] }, 'm h_0=4,h_1_i=5'],
    [{ path: 'o.h', flatten: '_', arrays: 'index' }, 'm 0=4,1_i=5'],
    [{ path: 'o.h', flatten: '_' }, 'no-fields: the event has no value for any of its fields'],
    [{ path: 'absent' }, 'no-fields: the event has no value for any of its fields'],
    [['o.d', 'o.d.f'], 'm e=2,g=3'],
    [
      [
        { path: 'o', only: ['a'] },
        { path: 'o', only: ['c'], prefix: 'p_' },
      ],
      'm a=1,p_c="x"',
    ],
  ])('%j takes %s', (members, expected) => {
    expect(resultOf(from(members), EVENT)).toBe(expected);
  });

  test.each([
    [{ fields: { q: 'o.a', '*': { path: 'o', only: ['a', 'c'] } } }, 'm q=1,c="x"'],
    [{ fields: { q: 'o.d.e', '*': { path: 'o', flatten: '_', only: ['d_*'] } } }, 'm q=2,d_f_g=3'],
    [
      { fields: { q: 'o.d', '*': { path: 'o', flatten: '_', only: ['d_*', 'a'] } }, mismatch: 'omit' },
      'm a=1 [altered 0, omitted 1]',
    ],
    [{ tags: { q: '$root.o.a' }, fields: { '*': { path: 'o', only: ['a', 'c'] } } }, 'm,q=1 c="x"'],
    [{ tags: { q: 'o.a' }, otherFields: { only: ['z', 'o*'] } }, 'm,q=1 z=9'],
    [{ tags: { q: 'o.a' }, otherFields: { flatten: '_', only: ['z', 'o_a', 'o_c'] } }, 'm,q=1 o_c="x",z=9'],
    [
      { timestamp: { path: 'o.a', precision: 's' }, fields: { '*': { path: 'o', only: ['a', 'c'] } } },
      'm c="x" 1000000000',
    ],
  ])('%j takes no member twice: %s', (declared, expected) => {
    expect(resultOf(declared, EVENT)).toBe(expected);
  });

  test('become tags in the order of their names, with declared tags among them', () => {
    const declared = { tags: { k: 'z', '*': { path: 'o', only: ['a', 'c', 'b'], prefix: 'p' } }, fields: { z: 'z' } };
    expect(resultOf(declared, EVENT)).toBe('m,k=9,pa=1,pb=true,pc=x z=9');
    const before = { tags: { zz: 'z', '*': { path: 'o', only: ['c'] } }, fields: { z: 'z' } };
    expect(resultOf(before, EVENT)).toBe('m,c=x,zz=9 z=9');
  });

  test('that count as null are left out', () => {
    const declared = {
      nullTexts: ['x'],
      tags: { '*': { path: 'o', only: ['c'] } },
      fields: { '*': { path: 'o', only: ['a', 'c'] } },
    };
    expect(resultOf(declared, EVENT)).toBe('m a=1 [altered 2, omitted 0]');
  });

  test.each([
    [
      { fields: { a: 'z', '*': { path: 'o', only: ['a'] } } },
      'duplicate-name: field "a" (o): another tag or field of this point already has the name "a"',
    ],
    [
      { tags: { a: 'z' }, fields: { '*': 'o' } },
      'duplicate-name: field "a" (o): another tag or field of this point already has the name "a"',
    ],
    [
      { tags: { '*': { path: 'o', only: ['a'] } }, fields: { '*': { path: 'o', only: ['a'] } } },
      'duplicate-name: field "a" (o): another tag or field of this point already has the name "a"',
    ],
    [
      { fields: { a: { path: 'q', byType: { number: 'a', string: 'c' } }, '*': { path: 'o', only: ['c'] } } },
      'duplicate-name: field "c" (o): another tag or field of this point already has the name "c"',
    ],
  ])('%j refuses a name that is taken', (declared, expected) => {
    expect(resultOf(declared, EVENT)).toBe(expected);
  });

  test('are refused if openGemini does not accept their name', () => {
    expect(resultOf(from('o'), { o: { 'a\nb': 1 } })).toMatch(/^name-characters: field "a\nb" \(o\)/);
  });

  test('are taken 64 levels deep, at most', () => {
    const nested = (depth: number): unknown => (depth === 0 ? { v: 1 } : { a: nested(depth - 1) });
    const name = (depth: number) => `${'a'.repeat(depth)}v`;
    const flat = { fields: { '*': { path: 'o', flatten: 'X', only: ['aX*'] } } };
    const at = (depth: number) => resultOf(flat, { o: nested(depth) }).replaceAll('X', '');
    expect(at(63)).toBe(`m ${name(63)}=1`);
    expect(at(64)).toMatch(/^no-fields/);
  });

  test.each([
    [{ fields: { '*': { path: 'o' } } }, 'o'],
    [
      {
        fields: {
          '*': [
            { path: 'o', only: ['f1*'] },
            { path: 'o', except: ['f1*'] },
          ],
        },
      },
      'o or o',
    ],
    [{ fields: { '*': { path: 'o', flatten: '_' } } }, 'o'],
    [{ tags: { '*': 'o' }, fields: { n: 'n' } }, 'o'],
  ])('%j takes at most 200 of them', (declared, place) => {
    const members = (count: number) => ({
      n: 1,
      o: Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${i}`, i])),
    });
    expect(resultOf(declared, members(200))).toMatch(/^m/);
    expect(resultOf(declared, members(201))).toBe(
      `too-large: ${place}: found more than 200 members, the limit for one event`,
    );
  });
});

describe('pairs of names and values', () => {
  const pairs = { pairs: 'list', name: 'k', value: ['v.d', 'v.i'] };
  const list = (...elements: unknown[]) => ({ n: 0, list: elements });

  test.each([
    [pairs, list({ k: 'a', v: { d: 1 } }, { k: 'b', v: { i: '2' } }), 'm a=1,b="2"'],
    [{ ...pairs, prefix: 'p_' }, list({ k: 'a', v: { d: 1 } }), 'm p_a=1'],
    [{ ...pairs, except: ['a'] }, list({ k: 'a', v: { d: 1 } }, { k: 'b', v: { d: 2 } }), 'm b=2'],
    [pairs, list({ k: 7, v: { d: 1 } }, { k: true, v: { d: 2 } }), 'm 7=1,true=2'],
    [pairs, list({ v: { d: 1 } }, { k: 'b' }, { k: '', v: { d: 3 } }, { k: 'd', v: { d: null, i: 4 } }), 'm d=4'],
    [pairs, list({ k: {}, v: { d: 1 } }, { k: 'b', v: { d: {} } }, { k: 'c', v: { d: 3 } }), 'm c=3'],
    [pairs, list('x', null, [1], { k: 'a', v: { d: 1 } }), 'm a=1'],
    [pairs, { list: { k: 'a', v: { d: 1 } } }, 'no-fields: the event has no value for any of its fields'],
    [pairs, list(), 'no-fields: the event has no value for any of its fields'],
  ])('%j of %j become %s', (members, event, expected) => {
    expect(resultOf(from(members), event)).toBe(expected);
  });

  test('keep the digits of a name that is a number', () => {
    expect(resultOf(from(pairs), '{"list":[{"k":1.50,"v":{"d":1}},{"k":12345678901234567890,"v":{"d":2}}]}')).toBe(
      'm 1.50=1,12345678901234567890=2',
    );
  });

  test('of which there are more than 200 are refused', () => {
    const many = (count: number) => list(...Array.from({ length: count }, (_, i) => ({ k: `f${i}`, v: { d: i } })));
    expect(resultOf(from(pairs), many(200))).toMatch(/^m f0=0/);
    expect(resultOf(from(pairs), many(201))).toBe(
      'too-large: list: found more than 200 members, the limit for one event',
    );
  });
});
