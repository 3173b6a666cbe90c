/** A writer that takes its turn: below a share of one it pauses before each request, and the time it wishes is counted. */

import type { Deadline, Target, Writer } from '../sink/ports.ts';
import type { InstanceController } from './instance-controller.ts';
import { Pause } from './pause.ts';

/** The part of the clock that a turn needs. */
export interface PaceClock {
  nowMs(): number;
  random(): number;
  /** Ends early, without an error, when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Kept back from the deadline: a request that cannot be answered any more looks like a server that is too slow. */
const REQUEST_MS = 1_000;

/** `isHeldBack`: the server is not asked, so nobody need wait for a turn. */
export const paced = (
  writer: Writer,
  control: InstanceController,
  clock: PaceClock,
  isWithheld: (target: Target) => boolean,
): Writer => {
  const turn = async (target: Target, deadline: Deadline): Promise<void> => {
    const pause = new Pause(clock.random());
    const left = (): number =>
      isWithheld(target) ? 0 : control.pauseMs(pause, clock.nowMs(), deadline.remainingMs() - REQUEST_MS);
    for (let ms = left(); ms > 0; ms = left()) {
      const startedMs = clock.nowMs();
      await clock.sleep(ms, deadline.signal);
      control.paused(pause, Math.max(1, clock.nowMs() - startedMs), clock.nowMs());
    }
  };
  return {
    async write(batch, deadline) {
      control.requestQueued(clock.nowMs());
      try {
        await turn(batch.target, deadline);
        return await writer.write(batch, deadline);
      } finally {
        control.requestDone(clock.nowMs());
      }
    },
  };
};
