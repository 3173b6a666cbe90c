import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSRecord } from 'aws-lambda';
import { RECEIVE_MAX, type SourceQueue } from './source-queue.ts';

export interface Polled {
  readonly records: readonly SQSRecord[];
  /** As many came as were asked for, so there are probably more. */
  readonly full: boolean;
}

export interface Polling {
  /** One request, which waits so many whole seconds for a first message. */
  once(room: number, waitSeconds: number): Promise<Polled>;
  /** Several requests side by side, as many as the room is worth. */
  sideBySide(room: number): Promise<Polled>;
  /** Ends early when the signal comes. */
  pause(ms: number): Promise<void>;
}

export interface PollingOptions {
  readonly queue: Pick<SourceQueue, 'receive'>;
  readonly signal: AbortSignal;
  readonly onReceived: (count: number) => void;
  readonly onPollFailed: (error: unknown) => void;
}

/** Lambda begins with five pollers. */
const POLLS_AT_ONCE = 5;
const POLL_FAILED_WAIT_MS = 500;

export const createPolling = ({ queue, signal, onReceived, onPollFailed }: PollingOptions): Polling => {
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});

  const once = async (room: number, waitSeconds: number): Promise<Polled> => {
    const count = Math.min(RECEIVE_MAX, room);
    try {
      const records = await queue.receive(count, waitSeconds);
      onReceived(records.length);
      return { records, full: records.length === count };
    } catch (error) {
      onPollFailed(error);
      await pause(POLL_FAILED_WAIT_MS);
      return { records: [], full: false };
    }
  };

  const sideBySide = async (room: number): Promise<Polled> => {
    const polls = Math.min(POLLS_AT_ONCE, Math.ceil(room / RECEIVE_MAX));
    const answers = await Promise.all(Array.from({ length: polls }, (_, i) => once(room - i * RECEIVE_MAX, 0)));
    return { records: answers.flatMap((answer) => answer.records), full: answers.every((answer) => answer.full) };
  };

  return { once, sideBySide, pause };
};
