/**
 * Types for an SQS message in the core of the sink, and for the origin of an event whose dead letter was sent back.
 * Contains no AWS types: `lambda/` converts the records of an SQS event into these types.
 */

/** An attribute of a message. */
export interface MessageAttribute {
  /** Data type in SQS: `String`, `Number` or `Binary`, with an optional `.label`. */
  readonly type: string;
  /** Text of the value. Binary values are in base64. */
  readonly value: string;
}

/** One message of the source queue. */
export interface Message {
  /** Id that SQS gave the message, the same in every redelivery. */
  readonly id: string;
  /** Body as it was received: still compressed, and still in its envelopes. */
  readonly body: string;
  /** When the producer sent the message, in ms since 1970 (SQS `SentTimestamp`, the same in every redelivery). */
  readonly sentAtMs: number;
  /** When a consumer first received the message, in ms since 1970 (SQS `ApproximateFirstReceiveTimestamp`). */
  readonly firstReceivedAtMs: number;
  /** Number of receives so far, this one included (SQS `ApproximateReceiveCount`). */
  readonly receiveCount: number;
  /** Message group. Always set on FIFO queues; on standard queues only by producers that use fair queues. */
  readonly groupId: string | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** First message of the event, if this message is a dead letter that was sent back; otherwise `undefined`. */
  readonly origin: LetterOrigin | undefined;
}

/**
 * The first message of an event, stored in its dead letter. After the mapping is corrected and the dead letter is sent
 * back, the sink stores exactly the point that the original event would have produced.
 */
export interface LetterOrigin {
  /** Id of the first message. */
  readonly messageId: string;
  /** When the first message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  /**
   * Index of the event in its first message, from 0. It is part of the time of events without a time (`messageTime`).
   */
  readonly eventIndex: number;
  /** When the first message was first received, in ms since 1970. */
  readonly firstReceivedAtMs: number;
  /** Message group of the first message; `undefined` if it had none. */
  readonly groupId: string | undefined;
  /** Attributes of the first message, which `$message.attributes` of a mapping reads. */
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** Format of the body of the dead letter. */
  readonly form: DeadLetterForm;
  /** How the event was extracted; `undefined` if the dead letter contains the whole body of the message. */
  readonly cut: Cut | undefined;
}

/**
 * How an event was extracted from a message with several events. The sink needs it to decode the event as it was
 * decoded in that message (docs/decisions/0018).
 */
export interface Cut {
  /**
   * Contents of the `wraps` envelopes: a single JSON object or a single line of line protocol, even if it looks like
   * something else. `undefined` for the root of the message, with its array of events cut to one element.
   */
  readonly unit: 'json' | 'line' | undefined;
  /** Number of envelopes (SNS, EventBridge) around it. */
  readonly wraps: number;
  /**
   * Index of the event among those of the body. Only for events whose source text cannot be extracted, because code of
   * the user has decoded, transformed, or multiplied them (docs/decisions/0031).
   */
  readonly event?: number | undefined;
  /** Index of the decoded event in its body, if that was an array. A mapping reads it as `$index`. */
  readonly index?: number | undefined;
  /**
   * Indexes of the elements that lead to the event, outermost first, before each array was cut to one element. A mapping
   * reads them as `$index`.
   */
  readonly levels?: readonly number[] | undefined;
}

/**
 * Distance between the new indexes. It is larger than `EVENTS_PER_MESSAGE_MAX`, the number of events that a message may
 * contain.
 */
const INDEX_STRIDE = 100_003;

/**
 * Returns the index of an event in its first message.
 *
 * An extracted dead letter contains one event. If a corrected mapping makes several events of it, those after the first
 * get indexes that no event of the first message has. Otherwise they could overwrite the points of other events
 * (docs/decisions/0018).
 */
export const placeInFirst = ({ origin }: Message, index: number): number => {
  if (origin === undefined) return index;
  return origin.eventIndex + index * (origin.cut === undefined ? 1 : INDEX_STRIDE);
};

/**
 * Format of the body of a dead letter.
 *
 * - `text`: source text, unchanged.
 * - `gzip`: source text, compressed with gzip and encoded in base64.
 * - `canonical`: a canonical event.
 * - `enclosed`: `{"origin":…,"body":…}`, compressed with gzip and encoded in base64, for an origin that does not fit
 *   into an attribute (docs/decisions/0004).
 */
export type DeadLetterForm = 'text' | 'gzip' | 'canonical' | 'enclosed';
