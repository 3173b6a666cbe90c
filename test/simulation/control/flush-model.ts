/**
 * The part of the flush function that sets the event source's limit: once per minute, and more often while the limit
 * moves.
 */

import { isMoving } from '../../../src/controller/concurrency-step.ts';
import type { Decision } from '../../../src/controller/decision.ts';
import { CHECK_INTERVAL_MS, STAY_MS } from '../../../src/flush/concurrency-limit.ts';
import { between, type Dice } from './dice.ts';
import type { Events } from './events.ts';
import { START_MS } from './policy.ts';

const SCHEDULE_MS = 60_000;

/** Surroundings of the flush function. */
export interface FlushWorld {
  readonly events: Events;
  readonly dice: Dice;
  /** The readable decision; undefined while the table is unavailable or before the first decision. */
  readonly decision: () => Decision | undefined;
  readonly limitTo: (maximumConcurrency: number) => void;
}

/** Schedules the flush function. */
export const startFlushModel = ({ events, dice, decision, limitTo }: FlushWorld): void => {
  const look = (untilMs: number): void => {
    const read = decision();
    if (read?.maximumConcurrency === undefined) return;
    limitTo(read.maximumConcurrency.wanted);
    if (isMoving(read, START_MS + events.now) && events.now + CHECK_INTERVAL_MS <= untilMs)
      events.after(CHECK_INTERVAL_MS, () => look(untilMs));
  };
  const eachMinute = (): void => {
    look(events.now + STAY_MS);
    events.after(SCHEDULE_MS, eachMinute);
  };
  events.after(between(dice, 0, SCHEDULE_MS), eachMinute);
};
