/** JSON values whose numbers keep the text that they are written as, for generated bodies. */

import fc from 'fast-check';

/** A number as it is written, also if a double cannot represent it, or a name such as `NaN`. */
export class Written {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** A value of a generated body. */
export type Value = Written | string | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** Returns the text of a value. */
export const textOf = (value: Value, space = ''): string => {
  if (value instanceof Written) return value.text;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((one) => textOf(one, space)).join(`,${space}`)}]`;
  const members = Object.entries(value).map(
    ([name, member]) => `${JSON.stringify(name)}${space}:${textOf(member as Value, space)}`,
  );
  return `{${members.join(`${space},`)}}`;
};

const usualNumber = fc.oneof(
  fc.integer({ min: -1_000, max: 100_000 }).map(String),
  fc
    .tuple(fc.integer({ min: -99_999, max: 999_999 }), fc.integer({ min: 1, max: 4 }))
    .map(([digits, places]) => (digits / 10 ** places).toFixed(places)),
);

const oddNumber = fc.constantFrom(
  ...['0', '-0', '0.0', '-0.0', '1.0', '3.10', '1e3', '1E+2', '15e-1', '0e99', '100e-2', '0.00000001e19'],
  ...['9007199254740991', '9007199254740993', '9007199254740993.0', '12345678901234567890', '4503599627370496.4'],
  ...[
    '0.1',
    '0.30000000000000004',
    '0.1000000000000000055511151231257827',
    '1e15',
    '1e16',
    '1e21',
    '123456789.123456789',
  ],
  ...['1e400', '-1e400', '1e9999999999', '1e-400', '-1e-400', '1e-9999999999', '0.0000001', '5e-324'],
  ...['1.7976931348623157e308', `1${'0'.repeat(330)}`, `0.${'0'.repeat(330)}1`, '0.5e1', '-7e0'],
);

/** Numbers of JSON as producers write them, some of them odd. */
export const numbers = fc
  .oneof({ weight: 6, arbitrary: usualNumber }, { weight: 2, arbitrary: oddNumber })
  .map((text) => new Written(text));

/** Names of numbers that JSON does not have. */
export const namedNumbers = fc
  .constantFrom('NaN', 'nan', 'Infinity', '-Infinity', 'inf', '-inf')
  .map((text) => new Written(text));

/** Texts that a mapping treats in a special way. */
const oddTexts = [
  ...[
    '',
    ' ',
    'unavailable',
    'null',
    'NaN',
    'Infinity',
    '1e400',
    '-0',
    '0',
    '1',
    '+1.5',
    '.5',
    '5.',
    ' 42 ',
    '1.0',
    '21,5',
  ],
  ...['True', 'FALSE', 'true', '0x1F', '9007199254740993', '9007199254740993.0', '1e3', '٣', 'up', 'down'],
  ...[
    'a b',
    'a,b=c',
    '"q"',
    'C:\\dir\\',
    'new\nline',
    'tab\t',
    'ä€😀',
    '\ud800',
    '\u0000',
    '\u2028',
    'time',
    '_x',
    'x'.repeat(300),
  ],
  ...['{}', '[1]', '{"a":1}', 'SGFsbG8=', '2026-05-28T20:26:40Z'],
];

/** Texts as producers write them, some of them odd. */
export const texts = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('north', 'south', 'a', 'b', 'on', 'off', '21.5', '7') },
  { weight: 3, arbitrary: fc.constantFrom(...oddTexts) },
  { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
);

/** Names of members that no mapping of the tests names. */
export const oddNames = fc.constantFrom(
  ...['a', 'b', 'temp', 'temp_in', 'debug_x', 'z', '0', '10', 'a.b', 'a/b', 'ä', 'k k'],
  ...[
    'time',
    '__proto__',
    'constructor',
    'length',
    '',
    '_x',
    '$x',
    '"',
    'line\nbreak',
    'x'.repeat(256),
    '\ud800',
    'unit',
  ],
);

/** Scalars of JSON. */
export const scalars: fc.Arbitrary<Value> = fc.oneof(
  { weight: 5, arbitrary: numbers },
  { weight: 4, arbitrary: texts },
  { weight: 2, arbitrary: fc.boolean() },
  { weight: 1, arbitrary: fc.constant(null) },
);

/** Returns a value inside objects or arrays of this depth. */
const nested = (depth: number, isArray: boolean): Value => {
  let value: Value = new Written('1');
  for (let level = 0; level < depth; level++) value = isArray ? [value] : { n: value };
  return value;
};

const names = fc.oneof({ weight: 4, arbitrary: fc.constantFrom('a', 'b', 'temp', 'temp_in', 'n1', 'n2') }, oddNames);

const objectOf = (value: fc.Arbitrary<Value>): fc.Arbitrary<Value> =>
  fc.array(fc.tuple(names, value), { maxLength: 4 }).map((entries) => fromEntries(entries));

/** Returns an object. An assignment would not create a member for the name `__proto__`. */
export const fromEntries = (entries: readonly (readonly [string, Value])[]): { readonly [name: string]: Value } => {
  const object: Record<string, Value> = {};
  for (const [name, value] of entries)
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  return object;
};

/** Objects with nested objects and arrays. */
export const objects: fc.Arbitrary<Value> = objectOf(
  fc.oneof(
    { weight: 6, arbitrary: scalars },
    { weight: 2, arbitrary: objectOf(fc.oneof(scalars, objectOf(scalars))) },
    { weight: 1, arbitrary: fc.array(fc.oneof(scalars, objectOf(scalars)), { maxLength: 3 }) },
  ),
);

/** Any value, with a few that are nested deeply. */
export const values: fc.Arbitrary<Value> = fc.oneof(
  { weight: 12, arbitrary: scalars },
  { weight: 1, arbitrary: objects },
  { weight: 1, arbitrary: fc.array(scalars, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.constantFrom(nested(3, true), nested(70, false), nested(200, true)) },
);
