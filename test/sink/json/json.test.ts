/** JSON values, their source texts, and what is known about digits without parsing. Covers `src/sink/json/json.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  hasLostDigits,
  hasTooManyValues,
  isObject,
  isScalar,
  JSON_VALUES_MAX,
  type Json,
  kindOf,
  memberOf,
  numberOf,
  parseJson,
  parseWithSources,
  SourceNumber,
  SourceText,
  sourceOf,
} from '../../../src/sink/json/json.ts';

const LONG = new SourceNumber(1e19, '9999999999999999999.0');

describe('kinds of values', () => {
  test.each<[Json, string, boolean, boolean]>([
    ['', 'string', true, false],
    [0, 'number', true, false],
    [LONG, 'number', true, false],
    [false, 'boolean', true, false],
    [null, 'null', true, false],
    [{}, 'object', false, true],
    [[], 'array', false, false],
  ])('%j is of the kind %s', (value, kind, scalar, object) => {
    expect([kindOf(value), isScalar(value), isObject(value)]).toEqual([kind, scalar, object]);
  });

  test('nothing is no object', () => {
    expect(isObject(undefined)).toBe(false);
  });

  test('a member is own and not null', () => {
    const object = { none: null, zero: 0 };
    expect(['none', 'zero', 'toString', 'absent'].map((name) => memberOf(object, name))).toEqual([
      undefined,
      0,
      undefined,
      undefined,
    ]);
  });

  test('a number has its double and its text', () => {
    expect([numberOf(1.5), sourceOf(1.5)]).toEqual([1.5, '1.5']);
    expect([numberOf(LONG), sourceOf(LONG)]).toEqual([1e19, '9999999999999999999.0']);
  });

  test.each([
    [9_007_199_254_740_991, false],
    [9_007_199_254_740_992, true],
    [-9_007_199_254_740_992, true],
    [1e300, true],
    [0.1, false],
    [Number.NaN, false],
    [Number.POSITIVE_INFINITY, false],
  ])('of the number %d, digits may be lost: %j', (value, expected) => {
    expect(hasLostDigits(value)).toBe(expected);
  });
});

/** Texts of numbers that JavaScript prints differently, and whether their double is infinite. */
const ODD = ['1.0', '1e2', '-0', '12345678901234567890', '0.10', '1e400', '5E-1', '9007199254740993', '1e-400'];
/** Texts of numbers as JavaScript prints them. */
const PLAIN = ['0', '1', '-1', '1.5', '0.001', '1e+21', '1e-7', '9007199254740992'];

describe('parsing', () => {
  test.each(ODD)('the source text of %s is kept, also in a key with an escape', (text) => {
    for (const key of ['"v"', '"\\u0076"']) {
      const { v } = parseJson(`{${key}:[${text}]}`, true) as { v: [SourceNumber] };
      expect(v[0]).toBeInstanceOf(SourceNumber);
      expect([sourceOf(v[0]), numberOf(v[0])]).toEqual([text, Number(text)]);
      expect(parseJson(`{${key}:[${text}]}`, false)).toEqual({ v: [Number(text)] });
    }
  });

  test.each(PLAIN)('the number %s stays a number', (text) => {
    for (const key of ['"v"', '"\\u0076"']) expect(parseJson(`{${key}:${text}}`, true)).toEqual({ v: Number(text) });
  });

  test('texts that look like numbers stay texts', () => {
    expect(parseJson('{"v":"1.0","w":[true,null,"1e2"]}', true)).toEqual({ v: '1.0', w: [true, null, '1e2'] });
  });

  test.each([
    ['NaN', Number.NaN],
    ['nan', Number.NaN],
    ['-nan', Number.NaN],
    ['Infinity', Number.POSITIVE_INFINITY],
    ['inf', Number.POSITIVE_INFINITY],
    ['-Infinity', Number.NEGATIVE_INFINITY],
  ])('a number that stands for the name %s has its double', (name, expected) => {
    for (const key of ['"v"', '"\\u0076"']) {
      const { v } = parseWithSources(`{${key}:0.5,"w":"0.5","x":1.0}`, (source) =>
        source === '0.5' ? name : source,
      ) as Record<string, SourceNumber>;
      expect([sourceOf(v as SourceNumber), numberOf(v as SourceNumber)]).toEqual([name, expected]);
    }
  });

  test('numbers that stand for nothing else keep their source text', () => {
    const { w, x, y } = parseWithSources('{"w":"0.5","x":1.0,"y":2}', (source) => source) as Record<string, Json>;
    expect([w, sourceOf(x as SourceNumber), numberOf(x as SourceNumber), y]).toEqual(['0.5', '1.0', 1, 2]);
  });
});

describe('the number of values of a text', () => {
  const long = ' '.repeat(1024 * 1024);

  test.each([
    ['an array with the most elements', `[0${',0'.repeat(JSON_VALUES_MAX - 2)}]`, false],
    ['one element more', `[0${',0'.repeat(JSON_VALUES_MAX - 1)}]`, true],
    ['the most empty arrays', `[[]${',[]'.repeat(JSON_VALUES_MAX / 2 - 2)}] `, false],
    ['an empty array more, and one object', `[{}${',[]'.repeat(JSON_VALUES_MAX / 2 - 1)}]`, true],
    ['commas and brackets in a text', `["${',[{'.repeat(JSON_VALUES_MAX)}"]`, false],
    ['commas after an escaped quote', `["\\"${',[{'.repeat(JSON_VALUES_MAX)}"]`, false],
    ['commas after an escaped backslash at the end of a text', `["\\\\"${',0'.repeat(JSON_VALUES_MAX)}]`, true],
    ['only a short text', '[0,0]', false],
    ['only spaces', long, false],
  ])('%s: too many is %j', (_, text, expected) => {
    expect(hasTooManyValues(text)).toBe(expected);
  });
});

