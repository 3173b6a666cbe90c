/**
 * Finds conflicts between the columns of a mapping. openGemini gives a column one role (tag or field) and one type,
 * which the first point decides (corpus: `conflict-only-field`).
 */

import type { Target } from '../ports.ts';
import type { MappingFault } from './fault-collector.ts';
import type { ConflictPolicy, FieldRule, MappingRule } from './mapping.ts';

interface Column {
  readonly name: string;
  /**
   * Role and type. `undefined` if the value decides the type, or if the declared type is invalid, which is reported
   * separately.
   */
  readonly role: string | undefined;
}

/** A rule and its place in the declaration, such as `mapping.mappings[0]`. */
export interface PlacedRule {
  readonly rule: MappingRule;
  readonly place: string;
}

const BY_TYPE_ROLES = { number: 'float field', string: 'string field', boolean: 'boolean field' } as const;

const BY_TEXT_ROLES = { number: 'float field', other: 'string field' } as const;

const namedColumns = <K extends string>(
  names: Readonly<Partial<Record<K, string>>>,
  roles: Readonly<Record<K, string>>,
): Column[] => Object.entries(names).map(([kind, name]) => ({ name: name as string, role: roles[kind as K] }));

const fieldColumns = (field: FieldRule): Column[] => {
  if (field.byType !== undefined) return namedColumns(field.byType, BY_TYPE_ROLES);
  if (field.byText !== undefined) return namedColumns(field.byText, BY_TEXT_ROLES);
  return [{ name: field.name, role: field.type === 'value' ? undefined : `${field.type} field` }];
};

const columnsOf = (rule: MappingRule): Column[] => [
  ...rule.tags.map((tag) => ({ name: tag.name, role: 'tag' })),
  ...rule.fields.flatMap(fieldColumns),
];

/** Returns the names that a rule uses more than once among its tags and fields. */
export const repeatedNames = (rule: MappingRule): string[] => {
  const names = columnsOf(rule).map(({ name }) => name);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
};

/**
 * Returns the target of a rule, as far as it is known without an event. A rule that names the configured database has
 * the same target as a rule that names none.
 */
const placeOf = (rule: MappingRule, configured: Target | undefined): unknown[] => {
  const database = rule.database ?? (configured === undefined ? undefined : { constant: configured.database });
  const policy = configured?.retentionPolicy;
  const same = database !== undefined && 'constant' in database && database.constant === configured?.database;
  return [database, rule.retentionPolicy ?? (same && policy !== undefined ? { constant: policy } : undefined)];
};

/**
 * Returns one sentence for each name that a rule uses twice, and for each column that two rules of the same measurement
 * and target declare differently. Measurements that come from the event are not compared.
 *
 * @param configured - Target of rules that name none.
 */
export const columnFaults = (rules: readonly PlacedRule[], configured: Target | undefined): MappingFault[] => {
  const faults: MappingFault[] = [];
  const add = (place: string, text: string): void => {
    faults.push({ place, sentence: `${place} ${text}` });
  };
  const seen = new Map<string, { role: string; place: string }>();
  const policies = new Map<string, { conflict: ConflictPolicy; place: string }>();
  for (const { rule, place } of rules) {
    for (const name of repeatedNames(rule)) {
      if (rule.tags.some((tag) => tag.name === name))
        add(`${place}.fields.${name}`, 'is also the name of a tag. Each column needs its own name.');
      else add(place, `uses the name "${name}" for more than one field. Each column needs its own name.`);
    }
    if (!('constant' in rule.measurement)) continue;
    const table = JSON.stringify([...placeOf(rule, configured), rule.measurement.constant]);
    const first = policies.get(table) ?? { conflict: rule.conflict, place };
    policies.set(table, first);
    if (first.conflict !== rule.conflict)
      add(
        place,
        `has "conflict": "${rule.conflict}" for measurement "${rule.measurement.constant}", but ${first.place} has "${first.conflict}". A line does not show its rule, so all rules of a measurement need the same.`,
      );
    for (const { name, role } of columnsOf(rule)) {
      if (role === undefined) continue;
      const key = `${table}/${name}`;
      const before = seen.get(key);
      if (before !== undefined && before.role !== role && before.place !== place) {
        add(
          place,
          `writes "${name}" of measurement "${rule.measurement.constant}" as ${role}, but ${before.place} writes it as ${before.role}. A column can have one type only.`,
        );
      }
      if (before === undefined) seen.set(key, { role, place });
    }
  }
  return faults;
};
