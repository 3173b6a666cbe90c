/** Finds the events of a unit by a preset that is code. */

import type { PresetStage } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/path.ts';
import type { PresetEvent } from '../presets/preset.ts';
import { EVENTS_PER_MESSAGE_MAX } from './decode-options.ts';
import type { DistributiveOmit, FoundEvent } from './found-event.ts';
import type { Search } from './search.ts';

type CodePreset = Extract<PresetStage, { kind: 'code' }>;

/** Adds the events of a unit. Returns `false` if there are more than a message may contain. */
export const codeEvents = (preset: CodePreset, scope: Scope, unit: number, search: Search): boolean => {
  const found = preset.convert(scope.root, search.decoded.messageInfo());
  if (found.length > EVENTS_PER_MESSAGE_MAX) return false;
  for (const [among, event] of found.entries()) {
    const place = { unit, position: undefined, among: found.length > 1 ? among : undefined };
    search.events.push({ ...foundEvent(event, preset, scope), place } as FoundEvent);
  }
  return true;
};

const foundEvent = (
  event: PresetEvent,
  { database, retentionPolicy, policy }: CodePreset,
  { root }: Scope,
): DistributiveOmit<FoundEvent, 'place'> =>
  event.kind === 'point'
    ? { kind: 'canonical', event: event.event, preset: { target: { database, retentionPolicy }, policy, root } }
    : event;
