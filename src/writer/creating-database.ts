/**
 * A writer that makes a missing database once, where that is allowed, and writes again. What could not be made is tried
 * again with the next batch or probe that misses it: at the pace of its breaker.
 */

import type { Deadline, Writer } from '../sink/ports.ts';
import type { Pause } from './retrying.ts';

/** The port for making databases: true when the server says that it exists now. */
export interface DatabaseMaker {
  createDatabase(name: string, deadline: Deadline): Promise<boolean>;
}

// Measured: a database made just now answers 404 for about 0.3 s.
const SETTLE_MS = 250;
const TRIES_AFTER = 6;

/** `made` lives as long as the environment: what was made once and is gone again was dropped on purpose. */
export const creatingDatabase = (writer: Writer, maker: DatabaseMaker, pause: Pause, made: Set<string>): Writer => ({
  async write(batch, deadline) {
    let outcome = await writer.write(batch, deadline);
    const name = batch.target.database;
    if (outcome.kind !== 'misconfigured' || !outcome.databaseMissing || made.has(name)) return outcome;
    if (!(await maker.createDatabase(name, deadline))) return outcome;
    for (let tries = 0; tries < TRIES_AFTER && outcome.kind === 'misconfigured'; tries++) {
      if (deadline.remainingMs() <= SETTLE_MS) return outcome;
      await pause.sleep(SETTLE_MS, deadline.signal);
      outcome = await writer.write(batch, deadline);
    }
    if (outcome.kind !== 'misconfigured') made.add(name);
    return outcome;
  },
});
