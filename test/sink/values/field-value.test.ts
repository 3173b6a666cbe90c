/** Values of fields: numbers in texts, and numbers that are calculated. Covers `src/sink/values/field-value.ts`. */

import { describe, expect, test } from 'vitest';
import { decimalIn } from '../../../src/sink/values/decimal-text.ts';
import { type ConvertResult, convert, mapping, message, refusalTexts } from '../make.ts';

describe('decimalIn', () => {
  test.each([
    ['21.5', '21.5'],
    ['+1.23450E+00', '1.23450e+00'],
    [' \t42\n', '42'],
    ['\ufeff7\u00a0', '7'],
    ['.5', '0.5'],
    ['5.', '5'],
    ['-.5e1', '-0.5e1'],
    ['-1', '-1'],
  ])('reads the number in %j as %s', (text, expected) => {
    expect(decimalIn(text)).toBe(expected);
  });

  test.each(['', ' ', '.', '+', '-', 'e5', '--1', '+-1', '-+1', '1 2', '21,5', '0x1F', 'NaN', '1e', '1_0', '٣'])(
    'finds no number in %j',
    (text) => {
      expect(decimalIn(text)).toBeUndefined();
    },
  );

  test('reads a million blanks in one pass', () => {
    // With a pattern for the blanks on both sides this would take 20 minutes.
    const blanks = ' '.repeat(1_000_000);
    expect(decimalIn(`${blanks}x`)).toBeUndefined();
    expect(decimalIn(`${blanks}1${blanks}`)).toBe('1');
  });
});

/** Converts events with both converters, which must agree, and returns lines without times, and codes of refusals. */
const resultsOf = (declared: Record<string, unknown>, events: string): readonly string[] => {
  const rules = mapping({ ...declared });
  const [line, point] = (['line', 'point'] as const).map((converter) =>
    convert(message(`[${events}]`), { mapping: rules, converter }),
  ) as [ConvertResult, ConvertResult];
  expect(point).toEqual(line);
  return [...line.lines.map((text) => text.replace(/ \d+$/, '')), ...line.codes];
};

describe('numbers beyond doubles and beyond decimal arithmetic', () => {
  test.each([
    [
      'an integer of coerced numbers',
      { mismatch: 'coerce', fields: { v: { path: 'v', type: 'integer' } } },
      'integer-range',
    ],
    ['an integer', { fields: { v: { path: 'v', type: 'integer' } } }, 'field-type'],
    ['a float', { fields: { v: 'v' } }, 'not-finite'],
    ['an exact float', { fields: { v: { path: 'v', exact: true } } }, 'not-finite'],
    ['a float that stays too large', { fields: { v: { path: 'v', scale: 0.1 } } }, 'not-finite'],
    ['a scaled integer', { fields: { v: { path: 'v', type: 'integer', scale: 10 } } }, 'integer-range'],
  ])('refuses 1e400 for %s with one code, with and without source texts', (_, declared, code) => {
    expect(resultsOf(declared, '{"v":1e400}')).toEqual([code]);
    // The second event needs source texts if it has a number with more than 15 digits.
    expect(resultsOf(declared, '{"v":1e400},{"v":1e400,"x":12345678901234567890}')).toEqual([code, code]);
    expect(resultsOf(declared, '{"v":1e400},{"v":1.0e400}')).toEqual([code, code]);
  });

  test('calculates with a number that only its scale makes a double', () => {
    expect(resultsOf({ fields: { v: { path: 'v', scale: 1e-300 } } }, '{"v":1e400}')).toEqual([
      'm v=1.0000000000000000e100',
    ]);
  });

  test.each([
    ['a float', { path: 'v', scale: 0.1, offset: 5 }],
    ['an integer', { path: 'v', type: 'integer', scale: 10 }],
    ['an exact float', { path: 'v', exact: true }],
  ])('refuses numbers beyond the limits of decimal arithmetic for %s, and writes no other number', (_, field) => {
    const long = `1.${'3'.repeat(1_200)}`;
    expect(resultsOf({ fields: { v: field } }, `{"v":${long}},{"v":1e-2000}`)).toEqual(['field-type', 'field-type']);
    expect(resultsOf({ fields: { v: field } }, '{"v":1e999999999}')).toEqual(['not-finite']);
  });
});

test('writes minus zero of an exact float with its sign, with and without source texts', () => {
  const declared = { fields: { v: { path: 'v', exact: true } } };
  expect(resultsOf(declared, '{"v":-0}')).toEqual(['m v=-0']);
  expect(resultsOf(declared, '{"v":-0.0},{"v":-0}')).toEqual(['m v=-0', 'm v=-0']);
});

