/** Looks at decimals that are written as bytes. */

const MINUS = 45;
const DOT = 46;
const ZERO = 48;

/** Whether a decimal may be below 10^-6, so that JavaScript prints it with an exponent. */
export const isTiny = (source: Buffer, from: number): boolean => {
  const first = source[from] === MINUS ? from + 1 : from;
  if (source[first] !== ZERO || source[first + 1] !== DOT) return false;
  let at = first + 2;
  while (source[at] === ZERO) at += 1;
  return at - first > 7;
};

/** Removes zeros at the end of a fraction, and its dot if none of its digits are left. */
export const withoutZeros = (bytes: Buffer, end: number): number => {
  let at = end;
  while (bytes[at - 1] === ZERO) at -= 1;
  return bytes[at - 1] === DOT ? at - 1 : at;
};

/** Returns the number of some digits. With more than 15 it may be inexact, and is larger than any time. */
export const numberAt = (source: Buffer, from: number, end: number): number => {
  let value = 0;
  for (let at = from; at < end; at++) value = value * 10 + (source[at] as number) - ZERO;
  return value;
};
