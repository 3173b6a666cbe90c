/**
 * Exchange of one instance with the decision store: it reports, reads the decision, and makes the step if it is due.
 */

import type { Decision } from './decision.ts';
import type { DecisionStore } from './decision-store.ts';
import type { InstanceController } from './instance-controller.ts';

/** Time and randomness of the exchange. */
export interface ControlClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

/** Receives what happened during the exchange. */
export interface ControlEvents {
  /** This instance made the step of an epoch. */
  stepped(decision: Decision): void;
  /**
   * `read`: the decision could not be read. `write`: reporting, reading the reports, or writing the decision failed.
   */
  storeFailed(error: unknown, what: 'read' | 'write'): void;
}

/**
 * Reports, reads the decision, and makes the step, each only if it is due.
 *
 * Never throws. An instance must not run two exchanges concurrently. The caller chooses when to exchange
 * (docs/decisions/0025).
 */
export const syncWithTable = async (
  control: InstanceController,
  store: DecisionStore,
  clock: ControlClock,
  events: ControlEvents,
): Promise<void> => {
  const attempt = async (what: 'read' | 'write', work: () => Promise<void>): Promise<boolean> => {
    try {
      await work();
      return true;
    } catch (error) {
      // Only a failed read counts: a table that accepts no reports still returns the decision with its age.
      if (what === 'read') control.tableUnavailable(clock.nowMs());
      events.storeFailed(error, what);
      return false;
    }
  };
  const due = control.dueReport(clock.nowMs(), clock.random());
  const isReadDue = control.isReadDue(clock.nowMs());
  if (isReadDue) control.readStarted(clock.nowMs());
  // Concurrent, so that the read is not delayed by the report. `attempt` never throws.
  const [, wasRead] = await Promise.all([
    due !== undefined && attempt('write', () => store.report(due.epoch, due.report)),
    isReadDue && attempt('read', async () => control.applyDecision(await store.read())),
  ]);
  if (wasRead) await attempt('write', () => step(control, store, clock, events));
};

const step = async (
  control: InstanceController,
  store: DecisionStore,
  clock: ControlClock,
  events: ControlEvents,
): Promise<void> => {
  const due = control.dueStep(clock.nowMs());
  if (due === undefined) return;
  const report = await store.reportsOf(due.epoch);
  // Without reports there is nothing to decide, so the write is saved.
  if (report === undefined) return;
  const next = control.nextDecision(due, report, clock.nowMs());
  if ((await store.step(due.expectedEpoch, next)) === 'conflict') return;
  control.applyDecision(next);
  events.stepped(next);
};
