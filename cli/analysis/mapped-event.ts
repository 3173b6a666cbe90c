/** An event as the analyses see it: its rule, and the values where its paths begin. */

import type { DecodedMessage } from '../../src/sink/convert/decoded-message.ts';
import type { MappingRule } from '../../src/sink/mapping/mapping.ts';
import type { Scope } from '../../src/sink/mapping/path.ts';
import { isRefusal } from '../../src/sink/refusal.ts';

/** An event for which a rule was chosen. */
export interface MappedEvent {
  readonly rule: MappingRule;
  readonly scope: Scope;
  /** Index among all events of the message. */
  readonly index: number;
  /** Index of the unit of the message that contains the event. */
  readonly unit: number;
}

/** Returns the events of a message for which a rule was chosen. */
export const mappedEventsOf = ({ decoded, events }: DecodedMessage): readonly MappedEvent[] => {
  if (isRefusal(decoded) || isRefusal(events)) return [];
  return events.flatMap((found, index): readonly MappedEvent[] => {
    if (found.kind !== 'mapped') return [];
    const { rule, event, root, position, opened, place } = found;
    const unitIndex = decoded.layout === 'array' ? place.unit : undefined;
    return [{ rule, scope: { ...decoded.scopeOf(root, unitIndex), event, position, opened }, index, unit: place.unit }];
  });
};
