/** Creates deadlines before the one of Lambda. Each leaves time for the work that follows it. */

import type { Clock, TimedDeadline } from './clock.ts';

/** Time kept in reserve before Lambda's deadline. */
export interface Reserve {
  readonly ms: number;
  /** The reserve is at most this part of the remaining time, so that short timeouts leave time to work. */
  readonly partMax: number;
}

/** Deadlines by the names of their reserves. */
export type Deadlines<Name extends string> = Readonly<Record<Name, TimedDeadline>>;

/**
 * Creates one deadline for each reserve. Release them together with `releaseAll`.
 *
 * @param remainingMs - Time until Lambda ends the invocation.
 */
export const deadlinesFor = <Name extends string>(
  clock: Pick<Clock, 'deadlineIn'>,
  remainingMs: number,
  reserves: Readonly<Record<Name, Reserve>>,
): Deadlines<Name> =>
  Object.fromEntries(
    Object.entries<Reserve>(reserves).map(([name, { ms, partMax }]) => [
      name,
      clock.deadlineIn(remainingMs - Math.min(ms, remainingMs * partMax)),
    ]),
  ) as Deadlines<Name>;

/** Releases all deadlines. */
export const releaseAll = (deadlines: Readonly<Record<string, TimedDeadline>>): void => {
  for (const deadline of Object.values(deadlines)) deadline.release();
};
