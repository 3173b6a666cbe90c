/** Settings of the decoding of bodies, and its limits. */

import type { BodyDecoder } from '../custom/hooks.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** Events of one message, at most. A message with more is quarantined, because no real producer sends that many. */
export const EVENTS_PER_MESSAGE_MAX = 100_000;

/** Returns the refusal of a message with too many events. */
export const tooManyEvents = (): Refusal =>
  refuse('too-large', `the message contains more than ${EVENTS_PER_MESSAGE_MAX} events`);

/** Formats of bodies (`SINK_INPUT`). `auto` detects the format. */
export const INPUTS = [
  'auto',
  'json',
  'ndjson',
  'line-protocol',
  'sns',
  'eventbridge',
  'gzip',
  'base64',
  'canonical',
] as const;
/** Format of bodies. */
export type Input = (typeof INPUTS)[number];

/** Default of `SINK_MESSAGE_BYTES_MAX`. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** Format and size limit of bodies. */
export interface DecodeOptions {
  readonly input: Input;
  /** Bytes of one body after decompression, at most (`SINK_MESSAGE_BYTES_MAX`). */
  readonly messageBytesMax: number;
  /** Decodes bodies instead of the sink. Canonical events in dead letters never pass it. */
  readonly decoder?: BodyDecoder | undefined;
  /** Whether functions of the user read the events. Integers beyond 2^53-1 are then of type `bigint`. */
  readonly forCode?: boolean;
  /** Whether a body is parsed with source texts if a double may print a number differently than it was written. */
  readonly exactNumbers?: boolean;
  /** Whether a body that is an array is one unit, because its elements belong together. */
  readonly wholeArrays?: boolean;
}
