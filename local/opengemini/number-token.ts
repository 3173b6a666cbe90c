/** Parses numbers as the server does, including its rounding errors and its error texts. */

import { type ByteText, quote } from './byte-text.ts';

/** Result of a parser: the value, or the server's error text. */
export type Parsed<T> = { readonly value: T } | { readonly error: ByteText };

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';

const digitsEnd = (token: ByteText, from: number): number => {
  let end = from;
  while (isDigit(token[end])) end++;
  return end;
};

/** Parses an integer of more than 18 characters, for which the server uses its exact parser with other error texts. */
const parseLongInteger = (token: ByteText, start: number, end: number): Parsed<bigint> => {
  const fail = (reason: string): Parsed<bigint> => ({
    error: `strconv.ParseInt: parsing ${quote(token)}: ${reason}`,
  });
  const magnitude = BigInt(token.slice(start, end));
  // It parses from the left, so an overflow before the first invalid character is reported first.
  if (end < token.length) return fail(magnitude > UINT64_MAX ? 'value out of range' : 'invalid syntax');
  if (magnitude > INT64_MAX + BigInt(start)) return fail('value out of range');
  return { value: start === 1 ? -magnitude : magnitude };
};

/** Parses the integer of a field like `5i` (without its `i`), or of a timestamp. */
export const parseInteger = (token: ByteText): Parsed<bigint> => {
  if (token === '') return { error: 'cannot parse int64 from empty string' };
  const start = token[0] === '-' ? 1 : 0;
  const end = digitsEnd(token, start);
  if (end > 18) return parseLongInteger(token, start, end);
  if (end === start) return { error: `cannot parse int64 from ${quote(token)}` };
  if (end < token.length) {
    return { error: `unparsed tail left after parsing int64 form ${quote(token)}: ${quote(token.slice(end))}` };
  }
  return { value: BigInt(token) };
};

/**
 * Converts an integer to float64 and back, as the server does internally. Beyond 2^53 it changes, and the largest one
 * becomes negative.
 */
export const throughFloat = (value: bigint): bigint => BigInt.asIntN(64, BigInt(Number(value)));

const EXACT_FLOAT = /^-?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;

/**
 * Slow path: rounds correctly, and returns 0 for text that is not a number. Underscores between digits are allowed only
 * here.
 */
const exactFloat = (token: ByteText): number => (EXACT_FLOAT.test(token) ? Number(token.replaceAll('_', '')) : 0);

/**
 * Returns a power of ten as the server's math library computes it: the product of two table entries, with its rounding
 * error.
 */
const powerOfTen = (exponent: number): number => {
  const size = Math.abs(exponent);
  const high = Number(`1e${Math.sign(exponent) * (size - (size % 32))}`);
  const low = Number(`1e${size % 32}`);
  return exponent < 0 ? high / low : high * low;
};

const parseNamedFloat = (token: ByteText, minus: boolean): number => {
  const name = token.replace(/^\+/, '').toLowerCase();
  if (name === 'inf' || name === 'infinity') return minus ? -Infinity : Infinity;
  return name === 'nan' ? Number.NaN : 0;
};

const EXPONENT_FAST_MAX = 300;

/**
 * Applies the exponent. Up to 300 it multiplies, which sometimes loses the last bit. Above 300 it parses again exactly.
 */
const scaleByExponent = (token: ByteText, at: number, mantissa: number, minus: boolean): number => {
  const signed = token[at] === '+' || token[at] === '-';
  const from = signed ? at + 1 : at;
  let exponent = 0;
  let end = from;
  for (; isDigit(token[end]); end++) {
    exponent = exponent * 10 + Number(token[end]);
    if (exponent > EXPONENT_FAST_MAX) return exactFloat(token);
  }
  if (end === from || end < token.length) return 0;
  const scaled = mantissa * powerOfTen(token[at] === '-' ? -exponent : exponent);
  return minus ? -scaled : scaled;
};

/**
 * Parses a float as the server's fast path does. It never fails: text that is not a number gives 0. It is exact up to
 * about 17 characters without an exponent, and uses the exact parser for longer tokens. Its errors are reproduced on
 * purpose: `+3` gives 0, `-5.` gives 5, and `3e-8` is off by one bit.
 */
export const parseFloatLoosely = (token: ByteText): number => {
  const minus = token[0] === '-';
  const start = minus ? 1 : 0;
  if (start >= token.length) return 0;
  if (token[start] === '.' && !isDigit(token[start + 1])) return 0;
  let at = digitsEnd(token, start);
  if (at > 18) return exactFloat(token);
  if (at === start && token[at] !== '.') return parseNamedFloat(token.slice(start), minus);
  const whole = token.slice(start, at);
  let mantissa = Number(whole);
  if (at === token.length) return minus ? -mantissa : mantissa;
  if (token[at] === '.') {
    const from = at + 1;
    if (from === token.length) return mantissa; // With nothing after the point the server loses the sign.
    at = digitsEnd(token, from);
    if (at > from && at - start >= 17) return exactFloat(token);
    mantissa = Number(whole + token.slice(from, at)) / Number(`1e${at - from}`);
    if (at === token.length) return minus ? -mantissa : mantissa;
  }
  return token[at] === 'e' || token[at] === 'E' ? scaleByExponent(token, at + 1, mantissa, minus) : 0;
};

/**
 * The form that the server requires of a float. It allows more than `parseFloatLoosely` can parse, for example `+3`.
 */
const FLOAT_SHAPE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

/** Whether the server accepts the text as a float. */
export const isFloatShaped = (token: ByteText): boolean => FLOAT_SHAPE.test(token);
