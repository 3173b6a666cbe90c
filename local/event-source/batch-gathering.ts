import type { SQSRecord } from 'aws-lambda';
import { type OpenBatch, openBatch } from './open-batch.ts';
import { createPolling, type Polled, type Polling, type PollingOptions } from './polling.ts';

export type ClosedBy = 'size' | 'window' | 'bytes' | 'stop';

export interface GatheredBatch {
  readonly records: readonly SQSRecord[];
  /** Of the event's JSON. */
  readonly bytes: number;
  readonly closedBy: ClosedBy;
}

export interface Gathering {
  /** The next batch; empty only after the signal. */
  next(): Promise<GatheredBatch>;
  /** Received, and in no batch yet. */
  leftover(): readonly SQSRecord[];
}

export interface GatheringOptions extends PollingOptions {
  readonly batchSize: number;
  readonly windowMs: number;
}

/** A poll is never cut off, for it may already hold messages: stopping waits for it. Hence one second, where Lambda has 20. */
const LONG_POLL_SECONDS = 1;
/** Between the short polls of the last part of a window. */
const POLL_GAP_MS = 50;

/** One request, or a pause and one, without going past the end of the window. */
const pollGently = async (polling: Polling, room: number, leftMs: number): Promise<Polled> => {
  const waitSeconds = Math.min(LONG_POLL_SECONDS, Math.floor(leftMs / 1_000));
  if (waitSeconds === 0) await polling.pause(Math.min(POLL_GAP_MS, leftMs));
  return polling.once(room, waitSeconds);
};

/** Batches of one poller, which fills one at a time: the messages in it are received, and their visibility runs. */
export const createGathering = (options: GatheringOptions): Gathering => {
  const { batchSize, windowMs, signal } = options;
  const polling = createPolling(options);
  let waiting: SQSRecord[] = [];

  const takeWaiting = (batch: OpenBatch): ClosedBy | undefined => {
    const refused = waiting.findIndex((record) => !batch.add(record));
    waiting = refused < 0 ? [] : waiting.slice(refused);
    if (batch.isFull()) return 'size';
    return refused < 0 ? undefined : 'bytes';
  };

  const fill = async (batch: OpenBatch): Promise<ClosedBy> => {
    const windowEnd = performance.now() + windowMs;
    let more = true;
    for (;;) {
      const closedBy = takeWaiting(batch);
      if (closedBy) return closedBy;
      if (signal.aborted) return 'stop';
      const leftMs = windowEnd - performance.now();
      if (leftMs <= 0) return 'window';
      const room = batch.room();
      const polled: Polled = more ? await polling.sideBySide(room) : await pollGently(polling, room, leftMs);
      waiting.push(...polled.records);
      more = polled.full;
    }
  };

  return {
    next: async () => {
      while (waiting.length === 0 && !signal.aborted) {
        waiting.push(...(await polling.once(batchSize, LONG_POLL_SECONDS)).records);
      }
      const batch = openBatch(batchSize);
      const closedBy = await fill(batch);
      return { records: batch.records, bytes: batch.bytes(), closedBy };
    },
    leftover: () => waiting,
  };
};
