/** Converts an event with both converters, for tests that state its exact result. */

import { expect } from 'vitest';
import { convert, mapping, message, refusalTexts } from './make.ts';

/**
 * Converts one event with both converters, which must agree. Returns its lines, without a time that is that of the
 * message, and its refusals. Ends with the numbers of values that were altered and left out, if there are any.
 */
export const resultOf = (declared: Record<string, unknown>, event: unknown): string => {
  const rules = mapping(declared);
  const [line, point] = (['line', 'point'] as const).map((converter) => {
    const { lines, refused, valuesAltered, fieldsOmitted } = convert(message(event), { mapping: rules, converter });
    const counts = valuesAltered + fieldsOmitted === 0 ? '' : ` [altered ${valuesAltered}, omitted ${fieldsOmitted}]`;
    const texts = [...lines.map((text) => text.replace(/ 1755216000000\d{6}$/, '')), ...refusalTexts(refused)];
    return texts.join('; ') + counts;
  });
  expect(point).toBe(line);
  return line as string;
};
