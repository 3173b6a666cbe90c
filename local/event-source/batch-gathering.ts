/** Collects the messages of a poller into batches, which close by size, bytes, or the batching window. */

import type { SQSRecord } from 'aws-lambda';
import { type OpenBatch, openBatch } from './open-batch.ts';
import { createPolling, type Polled, type Polling, type PollingOptions } from './polling.ts';

/** Reason why a batch was closed. */
export type ClosedBy = 'size' | 'window' | 'bytes' | 'stop';

/** A batch for one invocation. */
export interface GatheredBatch {
  readonly records: readonly SQSRecord[];
  /** Bytes of the event's JSON. */
  readonly bytes: number;
  readonly closedBy: ClosedBy;
}

/** Batches of one poller. */
export interface Gathering {
  /** Returns the next batch. It is empty only after the signal. */
  next(): Promise<GatheredBatch>;
  /** Returns the messages that were received and are in no batch yet. */
  leftover(): readonly SQSRecord[];
}

/** Settings of the batches. */
export interface GatheringOptions extends PollingOptions {
  readonly batchSize: number;
  readonly windowMs: number;
}

/**
 * Duration of a long poll. It is 1 s, where Lambda uses 20 s. A poll is never aborted, because its response may already
 * contain messages, so stopping waits for it.
 */
const LONG_POLL_SECONDS = 1;
/** Pause before each short poll in the last second of a window. */
const POLL_GAP_MS = 50;

/** Sends one request, after a pause if it is a short poll. Does not exceed the end of the window. */
const pollWithin = async (polling: Polling, count: number, leftMs: number): Promise<Polled> => {
  const waitSeconds = Math.min(LONG_POLL_SECONDS, Math.floor(leftMs / 1_000));
  if (waitSeconds === 0) await polling.pause(Math.min(POLL_GAP_MS, leftMs));
  return polling.once(count, waitSeconds);
};

/**
 * Creates the batches of one poller. It fills one batch at a time, because the visibility timeout of received messages
 * is already running.
 */
export const createGathering = (options: GatheringOptions): Gathering => {
  const { batchSize, windowMs, signal } = options;
  const polling = createPolling(options);
  let received: SQSRecord[] = [];

  const takeReceived = (batch: OpenBatch): ClosedBy | undefined => {
    const refused = received.findIndex((record) => !batch.add(record));
    received = refused < 0 ? [] : received.slice(refused);
    if (batch.isFull()) return 'size';
    return refused < 0 ? undefined : 'bytes';
  };

  const fill = async (batch: OpenBatch): Promise<ClosedBy> => {
    const windowEnd = performance.now() + windowMs;
    let more = true;
    for (;;) {
      const closedBy = takeReceived(batch);
      if (closedBy) return closedBy;
      if (signal.aborted) return 'stop';
      const leftMs = windowEnd - performance.now();
      if (leftMs <= 0) return 'window';
      const count = batch.capacity();
      const polled: Polled = more ? await polling.concurrent(count) : await pollWithin(polling, count, leftMs);
      received.push(...polled.records);
      more = polled.full;
    }
  };

  return {
    next: async () => {
      while (received.length === 0 && !signal.aborted) {
        received.push(...(await polling.once(batchSize, LONG_POLL_SECONDS)).records);
      }
      const batch = openBatch(batchSize);
      const closedBy = await fill(batch);
      return { records: batch.records, bytes: batch.bytes(), closedBy };
    },
    leftover: () => received,
  };
};
