/** Input of an invocation without Lambda's types: deliveries of messages, and the queue that they came from. */

import type { Message } from '../sink/message.ts';
import type { Deadline } from '../sink/ports.ts';

/** The data that the queue needs to make a message visible again. */
export interface Returnable {
  readonly receiptHandle: string;
  /** Number of receives of the message, including this one. */
  readonly receiveCount: number;
  readonly groupId: string | undefined;
}

/** One receive of a message. The same message received twice is two deliveries. */
export interface Delivery extends Returnable {
  readonly id: string;
  /** When the message was sent, in ms since 1970. */
  readonly sentAtMs: number;
  /** Returns the message with its body restored. Reading a body may crash the function. */
  open(): Message;
  /** Returns the message with its body as it arrived. */
  unopened(): Message;
}

/** New visibility of a returned message. */
export interface VisibilityChange {
  readonly receiptHandle: string;
  /** Time until the message becomes visible. */
  readonly seconds: number;
}

/** The queue that messages came from. Neither call throws. If a call fails, the queue has the same effect later. */
export interface SourceQueue {
  readonly fifo: boolean;
  /** Sets when returned messages become visible. */
  setVisibility(changes: readonly VisibilityChange[], deadline: Deadline): Promise<void>;
  /** Deletes messages before the invocation responds. */
  delete(receiptHandles: readonly string[], deadline: Deadline): Promise<void>;
}
