/**
 * Interfaces of the functions with which a user takes part in the conversion. All are synchronous and must be pure: the
 * same input gives the same result in every call, because a message is converted again when it is received again, and a
 * dead letter is found by its position among the results.
 */

import type { MessageAttribute } from '../message.ts';

/** The message of an event. For a dead letter that was sent back, it is the first message of its event. */
export interface MessageInfo {
  /** Id that SQS gave the message. */
  readonly id: string;
  /** When the producer sent the message, in ms since 1970. */
  readonly sentAtMs: number;
  /** Message group; `undefined` if it has none. */
  readonly groupId: string | undefined;
  /** Attributes by name. Those of the SNS message, if the body is an SNS envelope. */
  readonly attributes: Readonly<Record<string, MessageAttribute>>;
}

/**
 * Decodes a body that is neither JSON nor line protocol. Returns the event, or an array of events. An empty array is a
 * message without events.
 *
 * @param body - Body as it was received. With `SINK_INPUT=sns` the text in the envelope, with `SINK_INPUT=gzip` the
 *   decompressed text.
 */
export type BodyDecoder = (body: string, message: MessageInfo) => unknown;

/**
 * Returns the event in the form that the mapping or the converter expects. It is called before arrays are opened. The
 * function declares the type of its event.
 */
export type EventTransform = (event: any, message: MessageInfo) => unknown;

/** What a converter receives in addition to the event. */
export interface EventContext {
  readonly message: MessageInfo;
}

/**
 * Converts events to line protocol. The sink parses each line, validates it, and writes it again, so that a line that
 * openGemini would drop is refused.
 */
export interface LineConverter<T> {
  /** Returns one or several lines. `undefined`, an empty text, or an empty array drops the event, which is counted. */
  toLines(event: T, context: EventContext): string | readonly string[] | undefined;
}

/** Converts events to points. The sink validates each point. */
export interface PointConverter<T> {
  /** Returns one or several points. `undefined` or an empty array drops the event, which is counted. */
  toPoints(event: T, context: EventContext): PointInput | readonly PointInput[] | undefined;
}

/** A point that a converter returns. Tags and fields with the value `undefined` or `null` are left out. */
export interface PointInput {
  readonly measurement: string;
  readonly tags?: Readonly<Record<string, string | number | bigint | boolean | null | undefined>>;
  /** A number is a float. A `bigint` is an integer, from -(2^53-1) to 2^53-1. */
  readonly fields: Readonly<Record<string, number | bigint | string | boolean | null | undefined>>;
  /** Names of fields whose number is an integer. */
  readonly integers?: readonly string[];
  /** A `bigint` and a text are nanoseconds since 1970. Without it, the point gets the time of the message. */
  readonly timestamp?: Date | bigint | string | undefined;
}

/** A converter of a user, of either kind, for events of any type. */
export type EventConverter = LineConverter<never> | PointConverter<never>;

/** Functions of a user that turn the units of a message into events. */
export interface EventHooks {
  readonly transform?: EventTransform | undefined;
  readonly converter?: EventConverter | undefined;
}
