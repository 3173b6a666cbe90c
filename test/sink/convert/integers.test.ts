import { describe, expect, test } from 'vitest';
import { convert, mapping, message } from '../make.ts';

const TS = '"ts":1780000000001';
const rule = (n: unknown): ReturnType<typeof mapping> =>
  mapping({ timestamp: { path: 'ts', precision: 'ms' }, fields: { n: { path: n, type: 'integer' } } });

/** Codes of the refusals, or the written line. */
const resultOf = (body: string, path: unknown, converter: 'line' | 'point' = 'line'): readonly string[] => {
  const { codes, lines } = convert(message(body), { mapping: rule(path), converter });
  return [...codes, ...lines];
};

describe('an integer that is written with a fraction', () => {
  test.each([
    ['at the only path', '{"n":3.0,TS}', 'n'],
    ['next to the same name elsewhere', '{"y":{"n":5},"n":3.0,TS}', 'n'],
    ['at the second path, when the name of the first one is elsewhere', '{"y":{"a":5},"b":3.0,TS}', ['x.a', 'b']],
    ['after a repeated name', '{"n":5,"n":3.0,TS}', 'n'],
    ['when its name is escaped', '{"y":{"n":5},"\\u006e":3.0,TS}', 'n'],
    ['when a string looks like the member', '{"s":"\\"n\\":5","n":3.0,TS}', 'n'],
    ['with an exponent', '{"n":3e0,TS}', 'n'],
  ])('is refused %s', (_name, body, path) => {
    const given = body.replace('TS', TS);
    expect(resultOf(given, path)).toEqual(['field-type']);
    expect(resultOf(given, path, 'point')).toEqual(['field-type']);
  });
});

test('canonical integers are checked one by one and all together', () => {
  const names = ['a', 'b', 'c', 'd'];
  for (let count = 1; count <= names.length; count++)
    for (const [value, code] of [
      ['5', undefined],
      ['5.0', 'field-type'],
    ] as const) {
      const integers = names.slice(0, count);
      const fields = integers.map((name, index) => `"${name}":${index === count - 1 ? value : index}`).join(',');
      const body = `{"measurement":"m","fields":{${fields}},"integers":${JSON.stringify(integers)}}`;
      expect(convert(message(body)).codes).toEqual(code === undefined ? [] : [code]);
    }
});
