/** Provides access to source queues by ARN, because Lambda's records do not contain the URL of the queue. */

import type { SourceQueue } from '../ingest/delivery.ts';
import { once } from './once.ts';
import { queueUrlFrom } from './queue-url.ts';

/** Access to source queues. All queues share one client. */
export interface SourceQueues {
  /** Returns the queue with this ARN. */
  of(arn: string, fifo: boolean): SourceQueue;
}

/**
 * Creates the access to source queues. Opens no connection.
 *
 * @param endpoint - Endpoint that serves all of SQS, see `queueUrlFrom`.
 */
export const createSourceQueues = (endpoint: string | undefined): SourceQueues => {
  // An invocation whose messages are all settled passes empty lists, and does not need SQS.
  const load = once(async () => {
    const { sqsClient } = await import('./sqs.ts');
    return { client: sqsClient(), ...(await import('./received-messages.ts')) };
  });
  return {
    of: (arn, fifo) => {
      const url = queueUrlFrom(arn, endpoint);
      return {
        fifo,
        setVisibility: async (changes, deadline) => {
          if (changes.length === 0) return;
          const { client, changeVisibility } = await load();
          await changeVisibility(client, url, changes, deadline);
        },
        delete: async (receiptHandles, deadline) => {
          if (receiptHandles.length === 0) return;
          const { client, deleteMessages } = await load();
          await deleteMessages(client, url, receiptHandles, deadline);
        },
      };
    },
  };
};
