/** Tests of the stand-in's grammar: `block-parser.ts`, `line-parser.ts`, `field-parser.ts`, and `number-token.ts`. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseBlock } from '../../../local/opengemini/block-parser.ts';
import { bodies } from './odd-lines.ts';

const parse = (text: string): ReturnType<typeof parseBlock> => parseBlock(Buffer.from(text));

/** Returns the value of the only field of a line, or the error. */
const parsedValue = (token: string): unknown => {
  const { points, error } = parse(`m v=${token} 5`);
  return error ?? points[0]?.fields[0]?.value;
};

const refused = (reason: string): string => `cannot parse field value for "v": ${reason}`;

describe('a number', () => {
  test.each([
    ['1.5', 1.5],
    ['1.', 1],
    ['.5', 0.5],
    ['-.5', -0.5],
    ['-0', -0],
    ['1E-5', 1e-5],
    ['+3', 0],
    ['+.3', 0],
    ['+1e2', 0],
    ['-5.', 5],
    ['-5.e2', -500],
    ['inf', 0],
    ['-Inf', 0],
    ['inff', Infinity],
    ['-+inff', -Infinity],
    ['nanf', Number.NaN],
    ['1e400f', Infinity],
    ['abcf', 0],
    ['1.5xf', 0],
    ['1_000f', 0],
    ['1234567890123456789_0f', 12345678901234567000],
    ['1e-400', 0],
    ['123456789012345678901234567890', 1.2345678901234568e29],
  ])('the number %s is stored as %d', (token, value) => {
    expect(parsedValue(token)).toBe(value);
  });

  test.each([
    ['3e-8', 3.0000000000000004e-8],
    ['3.0000000000000000e-8', 3e-8],
    ['1.1e25', 1.1000000000000002e25],
    ['0.00000003', 3e-8],
  ])('the number %s with an exponent is stored as %d, because only long numbers are parsed exactly', (token, value) => {
    expect(parsedValue(token)).toBe(value);
  });

  test.each([
    ['5i', 5n],
    ['-5i', -5n],
    ['007i', 7n],
    ['9007199254740993i', 9007199254740992n],
    ['9223372036854775807i', -9223372036854775808n],
    ['-9223372036854775808i', -9223372036854775808n],
  ])('the number %s is stored as the integer %d', (token, value) => {
    expect(parsedValue(token)).toBe(value);
  });

  test.each([
    ['+5i', 'cannot parse int64 from "+5"'],
    ['i', 'cannot parse int64 from empty string'],
    ['-i', 'cannot parse int64 from "-"'],
    ['1.0i', 'unparsed tail left after parsing int64 form "1.0": ".0"'],
    ['9223372036854775808i', 'strconv.ParseInt: parsing "9223372036854775808": value out of range'],
    ['1234567890123456789xi', 'strconv.ParseInt: parsing "1234567890123456789x": invalid syntax'],
    ['99999999999999999999xi', 'strconv.ParseInt: parsing "99999999999999999999x": value out of range'],
    ['5u', 'invalid number'],
    ['1e400', 'invalid number'],
    ['NaN', 'invalid field value'],
    ['tRUE', 'invalid field value'],
    ['', 'field value cannot be empty'],
  ])('the number "%s" is refused with the error: %s', (token, reason) => {
    expect(parsedValue(token)).toBe(refused(reason));
  });
});

