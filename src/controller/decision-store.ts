/**
 * Port to the state that all instances of a sink share for the controller: one decision, and the sums of each epoch.
 */

import type { Decision } from './decision.ts';
import type { ControlReport } from './report.ts';

/** The event source's `MaximumConcurrency`, as the flush function last found or set it (docs/decisions/0021). */
export interface EventSourceLimit {
  readonly maximumConcurrency: number;
  /** Time at which the flush function published the value. */
  readonly atMs: number;
}

/**
 * Result of reading the decision. It is undefined before the first decision. `unreadable` means that a newer version
 * wrote the decision, so this version must not overwrite it.
 */
export type DecisionRead = Decision | 'unreadable' | undefined;

/** Every call may throw. The controller then continues with the last decision, and never stops events. */
export interface DecisionStore {
  /** May return a decision that is slightly outdated. A step from an outdated decision returns `conflict`. */
  read(): Promise<DecisionRead>;
  /** Adds a report to the sums of the epoch. A repeated call counts twice, which is harmless and is not prevented. */
  report(epoch: number, report: ControlReport): Promise<void>;
  /** Returns the sums of the epoch, or undefined if no instance has reported. */
  reportsOf(epoch: number): Promise<ControlReport | undefined>;
  /**
   * Writes the decision if the stored one still has `expectedEpoch` (-1: there is none).
   *
   * If several instances try concurrently, one succeeds and the others get `conflict`.
   */
  step(expectedEpoch: number, next: Decision): Promise<'stepped' | 'conflict'>;
}

/** The port without `read`, because the decision is read together with the other shared state. */
export type SharedDecisions = Omit<DecisionStore, 'read'>;
