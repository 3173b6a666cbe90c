/** Reads the values that a mapping opens (`open`) and the arrays of its events (`events`). */

import { type Declared, type FaultCollector, isDeclared, shown } from './fault-collector.ts';
import type { EventLevel, OpenRule } from './mapping.ts';
import { readDecode } from './parse-source.ts';
import { isWholeObject, type Path, type PathNames, RESERVED_NAMES } from './path.ts';

const NAME = /^[A-Za-z_][\w-]*$/;

/** Reads a name that paths may begin with; `undefined` if none is declared or the name is a fault. */
const readName = (read: FaultCollector, declared: unknown, place: string): string | undefined => {
  if (declared === undefined) return undefined;
  if (typeof declared !== 'string' || !NAME.test(declared))
    return read.fault(place, `must be a name of letters, digits, "_" and "-", without "$", got ${shown(declared)}`);
  if (RESERVED_NAMES.includes(declared))
    return read.fault(place, `must not be $${declared}, which has a fixed meaning`);
  if (read.names.opened.has(declared) || read.names.levels.has(declared))
    return read.fault(
      place,
      `uses the name "${declared}" a second time. Each level and opened value needs its own name`,
    );
  return declared;
};

/** Reads `open`, and makes the names of its entries known to later paths. */
export const readOpen = (read: FaultCollector, declared: unknown, place: string): OpenRule[] => {
  if (declared === undefined) return [];
  if (!Array.isArray(declared)) {
    read.fault(place, `must be an array of {"path", "decode", "as"}, got ${shown(declared)}`);
    return [];
  }
  return declared
    .map((entry, index) => readOpenEntry(read, entry, `${place}[${index}]`))
    .filter((rule) => rule !== undefined);
};

const readOpenEntry = (read: FaultCollector, declared: unknown, place: string): OpenRule | undefined => {
  const rule = read.object(declared, place, ['path', 'decode', 'as', 'optional'], '{"path", "decode", "as"}');
  if (!isDeclared(declared)) return undefined;
  const path = read.path(rule.path, `${place}.path`);
  if (path !== undefined) read.refuseWholeObject(path, `${place}.path`);
  const decode = readDecode(read, rule.decode, `${place}.decode`, true);
  if (rule.as === undefined) read.fault(`${place}.as`, 'must be a name, by which paths reach the value ($NAME.member)');
  const as = readName(read, rule.as, `${place}.as`);
  const optional = read.flag(rule.optional, `${place}.optional`);
  if (path === undefined || as === undefined) return undefined;
  read.names = { ...read.names, opened: new Set([...read.names.opened, as]) };
  return { path, decode, as, optional };
};

/**
 * Reads `events`: a path, an object, or a list of them from the outermost array to the innermost. Makes the names of
 * levels and of what they open known to later paths.
 */
export const readLevels = (read: FaultCollector, declared: unknown, place: string): EventLevel[] => {
  if (declared === undefined) return [];
  const list: readonly unknown[] = Array.isArray(declared) ? declared : [declared];
  if (list.length === 0) read.fault(place, 'must name at least one array');
  const levels: EventLevel[] = [];
  for (const [index, entry] of list.entries()) {
    const level = readLevel(read, entry, Array.isArray(declared) ? `${place}[${index}]` : place);
    if (level === undefined) continue;
    levels.push(level);
  }
  return levels;
};

const namesWith = (names: PathNames, { as, isObject }: Pick<EventLevel, 'as' | 'isObject'>): PathNames => ({
  ...names,
  levels: as === undefined ? names.levels : new Map([...names.levels, [as, { isObject }]]),
  hasKeys: names.hasKeys || isObject,
});

const LEVEL_KEYS = ['path', 'each', 'as', 'missing', 'open'];

const readLevel = (read: FaultCollector, declared: unknown, place: string): EventLevel | undefined => {
  const rule: Declared =
    typeof declared === 'string'
      ? { path: declared }
      : read.object(declared, place, LEVEL_KEYS, 'a path or {"path", "each", "as", "missing", "open"}');
  const at = typeof declared === 'string' ? place : `${place}.path`;
  const path = read.path(rule.path, at);
  const each = read.choice(rule.each, `${place}.each`, ['element', 'member']);
  const as = readName(read, rule.as, `${place}.as`);
  const missing = read.choice(rule.missing, `${place}.missing`, ['refuse', 'ignore']);
  const isObject = each === 'member';
  // Later paths begin at an element, and $root is outside of it.
  read.rootIsEvent = false;
  read.names = namesWith(read.names, { as, isObject });
  const open = readOpen(read, rule.open, `${place}.open`);
  if (path === undefined) return undefined;
  if (leadsToEvents(path)) return { path, isObject, as, missing, open };
  const remedy = isWholeObject(path) ? '. Write "$value" for the event itself' : '';
  return read.fault(at, `must lead to an array of the event itself, got ${shown(rule.path)}${remedy}`);
};

/** Whether a path may lead to the elements of a level: into the event, an opened value, or the element itself. */
const leadsToEvents = (path: Path): boolean =>
  path.root === 'named' || ((path.root === 'event' || path.root === 'root') && !isWholeObject(path));
