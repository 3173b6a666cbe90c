/** Input of both converters: one event, with everything around it that a mapping may read. */

import type { Json } from '../json/json.ts';
import type { ValuePolicy } from '../mapping/mapping.ts';
import type { Scope } from '../mapping/path.ts';
import type { ValueContext } from '../values/field-value.ts';

/** The event that is being converted. One object is used for all events, one after the other. */
export interface EventInput extends Scope, ValueContext {
  event: Json;
  /** Id of the first message of the event. */
  readonly messageId: string;
  /** When the first message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  /** Bytes of a value that a mapping decodes, at most (`SINK_MESSAGE_BYTES_MAX`). */
  readonly messageBytesMax: number;
  /** Index of the event in its first message. */
  eventIndex: number;
  /**
   * Number of times that differ so much from the time of the message that their precision is probably wrong
   * (`isImplausible`).
   */
  implausibleTimes: number;
  /** Treatment of values of a canonical event. */
  canonicalPolicy: ValuePolicy;
  /** Whether at least one field has a value of the event, and not a constant or default of the mapping. */
  isGiven: boolean;
}
