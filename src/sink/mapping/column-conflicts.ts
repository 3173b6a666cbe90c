/** Faults between the columns of a mapping: openGemini gives a column one role and one type, and the first writer decides. */

import type { Target } from '../ports.ts';
import type { FieldRule, MappingRule } from './mapping.ts';

interface Column {
  readonly name: string;
  /** Undefined where the type is left to the values, or is mistaken and told as such. */
  readonly role: string | undefined;
}

/** A rule, and where it stands in its declaration. */
export interface PlacedRule {
  readonly rule: MappingRule;
  readonly place: string;
}

const BY_TYPE_ROLES = { number: 'float field', string: 'string field', boolean: 'boolean field' } as const;

const fieldColumns = (field: FieldRule): Column[] =>
  field.byType === undefined
    ? [{ name: field.name, role: field.type === 'value' ? undefined : `${field.type} field` }]
    : Object.entries(field.byType).map(([kind, name]) => ({
        name,
        role: BY_TYPE_ROLES[kind as keyof typeof BY_TYPE_ROLES],
      }));

const columnsOf = (rule: MappingRule): Column[] => [
  ...rule.tags.map((tag) => ({ name: tag.name, role: 'tag' })),
  ...rule.fields.flatMap(fieldColumns),
];

/** Names that a rule uses more than once among its tags and fields. */
export const repeatedNames = (rule: MappingRule): string[] => {
  const names = columnsOf(rule).map(({ name }) => name);
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
};

/** The target of a rule as far as it is known before an event: a configured one that is named again is the same. */
const placeOf = (rule: MappingRule, configured: Target | undefined): unknown[] => {
  const database = rule.database ?? (configured === undefined ? undefined : { constant: configured.database });
  const policy = configured?.retentionPolicy;
  const same = database !== undefined && 'constant' in database && database.constant === configured?.database;
  return [database, rule.retentionPolicy ?? (same && policy !== undefined ? { constant: policy } : undefined)];
};

/** Names used twice within a rule, and columns that two rules of one measurement and target see differently. */
export const columnFaults = (rules: readonly PlacedRule[], configured: Target | undefined): string[] => {
  const faults: string[] = [];
  const seen = new Map<string, { role: string; place: string }>();
  for (const { rule, place } of rules) {
    for (const name of repeatedNames(rule)) {
      faults.push(
        `${place} uses the name "${name}" more than once among its tags and fields; each column needs a name of its own`,
      );
    }
    if (!('constant' in rule.measurement)) continue;
    const table = JSON.stringify([...placeOf(rule, configured), rule.measurement.constant]);
    for (const { name, role } of columnsOf(rule)) {
      if (role === undefined) continue;
      const key = `${table}/${name}`;
      const before = seen.get(key);
      if (before !== undefined && before.role !== role && before.place !== place) {
        faults.push(
          `${place} writes "${name}" of measurement "${rule.measurement.constant}" as ${role}, but ${before.place} writes it as ${before.role}; a column can have one type only`,
        );
      }
      if (before === undefined) seen.set(key, { role, place });
    }
  }
  return faults;
};
