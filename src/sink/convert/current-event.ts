/** The event that a converter currently converts. */

import type { Decoded } from '../decode/decoded.ts';
import { type Json, type JsonObject, SourceText } from '../json/json.ts';
import { DEFAULT_POLICY } from '../mapping/mapping.ts';
import type { Opened, Position } from '../mapping/path.ts';
import type { Message } from '../message.ts';
import type { EventInput } from './event-input.ts';

const NOTHING: JsonObject = {};
const NO_SOURCE = new SourceText('', true);
/** Input of the event encoders. One object serves all events of a message, one after the other. */
export class CurrentEvent implements EventInput {
  event: Json = NOTHING;
  root: Json = NOTHING;
  envelope: JsonObject | undefined = undefined;
  position: Position | undefined = undefined;
  unitIndex: number | undefined = undefined;
  opened: Opened | undefined = undefined;
  source: SourceText = NO_SOURCE;
  decoded: Decoded | undefined = undefined;
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly messageBytesMax: number;
  eventIndex = 0;
  altered = 0;
  omitted = 0;
  implausibleTimes = 0;
  canonicalPolicy = DEFAULT_POLICY;
  isGiven = false;

  constructor({ id, sentAtMs, origin }: Message, messageBytesMax: number) {
    this.messageBytesMax = messageBytesMax;
    this.messageId = origin?.messageId ?? id;
    this.sentAtMs = origin?.sentAtMs ?? sentAtMs;
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
