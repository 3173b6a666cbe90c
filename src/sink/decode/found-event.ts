/** An event that was found in a message, and its position there. */

import type { JsonObject } from '../json/json.ts';
import type { MappingRule } from '../mapping/mapping.ts';
import type { Path } from '../mapping/path.ts';
import type { Refusal } from '../refusal.ts';

/** Position of an event in its message, from which a dead letter is extracted. */
export interface EventPlace {
  /** Index of the unit. */
  readonly unit: number;
  /**
   * Path to the array that contains the event, its index there, and the length. `undefined` if the unit is the event.
   */
  readonly element: { readonly path: Path; readonly index: number; readonly of: number } | undefined;
  /**
   * Index among the events of the unit, for an event whose own source text cannot be extracted from the unit, because
   * code of the user has produced it. `undefined` for all others.
   */
  readonly among?: number;
}

/**
 * An event of a message. It is an event for a rule of the mapping, a canonical event, a line of line protocol, refused
 * before conversion, or dropped by a converter of the user.
 */
export type FoundEvent = { readonly place: EventPlace } & (
  | { readonly kind: 'mapped'; readonly rule: MappingRule; readonly event: JsonObject; readonly root: JsonObject }
  | { readonly kind: 'canonical'; readonly event: JsonObject }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'dropped' }
);
