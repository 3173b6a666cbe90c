/** One SQS message as the hall knows it: no AWS shapes, only text, times and attributes. */

/** An attribute of a message. `type` is SQS's data type (`String`, `Number`, `Binary`, with an optional `.label`). */
export interface MessageAttribute {
  readonly type: string;
  /** The text of the value; binary values as base64. */
  readonly value: string;
}

export interface Message {
  readonly id: string;
  readonly body: string;
  /** When the producer sent it, in ms since 1970 (SQS `SentTimestamp`; the same in every redelivery). */
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly receiveCount: number;
  /** Set on FIFO queues, and on standard queues by producers who want fairness between tenants. */
  readonly groupId: string | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  /** What a dead letter says of the message it was cut from; only on messages that are such letters. */
  readonly origin: LetterOrigin | undefined;
}

/**
 * Where an event first came from. A dead letter carries it, so that the letter, sent back under a repaired mapping,
 * stores exactly the point that the original would have stored.
 */
export interface LetterOrigin {
  readonly messageId: string;
  readonly sentAtMs: number;
  /** Place of the event in its first message, from 0; it is part of the time of events that have none of their own. */
  readonly eventIndex: number;
  readonly firstReceivedAtMs: number;
  readonly groupId: string | undefined;
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
  readonly form: DeadLetterForm;
  /** Set when the letter holds one event out of several. */
  readonly cut: Cut | undefined;
}

/** How a letter was cut out of its message, so that it is read as what it was there. */
export interface Cut {
  /**
   * What stands inside `wraps` envelopes is a single unit, an object or a line of line protocol, whatever else it looks
   * like; undefined when it is the message's own root.
   */
  readonly unit: 'json' | 'line' | undefined;
  readonly wraps: number;
}

/** Larger than any number of events in one message. */
const INDEX_STRIDE = 100_003;

/**
 * Place of an event in its first message. A letter that was cut holds one event; should a repaired mapping make several of
 * it, the others get places that no event of the message has, or they would overwrite points of theirs.
 */
export const placeInFirst = ({ origin }: Message, index: number): number => {
  if (origin === undefined) return index;
  return origin.eventIndex + index * (origin.cut === undefined ? 1 : INDEX_STRIDE);
};

/**
 * What the body of a dead letter is: source text as it came, gzip in base64 of such text, a canonical event, or
 * (`enclosed`) gzip in base64 of `{"origin":…,"body":…}`, for an origin that does not fit an attribute.
 */
export type DeadLetterForm = 'text' | 'gzip' | 'canonical' | 'enclosed';
