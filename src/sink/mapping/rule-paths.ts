/** Lists the paths that a rule reads. */

import type { Condition, MappingRule } from './mapping.ts';
import type { Path } from './path.ts';

/** Returns the paths that a condition reads. */
export const pathsOfCondition = (condition: Condition | undefined): readonly Path[] => {
  if (condition === undefined) return [];
  switch (condition.test) {
    case 'not':
      return pathsOfCondition(condition.condition);
    case 'all':
    case 'any':
      return condition.conditions.flatMap(pathsOfCondition);
    default:
      return condition.paths;
  }
};

/** Returns the paths to single values that a rule names. Members of wildcards are not among them. */
export const namedPaths = (rule: MappingRule): readonly Path[] => [
  ...('paths' in rule.measurement ? rule.measurement.paths : []),
  ...(rule.timestamp?.paths ?? []),
  ...(rule.timestamp?.plus?.paths ?? []),
  ...pathsOfCondition(rule.when),
  ...[rule.database, rule.retentionPolicy].flatMap((name) => (name !== undefined && 'paths' in name ? name.paths : [])),
  ...rule.tags.flatMap((tag) => tag.paths),
  ...rule.fields.flatMap((field) => field.paths),
];

/** Whether a rule reads events that are no objects: the event itself (`$value`), or elements of it by their index. */
export const readsElement = (rule: MappingRule): boolean =>
  namedPaths(rule).some(
    ({ root, segments: [first] }) => root === 'event' && (first === undefined || /^\d+$/.test(first)),
  );
