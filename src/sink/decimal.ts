/**
 * Exact decimal arithmetic for numbers that are given as text. Doubles cannot represent most decimals, so that
 * 215 * 0.1 and 0.1 + 0.2 would give digits that no producer sent.
 */

/**
 * The number `digits` * 10^`exponent`. Digits do not end in a zero, and the exponent of zero is 0, so that equal numbers
 * have equal members.
 */
export interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/**
 * Digits of a number, at most. The exact value of a double has up to 767 significant digits. The limit keeps a long text
 * from costing quadratic time.
 */
const DIGITS_MAX = 1_100;

/**
 * Magnitude of an exponent, at most. Doubles reach from 10^-324 to 10^309. Without the limit, `1e999999999` plus 1 would
 * allocate a gigabyte.
 */
const EXPONENT_MAX = 1_100;

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * Parses a decimal number: a sign, digits with a dot anywhere among them, and an exponent, such as `-12.50e3`, `.5` and
 * `5.`. Returns `undefined` for other texts, and for numbers beyond the limits of digits and exponent.
 */
export const parseDecimal = (text: string): Decimal | undefined => {
  if (text.length > 4 * DIGITS_MAX) return undefined;
  const match = DECIMAL.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', power = '0'] = match;
  const written = whole + fraction;
  if (written === '') return undefined;
  const end = endOfDigits(written);
  if (end === 0) return ZERO;
  const digits = written.slice(0, end).replace(/^0+/, '');
  const exponent = Number(power) - fraction.length + written.length - end;
  if (digits.length > DIGITS_MAX || Math.abs(exponent) > EXPONENT_MAX) return undefined;
  return { digits: BigInt(sign === '-' ? `-${digits}` : digits), exponent };
};

const ZERO: Decimal = { digits: 0n, exponent: 0 };

/** Returns the sum of two numbers. */
export const addDecimals = (one: Decimal, other: Decimal): Decimal => {
  const exponent = Math.min(one.exponent, other.exponent);
  return reduced(digitsAt(one, exponent) + digitsAt(other, exponent), exponent);
};

/** Returns the product of two numbers. */
export const multiplyDecimals = (one: Decimal, other: Decimal): Decimal =>
  reduced(one.digits * other.digits, one.exponent + other.exponent);

/** Whether two numbers are equal. */
export const equalDecimals = (one: Decimal, other: Decimal): boolean =>
  one.digits === other.digits && one.exponent === other.exponent;

/** Returns a negative number, zero or a positive number if `one` is less than, equal to or greater than `other`. */
export const compareDecimals = (one: Decimal, other: Decimal): number => {
  const exponent = Math.min(one.exponent, other.exponent);
  const difference = digitsAt(one, exponent) - digitsAt(other, exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};

/** Returns the number without an exponent, such as `-12500` or `0.05`. `Number` of it is the nearest double. */
export const decimalText = ({ digits, exponent }: Decimal): string => {
  const sign = digits < 0n ? '-' : '';
  const text = String(digits < 0n ? -digits : digits);
  if (exponent >= 0) return sign + text + (digits === 0n ? '' : '0'.repeat(exponent));
  const padded = text.padStart(1 - exponent, '0');
  return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
};

/** Returns the digits of a number at an exponent that is not greater than its own. */
const digitsAt = ({ digits, exponent }: Decimal, lower: number): bigint => digits * 10n ** BigInt(exponent - lower);

/** Returns the length of a text without its trailing zeros. A pattern would take quadratic time for zeros in the middle. */
export const endOfDigits = (text: string): number => {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 48) end -= 1;
  return end;
};

const reduced = (digits: bigint, exponent: number): Decimal => {
  if (digits === 0n) return ZERO;
  const text = String(digits);
  const zeros = text.length - endOfDigits(text);
  return zeros === 0 ? { digits, exponent } : { digits: BigInt(text.slice(0, -zeros)), exponent: exponent + zeros };
};
