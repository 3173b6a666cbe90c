/** Provides access to source queues by ARN, because Lambda's records do not contain the URL of the queue. */

import type { SourceQueue } from '../ingest/delivery.ts';
import { queueUrlFrom } from './queue-url.ts';
import { changeVisibility, deleteMessages, sqsClient } from './sqs.ts';

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
  const sqs = sqsClient();
  return {
    of: (arn, fifo) => {
      const url = queueUrlFrom(arn, endpoint);
      return {
        fifo,
        setVisibility: async (changes, deadline) => {
          await changeVisibility(sqs, url, changes, deadline);
        },
        delete: async (receiptHandles, deadline) => {
          await deleteMessages(sqs, url, receiptHandles, deadline);
        },
      };
    },
  };
};
