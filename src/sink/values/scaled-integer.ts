/** Calculates `value x scale + offset` for integers without decimal arithmetic, which is several times slower. */

import { parseDecimal } from '../decimal.ts';
import type { Linear } from '../mapping/mapping.ts';

/** The numbers of a rule as integers over one power of ten. */
interface Whole {
  readonly scale: number;
  readonly offset: number;
  /** Power of ten, exact as a double: at most 10^22. */
  readonly divisor: number;
}

const EXPONENT_MAX = 22;

const prepared = new WeakMap<Linear, Whole | undefined>();

const prepare = (linear: Linear): Whole | undefined => {
  const [scale, offset] = [parseDecimal(linear.scale), parseDecimal(linear.offset)];
  if (scale === undefined || offset === undefined) return undefined;
  const places = Math.max(0, -scale.exponent, -offset.exponent);
  const [factor, summand] = [scale, offset].map(({ digits, exponent }) =>
    exponent + places > EXPONENT_MAX ? Number.NaN : Number(digits) * 10 ** (exponent + places),
  ) as [number, number];
  const isExact = Number.isSafeInteger(factor) && Number.isSafeInteger(summand) && places <= EXPONENT_MAX;
  return isExact ? { scale: factor, offset: summand, divisor: 10 ** places } : undefined;
};

/**
 * Returns the double nearest to the exact result for a small integer; `undefined` if decimal arithmetic is needed. The
 * numerator is a safe integer and the divisor an exact power of ten, so that the division rounds once, as decimal
 * conversion does.
 */
export const scaledInteger = (value: number, linear: Linear): number | undefined => {
  if (!prepared.has(linear)) prepared.set(linear, prepare(linear));
  const whole = prepared.get(linear);
  if (whole === undefined || !Number.isInteger(value) || value === 0) return undefined;
  const product = value * whole.scale;
  const numerator = product + whole.offset;
  return Number.isSafeInteger(product) && Number.isSafeInteger(numerator) ? numerator / whole.divisor : undefined;
};
