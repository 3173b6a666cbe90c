/** What an invocation receives, without Lambda's shapes: deliveries of messages, and the queue that they came from. */

import type { Message } from '../sink/message.ts';
import type { Deadline } from '../sink/ports.ts';

/** What the queue needs to make a message visible again. */
export interface Returnable {
  readonly receiptHandle: string;
  /** How often the message was received, this time included. */
  readonly receiveCount: number;
  readonly groupId: string | undefined;
}

/** One receive of a message. The same message received twice is two deliveries. */
export interface Delivery extends Returnable {
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly sentAtMs: number;
  /** Returns the message with its body restored. Reading a body may crash the function. */
  open(): Message;
  /** Returns the message with its body as it arrived. */
  unopened(): Message;
}

export interface VisibilityChange {
  readonly receiptHandle: string;
  /** How long the message stays hidden. */
  readonly seconds: number;
}

/** The queue that messages came from. Neither call throws: what fails is done by the queue itself, later. */
export interface SourceQueue {
  readonly fifo: boolean;
  /** Sets when returned messages become visible. */
  setVisibility(changes: readonly VisibilityChange[], deadline: Deadline): Promise<void>;
  /** Deletes messages before the invocation responds. */
  delete(receiptHandles: readonly string[], deadline: Deadline): Promise<void>;
}
