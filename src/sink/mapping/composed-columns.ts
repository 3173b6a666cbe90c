/** Tells columns whose values are written as they are from columns whose values are composed. */

import type { FieldRule, MappingRule, TagRule } from './mapping.ts';

/** Whether a column is not written as it is at its path, so that `tagOf` or `fieldOf` must read every value of it. */
export const isComposed = (column: TagRule | FieldRule, { nullTexts }: MappingRule): boolean => {
  const { templates, constant, decode } = column;
  const changes = 'type' in column && isChanged(column);
  return changes || nullTexts.size > 0 || templates !== undefined || constant !== undefined || decode !== undefined;
};

const isChanged = ({ byText, linear, lookup, exact, default: fallback }: FieldRule): boolean =>
  exact === true || [byText, linear, lookup, fallback].some((part) => part !== undefined);
