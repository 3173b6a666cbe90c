import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addDecimals,
  compareDecimals,
  type Decimal,
  decimalText,
  equalDecimals,
  multiplyDecimals,
  parseDecimal,
} from '../../src/sink/decimal.ts';

const parsed = (text: string): Decimal => {
  const decimal = parseDecimal(text);
  if (decimal === undefined) throw new Error(`not a decimal number: ${text}`);
  return decimal;
};

/** A decimal of up to 41 digits with an exponent, and its value times 10^80 as an integer. */
const decimals = fc
  .tuple(fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }), fc.integer({ min: -60, max: 30 }))
  .map(([digits, exponent]) => ({ text: `${digits}e${exponent}`, scaled: digits * 10n ** BigInt(exponent + 80) }));

describe('parseDecimal', () => {
  test.each([
    ['215', 215n, 0],
    ['-12.50e3', -125n, 2],
    ['+1.5', 15n, -1],
    ['.5', 5n, -1],
    ['5.', 5n, 0],
    ['0.00', 0n, 0],
    ['-0', 0n, 0],
    ['0e999999999999', 0n, 0],
    ['1000', 1n, 3],
    ['007', 7n, 0],
    ['1E-3', 1n, -3],
  ])('reads %s as digits and an exponent', (text, digits, exponent) => {
    expect(parseDecimal(text)).toEqual({ digits, exponent });
  });

  test.each(['', '.', '-', 'e5', '1e', '1e+', '1.2.3', '0x10', ' 1', '1 ', '1_000', 'NaN', 'Infinity', '1n', '٣'])(
    'rejects %j, which is not a decimal number',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  test.each(['1e999999999', '1e-999999999', `1e${'9'.repeat(40)}`, '1e1101', '1e-1101'])(
    'rejects the exponent of %s before it allocates digits',
    (text) => {
      expect(parseDecimal(text)).toBeUndefined();
    },
  );

  test('reads 1,100 digits and rejects 1,101', () => {
    expect(parseDecimal('7'.repeat(1_100))).toBeDefined();
    expect(parseDecimal('7'.repeat(1_101))).toBeUndefined();
  });

  test('reads the shortest text of every double, and gives it back without an exponent', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = decimalText(parsed(String(value)));
        expect(Number(text)).toBe(value === 0 ? 0 : value);
        expect(text).not.toMatch(/e/i);
      }),
    );
  });
});

describe('arithmetic', () => {
  test('multiplies and adds as on paper, where doubles do not', () => {
    const scaled = addDecimals(multiplyDecimals(parsed('215'), parsed('0.1')), parsed('-40'));
    expect(decimalText(scaled)).toBe('-18.5');
    expect(decimalText(addDecimals(parsed('0.1'), parsed('0.2')))).toBe('0.3');
    expect(decimalText(addDecimals(parsed('1.320067464e+09'), parsed('-0.000000001')))).toBe('1320067463.999999999');
    expect(decimalText(addDecimals(parsed('1.5'), parsed('-1.5')))).toBe('0');
  });

  test('adds, multiplies and compares like integers of a common scale', () => {
    fc.assert(
      fc.property(decimals, decimals, (one, other) => {
        const [a, b] = [parsed(one.text), parsed(other.text)];
        const sum = addDecimals(a, b);
        expect(sum.digits * 10n ** BigInt(sum.exponent + 80)).toBe(one.scaled + other.scaled);
        const product = multiplyDecimals(a, b);
        expect(product.digits * 10n ** BigInt(product.exponent + 160)).toBe(one.scaled * other.scaled);
        const difference = one.scaled - other.scaled;
        expect(Math.sign(compareDecimals(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0);
        expect(equalDecimals(a, b)).toBe(difference === 0n);
      }),
    );
  });

  test('gives equal members to equal numbers, so that sums compare without their history', () => {
    fc.assert(
      fc.property(decimals, decimals, (one, other) => {
        const back = addDecimals(addDecimals(parsed(one.text), parsed(other.text)), parsed(negated(other.text)));
        expect(back).toEqual(parsed(one.text));
      }),
    );
  });

  test('prints what it reads', () => {
    fc.assert(
      fc.property(decimals, ({ text }) => {
        expect(parsed(decimalText(parsed(text)))).toEqual(parsed(text));
      }),
    );
  });
});

const negated = (text: string): string => (text.startsWith('-') ? text.slice(1) : `-${text}`);
