/** Reads the members that become columns of their own names: `*` of tags and fields, and `otherFields`. */

import { type Declared, type FaultCollector, isDeclared, shown } from './fault-collector.ts';
import type { MemberNames, MemberRule, NamePatterns, ObjectMembers } from './mapping.ts';
import { checkName } from './name-rules.ts';
import { NO_NAMES, type Path } from './path.ts';

const NAME_KEYS = ['except', 'only', 'prefix'];
const NESTED_KEYS = ['flatten', 'arrays'];

/** Reads `*`: a path, an object with `path` or `pairs`, or a list of both. */
export const readMembers = (read: FaultCollector, declared: unknown, place: string): MemberRule[] => {
  const list: readonly unknown[] = Array.isArray(declared) ? declared : [declared];
  if (list.length === 0) read.fault(place, 'must name at least one path');
  return list.flatMap((entry, index) =>
    readMember(read, entry, Array.isArray(declared) ? `${place}[${index}]` : place),
  );
};

const readMember = (read: FaultCollector, declared: unknown, place: string): MemberRule[] => {
  if (!isDeclared(declared)) {
    const path = read.path(declared, place);
    return path === undefined ? [] : [plainMembers(path)];
  }
  read.onlyOne(declared, place, ['path', 'pairs']);
  return declared.pairs === undefined ? readObject(read, declared, place) : readPairs(read, declared, place);
};

/** Returns the rule that takes all scalar members of an object. */
export const plainMembers = (path: Path): ObjectMembers => ({
  from: 'object',
  path,
  flatten: undefined,
  arrays: false,
  except: undefined,
  only: undefined,
  prefix: '',
});

const readObject = (read: FaultCollector, declared: Declared, place: string): MemberRule[] => {
  read.unknownKeys(declared, place, ['path', ...NESTED_KEYS, ...NAME_KEYS]);
  const path = read.path(declared.path, `${place}.path`);
  return path === undefined ? [] : [membersOf(read, declared, place, path)];
};

const membersOf = (read: FaultCollector, declared: Declared, place: string, path: Path): ObjectMembers => {
  const flatten = read.optionalText(declared.flatten, `${place}.flatten`);
  const arrays = read.choice(declared.arrays, `${place}.arrays`, ['ignore', 'index']) === 'index';
  if (arrays && flatten === undefined)
    read.fault(`${place}.arrays`, 'needs "flatten", the text between the name of the array and the index');
  return { from: 'object', path, flatten, arrays, ...readNames(read, declared, place) };
};

/** Reads `otherFields`; `undefined` if other members are ignored. */
export const readOtherFields = (read: FaultCollector, declared: unknown, place: string): ObjectMembers | undefined => {
  const path: Path = { root: 'event', segments: [], text: 'event' };
  if (!isDeclared(declared)) {
    const choice = read.choice(declared, place, ['ignore', 'include']);
    return choice === 'include' ? plainMembers(path) : undefined;
  }
  read.unknownKeys(declared, place, [...NESTED_KEYS, ...NAME_KEYS]);
  return membersOf(read, declared, place, path);
};

const readPairs = (read: FaultCollector, declared: Declared, place: string): MemberRule[] => {
  read.unknownKeys(declared, place, ['pairs', 'name', 'value', ...NAME_KEYS]);
  const path = read.path(declared.pairs, `${place}.pairs`);
  const { names, rootIsEvent } = read;
  // Both paths begin at the pair, which has no names and no other root.
  read.names = NO_NAMES;
  read.rootIsEvent = false;
  const namePaths = readInPair(read, declared.name, `${place}.name`);
  const valuePaths = readInPair(read, declared.value, `${place}.value`);
  read.names = names;
  read.rootIsEvent = rootIsEvent;
  return path === undefined
    ? []
    : [{ from: 'pairs', path, namePaths, valuePaths, ...readNames(read, declared, place) }];
};

const readInPair = (read: FaultCollector, declared: unknown, place: string): Path[] => {
  const paths = read.valuePaths(declared, place);
  for (const { root, text } of paths)
    if (root !== 'event') read.fault(place, `must begin in the pair itself, got ${shown(text)}`);
  return paths;
};

const readNames = (read: FaultCollector, declared: Declared, place: string): MemberNames => {
  const prefix = read.optionalText(declared.prefix, `${place}.prefix`) ?? '';
  // If a prefix cannot begin a name, every event would be refused, whatever name follows it.
  if (prefix !== '') read.refusal(checkName('field', `${prefix}x`, `${place}.prefix`), `${place}.prefix`);
  return {
    except: readPatterns(read, declared.except, `${place}.except`),
    only: readPatterns(read, declared.only, `${place}.only`),
    prefix,
  };
};

const readPatterns = (read: FaultCollector, declared: unknown, place: string): NamePatterns | undefined => {
  if (declared === undefined) return undefined;
  const texts = read.texts(typeof declared === 'string' ? [declared] : declared, place);
  for (const text of texts)
    if (text.slice(0, -1).includes('*') || text === '')
      read.fault(place, `must list names, or beginnings with one "*" at the end, got ${shown(text)}`);
  return {
    names: new Set(texts.filter((text) => !text.endsWith('*'))),
    beginnings: texts.filter((text) => text.endsWith('*')).map((text) => text.slice(0, -1)),
  };
};
