/** A message between decoding and conversion. */

import type { Decoded } from '../decode/decoded.ts';
import type { FoundEvent } from '../decode/found-event.ts';
import type { Message } from '../message.ts';
import { type Refusal, refuse } from '../refusal.ts';

/** A message that is decoded and whose events are found. */
export interface DecodedMessage {
  readonly message: Message;
  /** Index of the message in its invocation, with which lines and refusals are marked. */
  readonly index: number;
  /** Events in the message. An unreadable message counts as one. */
  readonly count: number;
  /** Bytes of the message after decompression. */
  readonly bytes: number;
  /** Number of arrays and objects of events that are absent, and that the mapping ignores. */
  readonly branchesIgnored: number;
  /** Whether AWS has sent the message to test a destination. */
  readonly isControl: boolean;
  /** Whether the message was only scanned. It is decoded if its line cannot be written from the scanned values. */
  readonly isScanned: boolean;
  /** Replaced when the message is decoded after a scan, or parsed again with source text. */
  decoded: Decoded | Refusal;
  events: readonly FoundEvent[] | Refusal;
}

/** Stands for the contents of a message while there are none. */
export const RELEASED = refuse('undecodable', 'the message has not been decoded');

/** Returns a message whose only event was scanned, and that is decoded only if its line cannot be written. */
export const scannedMessage = (message: Message, index: number): DecodedMessage => ({
  message,
  index,
  count: 1,
  bytes: message.body.length,
  branchesIgnored: 0,
  isControl: false,
  isScanned: true,
  decoded: RELEASED,
  events: RELEASED,
});

/** Returns a message that contains no events, or too many. It counts as one event, which is refused. */
export const unreadableMessage = (
  message: Message,
  index: number,
  bytes: number,
  refusal: Refusal,
): DecodedMessage => ({
  message,
  index,
  count: 1,
  bytes,
  branchesIgnored: 0,
  isControl: false,
  isScanned: false,
  decoded: refusal,
  events: refusal,
});
