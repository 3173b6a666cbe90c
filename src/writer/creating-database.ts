/**
 * Creates a missing database once, where that is permitted, and repeats the write. A database that could not be created
 * is tried again with the next batch or probe that fails without it. The breaker of the target limits these attempts.
 */

import type { Deadline, WriterWrapper } from '../sink/ports.ts';
import type { DelayClock } from './retrying.ts';

/** The port that creates databases. */
export interface DatabaseCreator {
  /** Returns `true` if the server confirms that the database exists now. Never throws. */
  createDatabase(name: string, deadline: Deadline): Promise<boolean>;
}

// Measured: writes to a new database fail with 404 for about 0.3 s.
const SETTLE_MS = 250;
const REPEATS_MAX = 6;

/**
 * Creates the wrapper.
 *
 * @param created - Names of the databases that this instance created. It outlives invocations. A database that is
 *   missing again was dropped on purpose, and is not created a second time.
 */
export const creatingDatabase =
  (creator: DatabaseCreator, clock: Pick<DelayClock, 'sleep'>, created: Set<string>): WriterWrapper =>
  (inner) => ({
    async write(batch, deadline) {
      let outcome = await inner.write(batch, deadline);
      const name = batch.target.database;
      if (outcome.kind !== 'misconfigured' || !outcome.databaseMissing || created.has(name)) return outcome;
      if (!(await creator.createDatabase(name, deadline))) return outcome;
      let repeats = 0;
      while (repeats < REPEATS_MAX && outcome.kind === 'misconfigured') {
        if (deadline.remainingMs() <= SETTLE_MS) return outcome;
        await clock.sleep(SETTLE_MS, deadline.signal);
        outcome = await inner.write(batch, deadline);
        repeats += 1;
      }
      if (outcome.kind !== 'misconfigured') created.add(name);
      return outcome;
    },
  });
