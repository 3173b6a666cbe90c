/**
 * Calculates whether a decimal is the one that `String` prints for its double, without parsing and printing it.
 *
 * `String` prints the shortest decimal that is nearer to the double than to any other, and of those the nearest to the
 * double. Here a decimal is divided into the double and a remainder, exactly enough to compare the remainder with the
 * distance to the neighbors. Whatever is too close to call is answered with `false`.
 */

const ZERO = 48;
const DOT = 46;

/** Significant digits that are examined. Fewer always identify a double, and no double needs more. */
const DIGITS_MIN = 16;
const DIGITS_MAX = 17;
/** Decimal places, at most. Larger powers of ten are not exactly doubles. */
const PLACES_MAX = 22;

/** Powers of ten that are exact doubles. */
const POWERS = Float64Array.from({ length: PLACES_MAX + 1 }, (_, power) => Number(`1e${power}`));

/** Factor that splits a double into two halves of 26 bits (Dekker). */
const SPLITTER = 2 ** 27 + 1;

/** Relative distance from a limit within which the answer is `false`. The error of the remainder is far smaller. */
const MARGIN = 1e-6;

const double = new Float64Array(1);
const bits = new Uint32Array(double.buffer);
/** Index of the word with the exponent. */
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * Whether a decimal without sign and exponent, such as `73.20508075688772`, is the text of its double. May return
 * `false` for one that is.
 *
 * @param from - Offset of its first digit.
 * @param end - Offset after its last digit.
 */
export const isShortestDecimal = (bytes: Uint8Array, from: number, end: number): boolean => {
  let first = from;
  while (bytes[first] === ZERO || bytes[first] === DOT) first += 1;
  let digits = 0;
  let places = 0;
  let high = 0;
  let low = 0;
  let isFraction = first > from && bytes[from + 1] === DOT;
  if (isFraction) places = first - from - 2;
  for (let at = first; at < end; at++) {
    const digit = (bytes[at] as number) - ZERO;
    if (digit < 0) {
      isFraction = true;
      continue;
    }
    if (isFraction) places += 1;
    if (digits < 9) high = high * 10 + digit;
    else low = low * 10 + digit;
    digits += 1;
  }
  if (digits < DIGITS_MIN || digits > DIGITS_MAX || places === 0 || places > PLACES_MAX) return false;
  return isShortest(high, low, digits - 9, POWERS[places] as number);
};

/**
 * Whether `(high * 10^lowDigits + low) / power` is the shortest decimal of its double.
 *
 * @param high - The first 9 digits.
 */
const isShortest = (high: number, low: number, lowDigits: number, power: number): boolean => {
  // The sum of two doubles is exactly the number of all digits. The first product is exact, because it has 49 bits
  // apart from factors of two.
  const start = high * (POWERS[lowDigits] as number);
  const whole = start + low;
  const wholeRest = low - (whole - start);
  const quotient = whole / power;
  const rest = (remainder(whole, quotient, power) + wholeRest) / power;
  const value = quotient + rest;
  /** The decimal minus its double. */
  const distance = rest - (value - quotient);
  const half = halfGap(value);
  if (Math.abs(distance) > half * (1 - MARGIN)) return false;
  const unit = 1 / power;
  // Another decimal of as many digits is nearer to the double, or may be.
  if (Math.abs(distance) > (unit / 2) * (1 - MARGIN)) return false;
  const last = low % 10;
  const below = Math.abs(distance - last * unit);
  const above = Math.abs(distance + (10 - last) * unit);
  // A decimal with a digit less identifies the double, or may do so.
  return last !== 0 && below > half * (1 + MARGIN) && above > half * (1 + MARGIN);
};

/** Returns `dividend - quotient * divisor` exactly, for a rounded quotient (Dekker). */
const remainder = (dividend: number, quotient: number, divisor: number): number => {
  const product = quotient * divisor;
  const q = SPLITTER * quotient;
  const qHigh = q - (q - quotient);
  const qLow = quotient - qHigh;
  const d = SPLITTER * divisor;
  const dHigh = d - (d - divisor);
  const dLow = divisor - dHigh;
  const error = qLow * dLow - (product - qHigh * dHigh - qLow * dHigh - qHigh * dLow);
  return dividend - product - error;
};

/**
 * Returns half the distance from a double to the next larger one. The next smaller one is not farther, so that no
 * decimal is taken for the shortest one wrongly.
 */
const halfGap = (value: number): number => {
  double[0] = value;
  const high = bits[HIGH] as number;
  bits[HIGH] = (high & 0x7ff00000) - (53 << 20);
  bits[1 - HIGH] = 0;
  return double[0];
};
