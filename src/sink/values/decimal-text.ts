/** Reads decimal numbers in texts, as people and programs write them. */

/** A decimal number as people and programs write it: with a plus sign, blanks around it, or no digit beside the dot. */
const LOOSE_DECIMAL = /^(?:\+|(-))?(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/**
 * Returns the decimal number in a text in the form of JSON, except for leading zeros; `undefined` for other texts.
 * Accepts a leading plus sign, surrounding blanks, `.5` and `5.`.
 */
export const decimalIn = (text: string): string | undefined => {
  // A pattern for the blanks would take quadratic time for a long text of blanks.
  const match = LOOSE_DECIMAL.exec(text.trim());
  if (match === null) return undefined;
  const [, sign = '', whole = '', fraction = '', exponent] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = fraction === '' ? whole : `${whole || '0'}.${fraction}`;
  return sign + digits + (exponent === undefined ? '' : `e${exponent}`);
};

/** Zeros that make every number larger than 2^53. */
const BEYOND_INTEGERS = '0'.repeat(20);

/**
 * Returns the digits of a decimal that is an integer, such as `3.0` or `1e3`; `undefined` for others, such as `3.5`.
 */
export const wholeFromDecimal = (text: string): string | undefined => {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e');
  const [whole = '', fraction = ''] = mantissa.split('.');
  const shift = Number(exponent);
  // The number is beyond all integers that openGemini keeps, or it is zero, or it has a fraction.
  if (Math.abs(shift) > 30)
    return /[1-9]/.test(mantissa) ? (shift > 0 ? whole + fraction + BEYOND_INTEGERS : undefined) : '0';
  const digits = whole + fraction.padEnd(Math.max(0, shift), '0');
  const cut = digits.length - Math.max(fraction.length, shift) + shift;
  return /[1-9]/.test(digits.slice(Math.max(cut, 0))) ? undefined : digits.slice(0, Math.max(cut, 0)) || '0';
};
