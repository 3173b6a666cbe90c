/** One receive of a message, and the queue that it came from: what an invocation is handed, without Lambda's shapes. */

import type { Message } from '../sink/message.ts';
import type { Deadline } from '../sink/ports.ts';

/** All that the queue must be told of a message that comes back. */
export interface Returnable {
  readonly receiptHandle: string;
  readonly receiveCount: number;
  readonly groupId: string | undefined;
}

export interface Delivery extends Returnable {
  readonly id: string;
  readonly sentAtMs: number;
  /** The message, whose body may now be looked into. */
  open(): Message;
  /** The message, with the body as it came. */
  unopened(): Message;
}

/** Best effort: neither call throws, and what fails is done by the queue itself, later. */
export interface SourceQueue {
  readonly fifo: boolean;
  /** Sets when messages are seen again. */
  postpone(changes: readonly VisibilityChange[], deadline: Deadline): Promise<void>;
  /** Ends messages before the answer of the invocation does. */
  end(receiptHandles: readonly string[], deadline: Deadline): Promise<void>;
}

export interface VisibilityChange {
  readonly receiptHandle: string;
  readonly seconds: number;
}
