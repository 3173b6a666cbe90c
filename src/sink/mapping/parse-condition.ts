/** Reads the conditions (`when`) of a mapping. */

import type { Json, JsonKind } from '../json/json.ts';
import { type Declared, type FaultCollector, isDeclared, shown } from './fault-collector.ts';
import type { Condition } from './mapping.ts';

const KINDS = ['string', 'number', 'boolean', 'null', 'object', 'array'];
const TESTS = ['equals', 'in', 'exists', 'type', 'startsWith'] as const;
const COMBINATIONS = ['all', 'any', 'not'] as const;
/** Combinations first, because they decide how the others are read. */
const MEMBERS = [...COMBINATIONS, 'path', ...TESTS] as const;
const TEST_NAMES = TESTS.map((test) => `"${test}"`).join(', ');

const isCombination = (name: string | undefined): name is (typeof COMBINATIONS)[number] =>
  COMBINATIONS.some((combination) => combination === name);

/** Reads a condition; `undefined` after a fault. */
export const readCondition = (read: FaultCollector, declared: unknown, place: string): Condition | undefined => {
  if (isDeclared(declared)) {
    const [combination, ...others] = MEMBERS.filter((name) => declared[name] !== undefined);
    if (isCombination(combination)) {
      read.unknownKeys(declared, place, MEMBERS);
      if (others.length === 0) return readCombination(read, combination, declared[combination], place);
      const found = [combination, ...others].map((name) => `"${name}"`).join(' and ');
      return read.fault(place, `has ${found}. Put each into an object of one list: {"all": [{...}, {...}]}`);
    }
  }
  const expected = `{"path"} with one of ${TEST_NAMES}, or one of "all", "any", "not"`;
  const rule = read.object(declared, place, ['path', ...TESTS], expected);
  return readTest(read, rule, place);
};

const readCombination = (
  read: FaultCollector,
  name: (typeof COMBINATIONS)[number],
  declared: unknown,
  place: string,
): Condition | undefined => {
  const here = `${place}.${name}`;
  if (name === 'not') {
    const condition = readCondition(read, declared, here);
    return condition === undefined ? undefined : { test: 'not', condition };
  }
  if (!Array.isArray(declared) || declared.length === 0)
    return read.fault(here, `must be an array of at least one condition, got ${shown(declared)}`);
  const conditions = declared.map((entry, index) => readCondition(read, entry, `${here}[${index}]`));
  return { test: name, conditions: conditions.filter((condition) => condition !== undefined) };
};

const readTest = (read: FaultCollector, rule: Declared, place: string): Condition | undefined => {
  const paths = read.paths(rule.path, `${place}.path`);
  const [test, ...others] = TESTS.filter((name) => rule[name] !== undefined);
  if (test === undefined || others.length > 0) {
    const found = test === undefined ? 0 : others.length + 1;
    return read.fault(place, `must have exactly one of ${TEST_NAMES}, got ${found}`);
  }
  if (test === 'exists') return { paths, test, exists: read.flag(rule.exists, `${place}.exists`) };
  if (test === 'type') return { paths, test, type: read.choice(rule.type, `${place}.type`, KINDS) as JsonKind };
  for (const path of paths) read.refuseWholeObject(path, `${place}.path`);
  if (test === 'startsWith') {
    const beginning = rule.startsWith;
    if (typeof beginning === 'string' && beginning !== '') return { paths, test, beginning };
    return read.fault(`${place}.startsWith`, `must be text that is not empty, got ${shown(beginning)}`);
  }
  return readValues(read, rule, test, { paths, place });
};

const readValues = (
  read: FaultCollector,
  rule: Declared,
  test: 'equals' | 'in',
  { paths, place }: { readonly paths: Extract<Condition, { test: 'in' }>['paths']; readonly place: string },
): Condition | undefined => {
  const here = `${place}.${test}`;
  const values = test === 'equals' ? [rule.equals] : rule.in;
  if (Array.isArray(values) && values.length === 0)
    return read.fault(here, 'must contain at least one value, because no event matches an empty list');
  if (!Array.isArray(values) || values.some((value) => typeof value === 'object' && value !== null))
    return read.fault(here, `must contain only text, numbers, booleans or null, got ${shown(rule[test])}`);
  const inexact = (value: unknown): boolean => Number.isInteger(value) && !Number.isSafeInteger(value);
  if (values.some(inexact))
    read.fault(
      here,
      'must not contain integers beyond 2^53-1, because JSON does not keep them exact. Write them as text in the events, or use another path.',
    );
  return { paths, test: 'in', values: values as readonly Json[] };
};
