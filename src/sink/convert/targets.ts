/** The target of an event: database and retention policy, as its rule says where they come from. */

import type { TargetRules } from '../decode/found-event.ts';
import type { TargetNameRule } from '../mapping/mapping.ts';
import { resolveFirst, type Scope } from '../mapping/path.ts';
import type { Target } from '../ports.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { pathsText } from './source-value.ts';

/** Returns the target of an event, or a refusal if the event names one that is not allowed. */
export const targetOf = (rule: TargetRules, target: Target, input: Scope): Target | Refusal => {
  if (rule.database === undefined && rule.retentionPolicy === undefined) return target;
  const database = nameOf(rule.database, target.database, 'database', input);
  if (isRefusal(database)) return database;
  // A retention policy belongs to a database, so the configured one does not apply to another database.
  const fallback = database === target.database ? target.retentionPolicy : undefined;
  const retentionPolicy = nameOf(rule.retentionPolicy, fallback, 'retentionPolicy', input);
  return isRefusal(retentionPolicy) ? retentionPolicy : { database: database as string, retentionPolicy };
};

const nameOf = (
  rule: TargetNameRule | undefined,
  configured: string | undefined,
  place: string,
  input: Scope,
): string | undefined | Refusal => {
  if (rule === undefined) return configured;
  if ('constant' in rule) return rule.constant;
  const value = resolveFirst(rule.paths, input);
  if ((value === undefined || value === null) && rule.default !== undefined) return rule.default;
  if (typeof value === 'string' && rule.allow.includes(value)) return value;
  return refuse(
    'database-not-allowed',
    `${place} (${pathsText(rule.paths)}): the event names none of the mapping's "allow" list`,
  );
};
