/** Finds the events of a unit by a preset: by its rules, or by its code. */

import type { PresetStage } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/path.ts';
import type { PresetEvent } from '../presets/preset.ts';
import { EVENTS_PER_MESSAGE_MAX } from './decode-options.ts';
import type { FoundEvent } from './found-event.ts';
import { mappedEvents, type Search } from './mapped-events.ts';

/** Adds the events of a unit. Returns `false` if there are more than a message may contain. */
export const presetEvents = (preset: PresetStage, scope: Scope, unit: number, search: Search): boolean => {
  if (preset.kind === 'rules') return mappedEvents(preset.mapping, scope, unit, search);
  const found = preset.convert(scope.root, search.decoded.messageInfo(), preset.policy);
  if (found.length > EVENTS_PER_MESSAGE_MAX) return false;
  for (const [among, event] of found.entries()) {
    const place = { unit, position: undefined, among: found.length > 1 ? among : undefined };
    search.events.push({ ...foundEvent(event, preset, scope), place } as FoundEvent);
  }
  return true;
};

const foundEvent = (
  event: PresetEvent,
  { database, retentionPolicy }: Extract<PresetStage, { kind: 'code' }>,
  { root }: Scope,
) => {
  if (event.kind !== 'point') return event;
  const hasTarget = database !== undefined || retentionPolicy !== undefined;
  const target = hasTarget ? { rules: { database, retentionPolicy }, root } : undefined;
  return { kind: 'canonical', event: event.event, target } as const;
};
