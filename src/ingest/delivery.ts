/** One receive of a message, and the queue that it came from: what an invocation is handed, without Lambda's shapes. */

import type { VisibilityChange } from '../adapters/sqs.ts';
import type { Deadline } from '../sink/deadline.ts';
import type { Message } from '../sink/message.ts';
import { visibilitySeconds } from './return-schedule.ts';

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

/** When returned messages are seen again. One for each invocation: the rest of a FIFO group comes back together. */
export class ReturnSchedule {
  readonly #fifo: boolean;
  readonly #random: () => number;
  readonly #secondsOf = new Map<string, number>();

  constructor(fifo: boolean, random: () => number) {
    this.#fifo = fifo;
    this.#random = random;
  }

  changeFor({ receiptHandle, receiveCount, groupId = '' }: Returnable): VisibilityChange {
    const drawn = visibilitySeconds(receiveCount, this.#random());
    const seconds = this.#fifo ? (this.#secondsOf.get(groupId) ?? drawn) : drawn;
    this.#secondsOf.set(groupId, seconds);
    return { receiptHandle, seconds };
  }
}
