/** The queues that events come from, by their ARN: Lambda's event does not hold their address. */

import type { SourceQueue } from '../ingest/delivery.ts';
import { queueUrlFrom } from './queue-url.ts';
import { changeVisibility, deleteMessages, sqsClient } from './sqs.ts';

export interface SourceQueues {
  of(arn: string, fifo: boolean): SourceQueue;
}

/** `endpoint` stands for all of SQS, where there is one. */
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
