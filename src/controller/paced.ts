/**
 * Wrapper that pauses before each request while the share is below 1. It also counts the time in which the instance has
 * batches to send.
 */

import type { Deadline, Target, WriterWrapper } from '../sink/ports.ts';
import type { InstanceController } from './instance-controller.ts';
import { Pause } from './pause.ts';

/** The part of the clock that a pause needs. */
export interface PaceClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Parts of an instance that the wrapper uses. */
export interface PacedOptions {
  readonly controller: InstanceController;
  readonly clock: PaceClock;
  /** Whether no request may be sent for this target, so that no pause is needed. */
  isWithheld(target: Target): boolean;
  /**
   * Control I/O, called after each slice of a pause. A pause may last as long as the invocation, and a breaker may open
   * in the meantime (docs/decisions/0023). Never throws.
   */
  afterPause(): Promise<void>;
}

/** Time that a pause leaves for the request. A request without enough time would make the server look too slow. */
const REQUEST_MS = 1_000;

/** Creates the wrapper. */
export const paced = ({ controller, clock, isWithheld, afterPause }: PacedOptions): WriterWrapper => {
  const waitForTurn = async (target: Target, deadline: Deadline): Promise<void> => {
    const pause = new Pause(clock.random());
    const leftMs = (): number =>
      isWithheld(target) ? 0 : controller.pauseMs(pause, clock.nowMs(), deadline.remainingMs() - REQUEST_MS);
    for (let ms = leftMs(); ms > 0; ms = leftMs()) {
      const startedMs = clock.nowMs();
      await clock.sleep(ms, deadline.signal);
      controller.paused(pause, Math.max(1, clock.nowMs() - startedMs), clock.nowMs());
      await afterPause();
    }
  };
  return (inner) => ({
    async write(batch, deadline) {
      controller.requestQueued(clock.nowMs());
      try {
        await waitForTurn(batch.target, deadline);
        return await inner.write(batch, deadline);
      } finally {
        controller.requestDone(clock.nowMs());
      }
    },
  });
};
