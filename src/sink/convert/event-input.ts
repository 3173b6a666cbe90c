/** Input of both converters: one event, with everything around it that a mapping may read. */

import type { Decoded } from '../decode/decoded.ts';
import { type Json, type JsonObject, SourceText } from '../json/json.ts';
import { DEFAULT_POLICY, type ValuePolicy } from '../mapping/mapping.ts';
import type { Opened, Position, Scope } from '../mapping/path.ts';
import type { Message } from '../message.ts';
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

const NOTHING: JsonObject = {};
const NO_SOURCE = new SourceText('', true);

/** Input of a converter. One object serves all events, one after the other. */
export class CurrentEvent implements EventInput {
  event: Json = NOTHING;
  root: Json = NOTHING;
  envelope: JsonObject | undefined = undefined;
  position: Position | undefined = undefined;
  unitIndex: number | undefined = undefined;
  opened: Opened | undefined = undefined;
  source: SourceText = NO_SOURCE;
  decoded: Decoded | undefined = undefined;
  messageId = '';
  sentAtMs = 0;
  readonly messageBytesMax: number;
  eventIndex = 0;
  altered = 0;
  omitted = 0;
  implausibleTimes = 0;
  canonicalPolicy = DEFAULT_POLICY;
  isGiven = false;

  constructor(messageBytesMax: number) {
    this.messageBytesMax = messageBytesMax;
  }

  /** Begins with the events of a message. */
  begin({ id, sentAtMs, origin }: Message): void {
    this.messageId = origin?.messageId ?? id;
    this.sentAtMs = origin?.sentAtMs ?? sentAtMs;
  }

  /** Begins with an event, and sets the counters to zero. */
  beginEvent(eventIndex: number): void {
    this.eventIndex = eventIndex;
    this.altered = 0;
    this.omitted = 0;
    this.implausibleTimes = 0;
  }

  /** Whether the conversion of the event was more than copying its values. */
  get isChanged(): boolean {
    return this.altered > 0 || this.implausibleTimes > 0 || this.omitted > 0;
  }

  messageView(): JsonObject {
    return this.decoded?.messageView() ?? NOTHING;
  }

  read(decoded: Decoded): void {
    this.envelope = decoded.envelope;
    this.source = decoded.source;
    this.decoded = decoded;
  }

  release(): void {
    this.event = NOTHING;
    this.root = NOTHING;
    this.envelope = undefined;
    this.position = undefined;
    this.opened = undefined;
    this.source = NO_SOURCE;
    this.decoded = undefined;
  }
}

/** Returns the roots of paths without the methods of the input. */
export const scopeOf = (input: EventInput): Scope => ({
  event: input.event,
  root: input.root,
  envelope: input.envelope,
  position: input.position,
  unitIndex: input.unitIndex,
  opened: input.opened,
  messageView: () => input.messageView(),
});
