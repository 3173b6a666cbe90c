/** What an instance does for the controller now and then, whenever something happens: report, look, and step if due. */

import type { Decision } from './decision.ts';
import type { DecisionStore } from './decision-store.ts';
import type { InstanceController } from './instance-controller.ts';

export interface ControlClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface ControlEvents {
  /** This instance has made the step of an epoch. */
  stepped(decision: Decision): void;
  /** The decision could not be read; or only not reported to, or not written. */
  storeFailed(error: unknown, what: 'read' | 'write'): void;
}

/** Never throws. At most one of an instance may be under way. */
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
      // Only what cannot be read is away: a table that takes no reports still tells what was decided, and how old it is.
      if (what === 'read') control.tableUnavailable(clock.nowMs());
      events.storeFailed(error, what);
      return false;
    }
  };
  const due = control.dueReport(clock.nowMs(), clock.random());
  const isReadDue = control.isReadDue(clock.nowMs());
  if (isReadDue) control.asked(clock.nowMs());
  // Whoever waits for what is read must not wait for what is reported as well.
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
  // Nobody was heard: there is nothing to decide, and no write to pay for.
  if (report === undefined) return;
  const next = control.nextDecision(due, report, clock.nowMs());
  if ((await store.step(due.expectedEpoch, next)) === 'conflict') return;
  control.applyDecision(next);
  events.stepped(next);
};