/** Finds each number of a JSON text that contains no escapes. */
const numbersIn = (text: string): string[] =>
  text.replaceAll(/"[^"]*"/g, '""').match(/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g) ?? [];

/** Returns digits and exponent of a decimal without zeros at either end. */
const normal = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  const digits = (whole + fraction).replace(/^0+/, '');
  const significant = digits.replace(/0+$/, '');
  if (significant === '') return '0';
  return `${sign}${significant}e${Number(power) - fraction.length + digits.length - significant.length}`;
};

const isExact = (text: string): boolean => normal(text) === normal(String(Number(text)));

describe('what a text says about the digits of its numbers', () => {
  const digits = fc.oneof(
    fc.stringMatching(/^(0|[1-9]\d{0,4})$/),
    fc.stringMatching(/^[1-9]\d{11,21}$/),
    fc.constantFrom('9007199254740993', '9007199254740992', '99999999999', '123456789012'),
  );
  const fraction = fc.oneof(
    fc.constantFrom('', '', '.0', '.50', '.000', '.0000001', '.9999999999999999999', '.10000000000000001'),
    fc.stringMatching(/^\.\d{1,3}$/),
    fc.stringMatching(/^\.\d{12,18}$/),
  );
  const power = fc.constantFrom('', '', '', 'e0', 'E2', 'e-3', 'e+15', 'e-400', 'e400');
  const number = fc.tuple(fc.constantFrom('', '-'), digits, fraction, power).map((parts) => parts.join(''));
  const text = fc.oneof(fc.constantFrom('"1.0"', '"12345678901234567890"', '"0.50"', 'true', 'null'), number, number);
  const space = fc.constantFrom('', ' ', '\n', '\t', '        ');
  const body = fc
    .array(fc.tuple(space, text, space, fc.constantFrom('v', 'a member with a longer name', '2.0', 'x1e5')), {
      minLength: 1,
      maxLength: 4,
    })
    .map(
      (members) =>
        `{${members.map(([before, value, after, name], i) => `"${name}${i}":${before}${i % 2 ? `[${value}]` : value}${after}`).join(',')}}`,
    );

  test('it promises nothing that a number breaks', () => {
    fc.assert(
      fc.property(body, (json) => {
        const source = new SourceText(json, false);
        const numbers = numbersIn(json);
        const integers = numbers.filter((one) => Number.isInteger(Number(one)) && Number(one) !== 0);
        if (source.valuesExact()) for (const one of numbers) if (!/e-?400/i.test(one)) expect(one).toSatisfy(isExact);
        if (source.integersExact())
          for (const one of integers)
            if (/^-?\d+$/.test(one)) expect([json, one, isExact(one)]).toEqual([json, one, true]);
        if (!source.hasLongIntegers()) for (const one of numbers) expect(one).not.toMatch(/^-?\d{16,}$/);
        if (source.integersPlain())
          for (const one of integers) expect([json, String(Number(one))]).toEqual([json, one]);
        if (source.numbersPlain()) for (const one of numbers) expect([json, String(Number(one))]).toEqual([json, one]);
      }),
      { numRuns: 3_000 },
    );
  });

  test.each<[string, ...boolean[]]>([
    // Text, then whether values and integers are exact, integers and numbers plain, and an integer is long.
    ['{"v":1,"w":-2.5,"t":true}', true, true, true, true, false],
    ['{"v":123456789012345}', true, true, true, true, false],
    ['{"v":1234567890123456}', false, true, true, false, true],
    ['{"v":9007199254740993}', false, false, false, false, true],
    ['{"v":21.300000000000001}', false, true, true, false, false],
    ['{"v":99999999999.12345}', false, true, true, false, false],
    ['{"v":9007199254740992.5}', false, false, false, false, true],
    ['{"v":0.99999999999999999999}', false, false, false, false, true],
    ['{"v":123456789012345.6e1}', false, false, false, false, true],
    ['{"id":"1234567890123456","v":1.5}', true, true, true, true, false],
    ['{"version":"1.0","v":1}', true, true, true, true, false],
    ['{"v":1.0}', true, true, false, false, false],
    ['{"v":1.000 }', true, true, false, false, false],
    ['[1.0,2]', true, true, false, false, false],
    ['[2.00]', true, true, false, false, false],
    ['{"v":1.05}', true, true, true, true, false],
    ['{"v":1e2}', true, true, false, false, false],
    ['{"v":-1.5E2}', true, true, false, false, false],
    ['{"id":"4e5f","v":1}', true, true, true, true, false],
    ['{"v":1.50}', true, true, true, false, false],
    ['{"v":-0}', true, true, true, false, false],
    ['{"v":0.0000001}', true, true, true, false, false],
    ['{"v":10,"w":100}', true, true, true, true, false],
    ['{"address":"10.1.2.3.4.5.6.7.8","v":1}', true, true, true, true, false],
  ])('of %s it knows what the scan can know', (json, ...expected) => {
    const source = new SourceText(json, false);
    expect([
      source.valuesExact(),
      source.integersExact(),
      source.integersPlain(),
      source.numbersPlain(),
      source.hasLongIntegers(),
    ]).toEqual(expected);
  });

  test('with source texts nothing is lost', () => {
    const source = new SourceText('{"v":9007199254740993.0,"w":1e2}', true);
    expect([source.valuesExact(), source.integersExact(), source.integersPlain(), source.numbersPlain()]).toEqual([
      true,
      true,
      true,
      true,
    ]);
    expect(source.isPlainInteger(undefined)).toBe(true);
  });
});
