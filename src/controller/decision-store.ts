/** The port to what all instances of one sink know together: one decision, and the sums of each epoch. */

import type { Decision } from './decision.ts';
import type { ControlReport } from './report.ts';

/** The event source's `MaximumConcurrency`, as the flush function has found it or set it. */
export interface EventSourceLimit {
  readonly maximumConcurrency: number;
  readonly atMs: number;
}

/** What was read: undefined before the first decision, `unreadable` is one of a newer version, not to be written over. */
export type DecisionRead = Decision | 'unreadable' | undefined;

/** Any call may throw: control goes on with what it knows, and never stands in the way of data. */
export interface DecisionStore {
  /** May be a little old: a step made from it then fails. */
  read(): Promise<DecisionRead>;
  /** Adds to the sums of the epoch. Made twice, it counts double: that is harmless, and need not be prevented. */
  report(epoch: number, report: ControlReport): Promise<void>;
  /** The sums of the epoch; undefined when nobody has reported. */
  reportsOf(epoch: number): Promise<ControlReport | undefined>;
  /**
   * Writes the decision if the stored one is still that of `expectedEpoch` (-1: there is none). Of many that try one
   * succeeds.
   */
  step(expectedEpoch: number, next: Decision): Promise<'stepped' | 'conflict'>;
}

/** All but reading, which goes together with what else is shared. */
export type SharedDecisions = Omit<DecisionStore, 'read'>;
