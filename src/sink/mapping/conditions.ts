/** Evaluates the conditions (`when`) of rules. */

import { type Json, kindOf, numberOf, SourceNumber } from '../json/json.ts';
import type { Condition } from './mapping.ts';
import { resolveFirst, type Scope } from './path.ts';

/** Whether a condition is met. Every condition is either met or not, whatever the values are. */
export const isMet = (condition: Condition, scope: Scope): boolean => {
  switch (condition.test) {
    case 'all':
      return condition.conditions.every((one) => isMet(one, scope));
    case 'any':
      return condition.conditions.some((one) => isMet(one, scope));
    case 'not':
      return !isMet(condition.condition, scope);
    default:
      return isTrueOf(condition, resolveFirst(condition.paths, scope));
  }
};

type ValueCondition = Extract<Condition, { readonly paths: unknown }>;

const isTrueOf = (condition: ValueCondition, value: Json | undefined): boolean => {
  switch (condition.test) {
    case 'exists':
      return (value !== undefined) === condition.exists;
    case 'type':
      return value !== undefined && kindOf(value) === condition.type;
    case 'in':
      return value !== undefined && condition.values.includes(comparable(value));
    case 'startsWith':
      return typeof value === 'string' && value.startsWith(condition.beginning);
  }
};

/**
 * Returns a value in the form in which conditions compare it. An integer beyond 2^53 never equals a value in a
 * condition.
 */
const comparable = (value: Json): Json => {
  const number = value instanceof SourceNumber ? numberOf(value) : value;
  return typeof number === 'number' && Number.isInteger(number) && !Number.isSafeInteger(number) ? Number.NaN : number;
};
