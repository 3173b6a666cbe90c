/** Types of presets: mappings for the formats of well-known producers. docs/presets.md describes each of them. */

import type { MessageInfo } from '../custom/hooks.ts';
import type { Json, JsonObject } from '../json/json.ts';
import type { ValuePolicy } from '../mapping/mapping.ts';
import type { Refusal } from '../refusal.ts';

/** Result of a preset that is code, for one point. Every result counts as one event. */
export type PresetEvent =
  /** A canonical event. Without a timestamp it gets the time of its message. */
  | { readonly kind: 'point'; readonly event: JsonObject }
  /** An event that is dropped on purpose. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Converts the root of a decoded event. Pure, never throws, and always returns the same events for the same root.
 *
 * @param message - The message, for times that count from it.
 * @param policy - Treatment of values that cannot be written as they are.
 */
export type PresetConverter = (root: Json, message: MessageInfo, policy: ValuePolicy) => readonly PresetEvent[];