test.each([
  ['a constant', { c: { value: 1 } }],
  ['a default', { c: { path: 'c', default: 1 } }],
])('refuses an event whose only own field is left out next to %s', (_, field) => {
  const declared = { mismatch: 'omit', fields: { v: 'v', ...field } };
  expect(resultsOf(declared, '{"v":"text"}')).toEqual(['no-fields']);
  expect(resultsOf(declared, '{"v":2}')).toEqual(['m v=2,c=1']);
  expect(resultsOf({ ...declared, onlyDefaults: 'write' }, '{"v":"text"}')).toEqual(['m c=1']);
});

describe('a value of another type', () => {
  /** Returns the field, the number of altered values, and the refusal. */
  const found = (type: string, policy: object, value: string): readonly unknown[] => {
    const rules = mapping({ timestamp: 'ts', ...policy, fields: { v: { path: 'v', type }, w: 'w' } });
    const { lines, valuesAltered, refused } = convert(message(`{"ts":1755216000000,"w":1,"v":${value}}`), {
      mapping: rules,
    });
    return [
      ...lines.map((line) => line.replace(/^m | \d+$/g, '').replace(/,?w=1/, '')),
      valuesAltered,
      ...refusalTexts(refused),
    ];
  };
  const EXPECTED: readonly (readonly [type: string, noun: string, wrong: readonly string[]])[] = [
    ['float', 'a number', ['"2"', 'true', '{}', '[]']],
    ['integer', 'an integer', ['"2"', 'true', '{}', '[]']],
    ['boolean', 'a boolean', ['"true"', '1', '{}', '[]']],
    ['string', 'text', ['1', 'true', '{}', '[]']],
  ];
  test.each(EXPECTED)('is refused for a %s field', (type, noun, wrong) => {
    for (const value of wrong)
      expect(found(type, {}, value), value).toEqual([
        0,
        `field-type: field "v" (v): expected ${noun}, found ${kindIn(value)}`,
      ]);
    expect(found(type, { nulls: 'refuse' }, 'null')).toEqual([
      0,
      `field-type: field "v" (v): expected ${noun}, found null`,
    ]);
    expect(found(type, {}, 'null')).toEqual(['', 1]);
  });
  const kindIn = (json: string): string => {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) ? 'array' : typeof value;
  };

  const WHOLE = 'field-type: field "v" (v): expected an integer, found a number with a fraction or an exponent';
  test.each<[string, string, readonly unknown[]]>([
    ['float', '"2"', ['v=2', 1]],
    ['float', '" 2.5 "', ['v=2.5', 1]],
    ['float', '-0', ['v=-0', 0]],
    ['float', '"x"', [0, 'field-type: field "v" (v): expected a number, found text that is not one']],
    [
      'float',
      '"9007199254740993"',
      [0, 'field-type: field "v" (v): the text is an integer that a float cannot represent exactly'],
    ],
    ['float', '1e400', [0, 'not-finite: field "v" (v): the number is infinite or too large for a double']],
    ['integer', '2.0', ['v=2i', 1]],
    ['integer', '" 2.0 "', ['v=2i', 1]],
    ['integer', '-0', ['v=0i', 0]],
    ['integer', '2.5', [0, WHOLE]],
    ['integer', '"2.5"', [0, 'field-type: field "v" (v): expected an integer, found text that is not one']],
    [
      'integer',
      '9007199254740993',
      [0, 'integer-range: field "v" (v): openGemini keeps integers exact only up to 2^53-1, this one is beyond that'],
    ],
    ['boolean', '"TRUE"', ['v=true', 1]],
    ['boolean', '" 0 "', ['v=false', 1]],
    ['boolean', '1', ['v=true', 1]],
    ['boolean', '2', [0, 'field-type: field "v" (v): expected a boolean, found number']],
    ['string', '2.50', ['v="2.50"', 1]],
    ['string', 'false', ['v="false"', 1]],
    ['string', '"a\\nb"', ['v="a\\\\nb"', 1]],
    [
      'string',
      '"\\ud800"',
      [0, 'name-characters: field "v" (v): the text contains a lone surrogate, which UTF-8 cannot express'],
    ],
    ['string', '{}', [0, 'field-type: field "v" (v): expected text, found object']],
  ])('becomes a %s field from %s if the mapping coerces', (type, value, expected) => {
    expect(found(type, { mismatch: 'coerce' }, value)).toEqual(expected);
  });
});
