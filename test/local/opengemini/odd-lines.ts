/** Generators for unusual bodies of line protocol. */

import fc from 'fast-check';

/** All characters with a meaning in the grammar, and a few bytes without one. */
const SPECIAL = [
  ' ',
  ',',
  '=',
  '"',
  '\\',
  '\n',
  '\r',
  '\t',
  '#',
  '\0',
  'i',
  'u',
  'f',
  '.',
  '-',
  '+',
  'e',
  '0',
  '9',
  'é',
  '\x80',
  '\xff',
  '\x01',
  '\x7f',
  '[',
];

const special = fc.constantFrom(...SPECIAL);
const pieces = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .array(fc.oneof({ weight: 3, arbitrary: fc.constantFrom('a', 'b', 'k') }, special), { maxLength })
    .map((all) => all.join(''));

/** Measurements. There are few names, so that points with other types and with equal times occur. */
const measurement = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 60 }).map((n) => `m${n}`) },
  { weight: 1, arbitrary: pieces(5).map((text) => `x${text}`) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('.', '..', 'a/b', 'a;b', 'a\\,b', 'a\\\\b', '温度', 'a\u00a0b', '#m', ' #m', '\tm9', ''),
  },
);

const key = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('a', 'b', 'c', 'd') },
  { weight: 1, arbitrary: fc.constantFrom('time', 'a\\ b', 'a\\=b', 'a\\\\', 'a\\b', 'é', '') },
  { weight: 1, arbitrary: pieces(4) },
);

const tag = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(fc.constantFrom('t', 's', 'r'), fc.constantFrom('x', 'y', 'z')).map((pair) => pair.join('=')),
  },
  { weight: 2, arbitrary: fc.tuple(key, pieces(5)).map((pair) => pair.join('=')) },
  { weight: 1, arbitrary: pieces(3) },
);

const digits = fc
  .bigInt({ min: 0n, max: 10n ** 22n })
  .chain((n) => fc.integer({ min: 1, max: 22 }).map((length) => String(n).slice(0, length)));
const sign = fc.constantFrom('', '', '', '-', '+');
const decimal = fc
  .tuple(
    sign,
    fc.oneof(digits, fc.constant('')),
    fc.constantFrom('', '.'),
    fc.oneof(digits, fc.constant('')),
    fc.constantFrom('', '', 'e', 'E', 'e-', 'e+'),
    fc.integer({ min: 0, max: 420 }),
  )
  .map(
    ([minus, whole, point, fraction, exponent, power]) =>
      minus + whole + point + (point && fraction) + exponent + (exponent && power),
  );

const value = fc.oneof(
  { weight: 4, arbitrary: decimal },
  { weight: 3, arbitrary: fc.tuple(sign, digits).map(([minus, all]) => `${minus}${all}i`) },
  { weight: 3, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }).map(String) },
  { weight: 1, arbitrary: fc.tuple(decimal, fc.constantFrom('i', 'u', 'f', 'x')).map((pair) => pair.join('')) },
  { weight: 3, arbitrary: fc.constantFrom('t', 'T', 'true', 'True', 'TRUE', 'f', 'F', 'false', 'FALSE', 'tRUE') },
  { weight: 4, arbitrary: pieces(8).map((text) => `"${text}"`) },
  { weight: 1, arbitrary: pieces(6) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('inf', '-Inf', 'NaN', 'Infinity', 'abcf', '0x10', '1_000', "'a'", 'abc"d"', ''),
  },
);

const field = fc.tuple(key, value).map((pair) => pair.join('='));

const timestamp = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 9 }).map((n) => ` 175521600000000000${n}`) },
  {
    weight: 2,
    arbitrary: fc
      .integer({ min: 0, max: 99 })
      .map((weeks) => ` ${1_755_216_000_000_000_000n + BigInt(weeks) * 604_800_000_000_000n}`),
  },
  { weight: 1, arbitrary: digits.map((all) => ` ${all}`) },
  { weight: 1, arbitrary: fc.constantFrom('', ' ', ' -1', ' 1.5', ' 5x', ' 5\t', ' 5 6', '  5', ' HTTP/1.1') },
);

const cleanLine = fc
  .tuple(measurement, fc.array(tag, { maxLength: 3 }), fc.array(field, { minLength: 1, maxLength: 3 }), timestamp)
  .map(([name, tags, fields, time]) => `${[name, ...tags].join(',')} ${fields.join(',')}${time}`);

/** A line with one character replaced or inserted. */
const mutatedLine = fc.tuple(cleanLine, fc.nat(), special, fc.constantFrom(0, 1)).map(([line, where, char, cut]) => {
  const at = where % (line.length + 1);
  return line.slice(0, at) + char + line.slice(at + cut);
});

const line = fc.oneof(
  { weight: 3, arbitrary: cleanLine },
  { weight: 1, arbitrary: mutatedLine },
  { weight: 1, arbitrary: pieces(12) },
);

/**
 * Returns the bytes of a text. Characters below U+0100 (except é) give single bytes, so that invalid UTF-8 occurs too.
 */
const bytesOf = (text: string): Buffer =>
  Buffer.concat([...text].map((char) => Buffer.from(char, char < '\u0100' && char !== 'é' ? 'latin1' : 'utf8')));

/** Bodies of one to three lines, with a precision. */
export const bodies = fc.record({
  body: fc
    .tuple(fc.array(line, { minLength: 1, maxLength: 3 }), fc.constantFrom('', '\n'))
    .map(([lines, end]) => bytesOf(lines.join('\n') + end)),
  precision: fc.oneof(
    { weight: 9, arbitrary: fc.constant('ns') },
    { weight: 1, arbitrary: fc.constantFrom('', 'n', 'u', 'us', 'µ', 'ms', 's', 'm', 'h', 'MS') },
  ),
});
