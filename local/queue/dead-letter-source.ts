/**
 * Remembers from which queue the emulator moved a message to its dead-letter queue, which the emulator itself does not. A
 * task that moves messages back needs it. A message that a program sent to the dead-letter queue has no such queue.
 */

import type { QueueStore } from './queue-storage.ts';

type Queue = ReturnType<QueueStore['createQueue']>;
type Message = Parameters<Queue['enqueue']>[0] & { deadLetterSourceArn?: string };

/** Returns the ARN of the queue that a message came from, or undefined for a message that was sent directly. */
export const deadLetterSource = (message: Message): string | undefined => message.deadLetterSourceArn;

/** Marks the messages that queues of this store move from now on. Only queues that are created afterwards are included. */
export const markDeadLetterSources = (store: QueueStore): void => {
  const create = store.createQueue.bind(store);
  store.createQueue = (...args) => {
    const queue = create(...args);
    const dequeue = queue.dequeue.bind(queue);
    queue.dequeue = (count, visibility, resolve) =>
      dequeue(count, visibility, resolve && ((arn) => marking(resolve(arn), queue.arn)));
    return queue;
  };
};

/** Returns a dead-letter queue that marks each message it receives. */
const marking = (deadLetters: Queue | undefined, sourceArn: string): Queue | undefined =>
  deadLetters &&
  Object.assign(Object.create(deadLetters) as Queue, {
    enqueue: (message: Message): void => {
      message.deadLetterSourceArn = sourceArn;
      deadLetters.enqueue(message);
    },
  });
