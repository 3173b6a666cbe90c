/** A message whose body has been read: its units, and what mappings and dead letters need of the rest. */

import type { MessageInfo } from '../custom/hooks.ts';
import { type Json, type JsonObject, SourceText } from '../json/json.ts';
import type { Scope } from '../mapping/path.ts';
import type { Cut, Message, MessageAttribute } from '../message.ts';
import type { Refusal } from '../refusal.ts';
import { type Envelope, messageInfo, messageView } from './envelopes.ts';

/**
 * A part of a body that contains events: a JSON value, a line of line protocol, or a part that is refused. `text` is the
 * source text of a unit that is a line of the body; otherwise `undefined`.
 */
export type Unit =
  | { readonly kind: 'json'; readonly root: Json; readonly text: string | undefined }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly text: string | undefined };

/** Arrangement of units in their text: one value, a JSON array, one unit per line, or known only to a decoder. */
export type Layout = 'single' | 'array' | 'lines' | 'code';

/** What the reader of a body has found, apart from its units. */
export interface DecodedParts {
  readonly message: Message;
  readonly withSources: boolean;
  /** Whether functions of the user read the events. */
  readonly isForCode: boolean;
  readonly canonical: boolean;
  readonly envelopes: readonly Envelope[];
  readonly envelope: JsonObject | undefined;
  readonly attributes: Record<string, MessageAttribute> | undefined;
  readonly bytes: number;
}

/** A decoded message. */
export class Decoded {
  readonly units: readonly Unit[];
  readonly layout: Layout;
  /** Removed envelopes, outermost first. */
  readonly envelopes: readonly Envelope[];
  /** The text that contains the units. For EventBridge, the text of the whole envelope, whose `detail` is the unit. */
  readonly source: SourceText;
  /** The innermost envelope, which `$envelope` reads; `undefined` if there is none. */
  readonly envelope: JsonObject | undefined;
  /** Whether JSON objects are canonical events, so that the mapping does not apply. */
  readonly canonical: boolean;
  /** Bytes after decompression, for the limit of an invocation (`SINK_INVOCATION_BYTES_MAX`). */
  readonly bytes: number;
  readonly #message: Message;
  /** Attributes of the SNS message in the envelope, which replace those of the SQS message. */
  readonly #attributes: Record<string, MessageAttribute> | undefined;
  #view: JsonObject | undefined;

  constructor(units: readonly Unit[], layout: Layout, text: string, reader: DecodedParts) {
    this.units = units;
    this.layout = layout;
    this.envelopes = reader.envelopes;
    this.source = new SourceText(text, reader.withSources || reader.isForCode, reader.isForCode);
    this.envelope = reader.envelope;
    this.canonical = reader.canonical;
    this.bytes = reader.bytes;
    this.#message = reader.message;
    this.#attributes = reader.attributes;
  }

  /**
   * Returns the values for `$message` paths. For a dead letter that was sent back, they are those of the first message
   * of its event. They are created at the first call.
   */
  messageView(): JsonObject {
    this.#view ??= messageView(this.#message, this.#attributes);
    return this.#view;
  }

  /** Returns the message for the functions of a user. */
  messageInfo(): MessageInfo {
    return messageInfo(this.#message, this.#attributes);
  }

  /** Returns the values of the roots of paths for a unit, before any `events` is opened. */
  scopeOf(root: Json, unitIndex?: number): Scope {
    return {
      event: root,
      root,
      envelope: this.envelope,
      position: undefined,
      unitIndex,
      opened: undefined,
      messageView: () => this.messageView(),
    };
  }

  /** Whether an SQS extended client has sent the message, which then contains only a pointer. */
  get isExtended(): boolean {
    return isExtended(this.#message.attributes) || (this.#attributes !== undefined && isExtended(this.#attributes));
  }

  /** How the event was extracted, if the message is a dead letter; otherwise `undefined`. */
  get cut(): Cut | undefined {
    return this.#message.origin?.cut;
  }

  /**
   * Index of the only event to convert, if the message is a dead letter whose event cannot be extracted from its body.
   * Otherwise `undefined`.
   */
  get onlyEvent(): number | undefined {
    return this.#message.origin?.cut?.event;
  }
}

/** Whether a message has an attribute that only the SQS extended clients set. */
const isExtended = ({
  ExtendedPayloadSize: size,
  SQSLargePayloadSize: older,
}: Readonly<Record<string, MessageAttribute>>): boolean => size !== undefined || older !== undefined;
