import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkName } from '../../../src/sink/mapping/name-rules.ts';
import { fieldNameFrom, measurementFrom, tagNameFrom } from '../../../src/sink/outside-names.ts';

const ROLES = [
  ['measurement', measurementFrom],
  ['tag', tagNameFrom],
  ['field', fieldNameFrom],
] as const;

const names = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 3 }),
      fc.constantFrom('#', '/', '\\', '"', '\n', 'time', '.', '\ud800'),
    ),
    {
      minLength: 1,
      maxLength: 6,
    },
  )
  .map((parts) => parts.join(''))
  .filter((name) => name !== '');

describe.each(ROLES)('the name of a %s', (role, repair) => {
  test(`of a producer becomes a name of a ${role} that openGemini accepts`, () => {
    fc.assert(
      fc.property(names, (name) => {
        expect(checkName(role, repair(name), '')).toBeUndefined();
      }),
    );
  });

  test(`stays as it is if openGemini accepts it as the name of a ${role}`, () => {
    fc.assert(
      fc.property(names, (name) => {
        fc.pre(checkName(role, name, '') === undefined);
        expect(repair(name)).toBe(name);
      }),
    );
  });
});

test.each([
  [measurementFrom, '#a#b', '_a#b'],
  [measurementFrom, 'a/b,c;d\\e', 'a_b_c_d_e'],
  [measurementFrom, '.', '_'],
  [measurementFrom, 'time', 'time'],
  [tagNameFrom, 'a"b/c', 'a"b/c'],
  [tagNameFrom, 'time', 'time_'],
  [fieldNameFrom, 'a"b\tc', 'a_b_c'],
  [fieldNameFrom, 'time', 'time_'],
])('%o turns %j into %j', (repair, name, repaired) => {
  expect(repair(name)).toBe(repaired);
});
