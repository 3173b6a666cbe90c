/** Lines of the sink are parsed back to their points. Covers `src/sink/lines/parse-own-line.ts`. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pointLine } from '../../../src/sink/convert/point-converter.ts';
import { parseOwnLine } from '../../../src/sink/lines/parse-own-line.ts';
import type { FieldValue, Point } from '../../../src/sink/lines/point.ts';

test.each([
  [
    'm\\ 1,a\\,b=x\\=y,c=\\\\ f\\ 1=-0,i=-5i,s="a\\"b\\\\, =",t=true,u=false 1755216000000000001',
    {
      measurement: 'm 1',
      tags: [
        ['a,b', 'x=y'],
        ['c', '\\'],
      ],
      fields: [
        ['f 1', { type: 'float', value: -0 }],
        ['i', { type: 'integer', value: -5 }],
        ['s', { type: 'string', value: 'a"b\\, =' }],
        ['t', { type: 'boolean', value: true }],
        ['u', { type: 'boolean', value: false }],
      ],
      time: { seconds: 1_755_216_000, nanos: 1 },
    },
  ],
  [
    'm f=1.0000000000000000e21 5',
    { measurement: 'm', tags: [], fields: [['f', { type: 'float', value: 1e21 }]], time: { seconds: 0, nanos: 5 } },
  ],
])('%s', (line, point) => {
  expect(parseOwnLine(line)).toEqual(point);
});

test('every point is the same after it was written', () => {
  const name = fc.string({
    unit: fc.constantFrom('a', 'é', ' ', ',', '=', '\\', '"', '\t'),
    minLength: 1,
    maxLength: 4,
  });
  const value: fc.Arbitrary<FieldValue> = fc.oneof(
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((float): FieldValue => ({ type: 'float', value: float })),
    fc.maxSafeInteger().map((integer): FieldValue => ({ type: 'integer', value: integer + 0 })),
    fc.boolean().map((boolean): FieldValue => ({ type: 'boolean', value: boolean })),
    fc
      .string({ unit: fc.constantFrom('a', '"', '\\', ',', ' ', '=', 'é') })
      .map((text): FieldValue => ({ type: 'string', value: text })),
  );
  const point: fc.Arbitrary<Point> = fc.record({
    measurement: name,
    tags: fc.array(fc.tuple(name, name), { maxLength: 3 }),
    fields: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }),
    time: fc.record({ seconds: fc.nat(9_223_372_035), nanos: fc.nat(999_999_999) }),
  });
  fc.assert(
    fc.property(point, (one) => {
      expect(parseOwnLine(pointLine(one))).toEqual(one);
    }),
  );
});
