/** Receives messages from the queue, with one or several concurrent requests. */

import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import { RECEIVE_MAX, type SourceQueue } from './source-queue.ts';

/** Result of one or several requests. */
export interface Polled {
  readonly records: readonly SQSRecord[];
  /** Whether all requested messages arrived. If so, the queue probably contains more. */
  readonly full: boolean;
}

/** Requests to the queue. They never reject. A failed request is reported, and returns no messages after a pause. */
export interface Polling {
  /**
   * Sends one request for at most `count` messages, and at most 10. It waits up to `waitSeconds` whole seconds for a
   * first message.
   */
  once(count: number, waitSeconds: number): Promise<Polled>;
  /** Sends up to five concurrent requests for at most `count` messages, which do not wait. */
  concurrent(count: number): Promise<Polled>;
  /** Waits. Returns early when the signal is aborted. */
  pause(ms: number): Promise<void>;
}

/** Dependencies of the requests. */
export interface PollingOptions {
  readonly queue: Pick<SourceQueue, 'receive'>;
  readonly signal: AbortSignal;
  readonly onReceived: (count: number) => void;
  readonly onPollFailed: (error: unknown) => void;
}

/** Lambda starts with five pollers. */
const CONCURRENT_POLLS_MAX = 5;
const POLL_FAILED_WAIT_MS = 500;

/** Creates the requests. Those in flight are not aborted by the signal. */
export const createPolling = ({ queue, signal, onReceived, onPollFailed }: PollingOptions): Polling => {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});

  const once = async (count: number, waitSeconds: number): Promise<Polled> => {
    const requested = Math.min(RECEIVE_MAX, count);
    try {
      const records = await queue.receive(requested, waitSeconds);
      onReceived(records.length);
      return { records, full: records.length === requested };
    } catch (error) {
      onPollFailed(error);
      await pause(POLL_FAILED_WAIT_MS);
      return { records: [], full: false };
    }
  };

  const concurrent = async (count: number): Promise<Polled> => {
    const polls = Math.min(CONCURRENT_POLLS_MAX, Math.ceil(count / RECEIVE_MAX));
    const results = await Promise.all(Array.from({ length: polls }, (_, i) => once(count - i * RECEIVE_MAX, 0)));
    return { records: results.flatMap(({ records }) => records), full: results.every(({ full }) => full) };
  };

  return { once, concurrent, pause };
};
