/**
 * Types of presets: mappings for the formats of known producers. Most presets are declarations in the language of
 * mappings (`presets/` at the root of the project). Formats that the language cannot express are converted by code.
 */

import type { MessageInfo } from '../custom/hooks.ts';
import type { Json, JsonObject } from '../json/json.ts';
import type { Refusal } from '../refusal.ts';

/** What becomes of one event of a body. */
export type PresetEvent =
  | {
      readonly kind: 'point';
      /**
       * A canonical event, not yet validated. Numbers may be `SourceNumber`, and `NaN` or infinite. Without `timestamp`
       * the event gets the time of its message.
       */
      readonly event: JsonObject;
    }
  /** Left out on purpose, and counted in `eventsDropped`. */
  | { readonly kind: 'dropped' }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Converts one unit of a body. Every element of the result counts as one event and keeps its position. An empty result
 * is a body without events. Pure, and never throws.
 *
 * @param root - Decoded unit, parsed with source texts if a double may have lost digits of a number in it.
 */
export type PresetConverter = (root: Json, message: MessageInfo) => readonly PresetEvent[];

/** Returns a refused event. */
export const refused = (refusal: Refusal): PresetEvent => ({ kind: 'refused', refusal });
