/** The targets that a mapping can name, for checks of the server. */

import type { Config } from '../../src/config/config.ts';
import type { MappingRule, TargetNameRule } from '../../src/sink/mapping/mapping.ts';
import { type Target, targetKey } from '../../src/sink/ports.ts';

/** Returns the configured target and all others that rules of the mapping name, without repetition. */
export const targetsOf = ({ opengemini, mapping }: Pick<Config, 'opengemini' | 'mapping'>): readonly Target[] => {
  const { target } = opengemini;
  const rules = (mapping?.rules ?? []).flatMap((rule) => (rule.drop === true ? [] : [rule]));
  const all = rules.length === 0 ? [target] : rules.flatMap((rule) => targetsOfRule(rule, target));
  return [...new Map(all.map((one) => [targetKey(one), one])).values()];
};

const targetsOfRule = ({ database, retentionPolicy }: MappingRule, target: Target): readonly Target[] =>
  namesOf(database, target.database).flatMap((name) => {
    // A retention policy belongs to a database, so the configured one does not apply to another database.
    const fallback = name === target.database ? target.retentionPolicy : undefined;
    return namesOf(retentionPolicy, fallback).map((policy) => ({ database: name as string, retentionPolicy: policy }));
  });

const namesOf = (rule: TargetNameRule | undefined, configured: string | undefined): readonly (string | undefined)[] => {
  if (rule === undefined) return [configured];
  if ('constant' in rule) return [rule.constant];
  return [...rule.allow, ...(rule.default === undefined ? [] : [rule.default])];
};
