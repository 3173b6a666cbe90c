/** Recognizes rules and columns whose values are written as they are at their paths. */

import {
  type FieldRule,
  isPointRule,
  type Mapping,
  type MappingRule,
  type MemberRule,
  type TagRule,
  type TimeRule,
} from './mapping.ts';

/** Whether a column is not written as it is at its path, so that `tagOf` or `fieldOf` must read every value of it. */
export const isComposed = (column: TagRule | FieldRule, { nullTexts }: MappingRule): boolean => {
  const { templates, constant, decode } = column;
  const changes = 'type' in column && isChanged(column);
  return changes || nullTexts.size > 0 || templates !== undefined || constant !== undefined || decode !== undefined;
};

const isChanged = ({ byText, linear, lookup, exact, default: fallback }: FieldRule): boolean =>
  exact === true || [byText, linear, lookup, fallback].some((part) => part !== undefined);

/**
 * Returns the rule of a mapping that makes one point of each decoded event, in the configured target, of values at paths
 * and scalar members of the event; otherwise `undefined`.
 */
export const onlyPlainRule = ({ open, events, rules, preset, readsCode }: Mapping): MappingRule | undefined => {
  const [rule] = rules;
  if (rule === undefined || rules.length > 1 || !isPointRule(rule)) return undefined;
  const findsEvents = open.length > 0 || events.length > 0 || rule.events.length > 0 || rule.when !== undefined;
  const wildcards = [...rule.fieldsFrom, ...(rule.otherFields === undefined ? [] : [rule.otherFields])];
  const hasWildcards = rule.tagsFrom.length > 0 || wildcards.length > 1 || !wildcards.every(takesMembersOfEvent);
  const namesTarget = rule.database !== undefined || rule.retentionPolicy !== undefined;
  if (findsEvents || preset !== undefined || readsCode === true || hasWildcards || namesTarget) return undefined;
  // A member that a wildcard takes may have such a text, too.
  if (rule.nullTexts.size > 0) return undefined;
  const isPlain = (column: TagRule | FieldRule): boolean =>
    !isComposed(column, rule) && !('byType' in column && column.byType !== undefined);
  const isWhole = 'constant' in rule.measurement && isPlainTime(rule) && [...rule.tags, ...rule.fields].every(isPlain);
  return isWhole ? rule : undefined;
};

/** Whether a wildcard takes the scalar members of the event, and no others. */
const takesMembersOfEvent = (members: MemberRule): boolean => {
  const { root, segments } = members.path;
  return takesScalars(members) && (root === 'root' || root === 'event') && segments.length === 0;
};

/** Whether a wildcard takes scalar members under their own names, and nothing else. */
export const takesScalars = (members: MemberRule): boolean =>
  members.from === 'object' &&
  members.flatten === undefined &&
  members.except === undefined &&
  members.only === undefined &&
  members.prefix === '';

const isPlainTime = ({ timestamp: time }: MappingRule): boolean => {
  if (time === undefined) return true;
  return time.precision !== 'iso8601' && time.precision !== 'auto' && !isChangedTime(time) && time.spread !== true;
};

/** Whether a part of a rule other than `spread` may give an event another time than the one at its path. */
export const isChangedTime = ({ decode, plus, implausible = 'write' }: TimeRule): boolean =>
  decode !== undefined || plus !== undefined || implausible !== 'write';
