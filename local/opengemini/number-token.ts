import { type ByteText, quote } from './byte-text.ts';

/** What a step of the grammar gives: the thing it read, or the text of the error the server raises. */
export type Parsed<T> = { readonly value: T } | { readonly error: ByteText };

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;

const isDigit = (char: string | undefined): boolean => char !== undefined && char >= '0' && char <= '9';

const digitsEnd = (token: ByteText, from: number): number => {
  let end = from;
  while (isDigit(token[end])) end++;
  return end;
};

/** More than 18 characters: the library's careful reader takes over, and words its errors otherwise. */
const parseLongInteger = (token: ByteText, start: number, end: number): Parsed<bigint> => {
  const fail = (reason: string): Parsed<bigint> => ({
    error: `strconv.ParseInt: parsing ${quote(token)}: ${reason}`,
  });
  const magnitude = BigInt(token.slice(start, end));
  // It reads from the left: an overflow before the first strange character is what it reports.
  if (end < token.length) return fail(magnitude > UINT64_MAX ? 'value out of range' : 'invalid syntax');
  if (magnitude > INT64_MAX + BigInt(start)) return fail('value out of range');
  return { value: start === 1 ? -magnitude : magnitude };
};

/** The integer of `5i` (without its `i`) and of a timestamp. */
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

/** Integers travel as float64 inside the server: beyond 2^53 they change, and the largest one turns negative. */
export const throughFloat = (value: bigint): bigint => BigInt.asIntN(64, BigInt(Number(value)));

const EXACT_FLOAT = /^-?(?:\d+(?:_\d+)*(?:\.(?:\d+(?:_\d+)*)?)?|\.\d+(?:_\d+)*)(?:[eE][+-]?\d+(?:_\d+)*)?$/;

/** The slow path: correctly rounded, and 0 for what is no number. Underscores between digits are allowed here only. */
const exactFloat = (token: ByteText): number => (EXACT_FLOAT.test(token) ? Number(token.replaceAll('_', '')) : 0);

/** Powers of ten as the server's math library makes them: two table entries multiplied, hence a rounding of its own. */
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

/** The part from `e` on. Up to 300 it multiplies (this loses the last bit now and then), above it starts over exactly. */
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
 * The server's quick reader of floats. It never fails (what it cannot read is 0), it is exact up to about 17
 * characters without an exponent, and it hands longer tokens to the exact reader. Its odd answers are wanted here:
 * `+3` is 0, `-5.` is 5, `3e-8` is off by one bit.
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
    if (from === token.length) return mantissa; // Nothing behind the point: the sign is forgotten.
    at = digitsEnd(token, from);
    if (at > from && at - start >= 17) return exactFloat(token);
    mantissa = Number(whole + token.slice(from, at)) / Number(`1e${at - from}`);
    if (at === token.length) return minus ? -mantissa : mantissa;
  }
  return token[at] === 'e' || token[at] === 'E' ? scaleByExponent(token, at + 1, mantissa, minus) : 0;
};

/** The shape a float must have. It is wider than what the reader above understands, which is where `+3` slips in. */
const FLOAT_SHAPE = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

export const isFloatShaped = (token: ByteText): boolean => FLOAT_SHAPE.test(token);
