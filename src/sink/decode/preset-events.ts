/** Finds the events of a unit by a preset that is code. */

import type { MessageInfo } from '../custom/hooks.ts';
import type { PresetStage } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/path.ts';
import type { PresetEvent } from '../presets/preset.ts';
import { EVENTS_PER_MESSAGE_MAX } from './decode-options.ts';
import type { DistributiveOmit, FoundEvent } from './found-event.ts';

type CodePreset = Extract<PresetStage, { kind: 'code' }>;

/** Returns the events of a unit, or `undefined` if there are more than a message may contain. The caller numbers them. */
export const codeEvents = (
  preset: CodePreset,
  scope: Scope,
  unit: number,
  message: MessageInfo,
): readonly FoundEvent[] | undefined => {
  const found = preset.convert(scope.root, message);
  if (found.length > EVENTS_PER_MESSAGE_MAX) return undefined;
  const place = { unit, position: undefined };
  return found.map((event) => ({ ...foundEvent(event, preset, scope), place }) as FoundEvent);
};

const foundEvent = (
  event: PresetEvent,
  { database, retentionPolicy, policy }: CodePreset,
  { root }: Scope,
): DistributiveOmit<FoundEvent, 'place'> =>
  event.kind === 'point'
    ? { kind: 'canonical', event: event.event, preset: { target: { database, retentionPolicy }, policy, root } }
    : event;
