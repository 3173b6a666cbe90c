/** Prints floats so that openGemini parses exactly the same double. */

const MANTISSA_DIGITS = 17;

/**
 * Returns the shortest decimal of a finite double. Minus zero keeps its sign.
 *
 * Where JavaScript prints an exponent, the mantissa is padded to 17 digits, and `e+` becomes `e`. With fewer digits the
 * server multiplies by a power of ten. In a third of the cases its result is then off by one unit in the last place
 * (corpus: `float-short-exponent-ulp-SILENT`).
 */
export const floatText = (value: number): string => {
  const text = String(value);
  const exponentAt = text.indexOf('e');
  if (exponentAt < 0) return Object.is(value, -0) ? '-0' : text;
  const sign = text.startsWith('-') ? '-' : '';
  const [whole = '', fraction = ''] = text.slice(sign.length, exponentAt).split('.');
  const exponent = text.slice(exponentAt + 1).replace('+', '');
  return `${sign}${whole}.${fraction.padEnd(MANTISSA_DIGITS - whole.length, '0')}e${exponent}`;
};
