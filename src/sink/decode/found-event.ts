/** An event that was found in a message, and its position there. */

import type { Json, JsonObject } from '../json/json.ts';
import type { MappingRule, TargetNameRule, ValuePolicy } from '../mapping/mapping.ts';
import type { Opened, Position } from '../mapping/path.ts';
import type { Refusal } from '../refusal.ts';

/** Position of an event in its message, from which a dead letter is extracted. */
export interface EventPlace {
  /** Index of the unit. */
  readonly unit: number;
  /** The element to which the unit is cut. `undefined` if the whole unit is extracted. */
  readonly position: Position | undefined;
  /**
   * Index among the events of the extracted text, if it contains several: several rules apply to it, it was opened from
   * another value, or code of the user has produced the events. `undefined` if it contains one.
   */
  readonly among?: number | undefined;
}

/** Target of the points of a rule, or of a preset. */
export interface TargetRules {
  readonly database: TargetNameRule | undefined;
  readonly retentionPolicy: TargetNameRule | undefined;
}

/** What the mapping states about canonical events that a preset has created. */
export interface PresetSettings {
  readonly target: TargetRules;
  readonly policy: ValuePolicy;
  /** The decoded event, which the paths of the target read. */
  readonly root: Json;
}

/**
 * An event of a message. It is an event for a rule of the mapping, a canonical event, a line of line protocol, refused
 * before conversion, or dropped on purpose.
 */
export type FoundEvent = { readonly place: EventPlace } & (
  | {
      readonly kind: 'mapped';
      readonly rule: MappingRule;
      readonly event: Json;
      readonly root: Json;
      readonly position: Position | undefined;
      readonly opened: Opened | undefined;
    }
  | {
      readonly kind: 'canonical';
      readonly event: JsonObject;
      /** `undefined` for an event that is canonical in the body. */
      readonly preset?: PresetSettings | undefined;
    }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  | { readonly kind: 'dropped' }
);

/** The events of a message, in order. */
export interface FoundEvents {
  readonly events: readonly FoundEvent[];
  /** Number of arrays and objects of events that are absent, and that the mapping ignores. */
  readonly branchesIgnored: number;
  /** Whether the message is one that AWS sends to test a destination. It contains no event. */
  readonly isControl: boolean;
}

/** Omits members from each type of a union. */
export type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never;
