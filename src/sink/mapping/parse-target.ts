/** Reads the names of a mapping for the target of its points: database and retention policy. */

import { type FaultCollector, shown } from './fault-collector.ts';
import type { TargetNameRule } from './mapping.ts';
import { databaseNameFault } from './name-rules.ts';

/** Reads a database or a retention policy; `undefined` if none is declared. */
export const readTargetName = (read: FaultCollector, declared: unknown, place: string): TargetNameRule | undefined => {
  if (declared === undefined) return undefined;
  if (typeof declared === 'string') {
    checkDatabaseName(read, declared, place);
    return { constant: declared };
  }
  const rule = read.object(declared, place, ['path', 'allow', 'default'], 'a name or {"path", "allow", "default"}');
  const allow = rule.allow;
  if (!Array.isArray(allow) || allow.length === 0 || !allow.every((name) => typeof name === 'string' && name !== ''))
    read.fault(`${place}.allow`, `must list the names that events may choose, got ${shown(allow)}`);
  else for (const name of allow) checkDatabaseName(read, name, `${place}.allow`);
  const fallback = read.optionalText(rule.default, `${place}.default`);
  if (fallback !== undefined) checkDatabaseName(read, fallback, `${place}.default`);
  return {
    paths: read.valuePaths(rule.path, `${place}.path`),
    allow: Array.isArray(allow) ? allow.map(String) : [],
    default: fallback,
  };
};

const checkDatabaseName = (read: FaultCollector, name: string, place: string): void => {
  const fault = databaseNameFault(name);
  if (fault !== undefined) read.fault(place, `${fault}, got ${shown(name)}`);
};