describe('a line', () => {
  test.each([
    ['m v=1 -1', 'cannot parse timestamp "-1": bad timestamp'],
    ['m v=1 5 6', 'cannot parse timestamp "5 6": bad timestamp'],
    ['m v=1 HTTP/1.1', /^please switch from tcp to http/],
    ['m v HTTP/1.1', /^please switch from tcp to http/],
    ['m,t v=1 5', 'missing tag value for "t"'],
    ['m,t=x, v=1 5', 'missing tag value for ""'],
    ['m,\x01é\u00ad v=1 5', 'missing tag value for "\\x01é\\u00ad"'],
    ['m,t=x\\ v=1 5', 'parse fail, point without fields is unsupported'],
    ['m =1 5', 'field key cannot be empty'],
    [',t=x v=1 5', 'parse fail, point without measurement is unsupported'],
    ['m v="a', refused('missing closing quote for quoted field value "a')],
    [`${'m'.repeat(251)} v=1 5`, `measurement name is :${'m'.repeat(251)}. upper limit: 250; current: 251`],
    [`m,${'k'.repeat(256)}=x v=1 5`, `tag name is:${'k'.repeat(256)}. upper limit: 255; current: 256`],
    [`m ${'é'.repeat(128)}=1 5`, `field name is:${'é'.repeat(128)}. upper limit: 255; current: 256`],
    [`m,t=${'x'.repeat(65_537)} v=1 5`, 'tag value for tag named: t. upper limit: 65536; current: 65537'],
  ])('the line %.40s is refused with the error of the server', (line, error) => {
    expect(parse(line).error).toMatch(error);
  });

  test.each([
    ['\\a\\b', '\\a\\b'],
    ['a\\\\b', 'a\\b'],
    ['\\ \\,\\=', ' ,='],
    ['a=b', 'a=b'],
    ['"q"', '"q"'],
    ['x\\\\', 'x\\'],
  ])('the tag value %s is unescaped to %s', (escaped, unescaped) => {
    expect(parse(`m,t=${escaped} v=1 5`).points[0]?.tags).toEqual({ t: unescaped });
  });

  test.each([
    ['"a\\\\"', 'a\\'],
    ['"x\\\\\\"y"', 'x\\"y'],
    ['"a\\\\\\\\b"', 'a\\\\b'],
    ['"a\\nb"', 'a\\nb'],
    ['"a\\\\\\b"', 'a\\\\b'],
    ['"a, b=c"', 'a, b=c'],
    ['abc"def"', ''],
    ['""', ''],
  ])('the string field %s is unescaped to %s', (escaped, unescaped) => {
    expect(parsedValue(escaped)).toBe(unescaped);
  });

  test('a line is split into its tags, fields, and time', () => {
    expect(parse('  a\\ b,z=1,y=2,e=   f=1,g="x",h=T   5\t').points).toEqual([
      {
        measurement: 'a b',
        tags: { y: '2', z: '1' },
        fields: [
          { key: 'f', type: 'float', value: 1 },
          { key: 'g', type: 'string', value: 'x' },
          { key: 'h', type: 'boolean', value: true },
        ],
        timestamp: 5n,
      },
    ]);
  });
});

describe('a block', () => {
  test.each([
    ['m v=1 5\nbad\nm v=2 6', 2, undefined],
    ['m v=1 5\nbad\n', 1, 'parse fail, point without fields is unsupported'],
    ['m v=1 5\nbad\n\n', 1, undefined],
    ['m v=1 5\nbad\n# end', 1, undefined],
    ['m v=1 5\nbad\n\r', 1, undefined],
    ['m v=1 5\n   ', 1, 'parse fail, point without fields is unsupported'],
    ['#m v=1 5\n #m v=2 6\n\t\0n v=3 7', 2, undefined],
    ['', 0, undefined],
  ])('the block %j gives %i point(s) and the error %s, because the next line clears an error', (text, count, error) => {
    const block = parse(text);
    expect(block.points).toHaveLength(count);
    expect(block.error).toBe(error);
  });

  test('a block of any bytes contains the same points as its lines parsed one by one', () => {
    fc.assert(
      fc.property(bodies, ({ body }) => {
        const lines = body.toString('latin1').split('\n');
        const single = lines.flatMap((line) => parseBlock(Buffer.from(line, 'latin1')).points);
        expect(parseBlock(body).points).toEqual(single);
      }),
    );
  });
});
