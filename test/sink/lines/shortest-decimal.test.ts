import { expect, test } from 'vitest';
import { randomFrom } from '../../../local/workload/random.ts';
import { isShortestDecimal } from '../../../src/sink/lines/shortest-decimal.ts';

const isShortest = (text: string): boolean => isShortestDecimal(Buffer.from(text), 0, text.length);

test.each([
  ['73.20508075688772', true],
  ['0.30000000000000004', true],
  ['0.001234567890123456', true],
  // The shortest decimal of its double is 0.3.
  ['0.2999999999999999889', false],
  ['0.3000000000000000', false],
  ['0.10000000000000001', false],
  // Another decimal of as many digits is nearer to the double.
  ['73.205080756887716', false],
  // Its neighbors are not equally far away.
  ['0.50000000000000000', false],
  // With fewer digits the caller copies them, and with more no double needs them.
  ['1.5', false],
  ['0.123456789012345678', false],
  ['1234567890123456', false],
])('%s: %s', (text, expected) => {
  expect(isShortest(text)).toBe(expected);
  if (expected) expect(String(Number(text))).toBe(text);
});

test('is never true for a decimal that String prints differently, and true for nearly all doubles', {
  tags: 'slow',
}, () => {
  const random = randomFrom(11);
  let [doubles, found] = [0, 0];
  for (let i = 0; i < 100_000; i++) {
    const value = random.next() * 10 ** (random.below(12) - 3);
    const text = String(value);
    const variants = [text, `${text}${random.below(10)}`, `${text.slice(0, -1)}${random.below(10)}`];
    for (const variant of [...variants, value.toPrecision(17), value.toPrecision(16)])
      if (isShortest(variant)) expect(String(Number(variant))).toBe(variant);
    if (text.replace(/^0\.0*|\./g, '').length < 16 || !text.includes('.')) continue;
    doubles += 1;
    if (isShortest(text)) found += 1;
  }
  expect(doubles).toBeGreaterThan(50_000);
  expect(found / doubles).toBeGreaterThan(0.99);
});

test('is not true for powers of two and their neighbors, unless String prints them', () => {
  for (let power = -20; power < 50; power++)
    for (const step of [-3, -2, -1, 0, 1, 2, 3]) {
      const value = 2 ** power * (1 + step * 2 ** -52);
      for (const digits of [16, 17]) {
        const text = value.toPrecision(digits);
        if (isShortest(text)) expect(String(Number(text))).toBe(text);
      }
    }
});
