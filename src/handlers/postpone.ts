/** When returned messages are tried again: the sink's schedule instead of the queue's timeout. */

import type { SQSRecord } from 'aws-lambda';
import type { Clock } from '../adapters/clock.ts';
import { changeVisibility, sqsClient } from '../adapters/sqs.ts';
import type { Deadline } from '../sink/deadline.ts';
import { visibilitySeconds } from '../sink/visibility.ts';
import { isFifo, queueUrlFrom } from './sqs-event.ts';

/** `failed` are indexes of records. Never throws: what cannot be set keeps the queue's own timeout. */
export type Postpone = (records: readonly SQSRecord[], failed: readonly number[], deadline: Deadline) => Promise<void>;

export const createPostpone = (clock: Clock, sqsEndpoint: string | undefined): Postpone => {
  const sqs = sqsClient();
  return async (records, failed, deadline) => {
    const [first] = records;
    if (first === undefined || failed.length === 0) return;
    const fifo = isFifo(records);
    const secondsOf = new Map<string, number>();
    const changes = failed.map((index) => {
      const { receiptHandle, attributes } = records[index] as SQSRecord;
      const drawn = visibilitySeconds(Number(attributes.ApproximateReceiveCount) || 1, clock.random());
      const group = attributes.MessageGroupId ?? '';
      // The rest of a FIFO group comes back together, else its order would turn.
      const seconds = fifo ? (secondsOf.get(group) ?? drawn) : drawn;
      secondsOf.set(group, seconds);
      return { receiptHandle, seconds };
    });
    await changeVisibility(sqs, queueUrlFrom(first.eventSourceARN, sqsEndpoint), changes, deadline);
  };
};
