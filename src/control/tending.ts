/** What an instance does for the controller now and then, whenever something happens: report, look, and step if due. */

import type { ControlState } from './control-state.ts';
import type { ControlStore } from './control-store.ts';
import type { InstanceControl } from './instance-control.ts';

export interface ControlClock {
  nowMs(): number;
  /** Uniform in [0, 1). */
  random(): number;
}

export interface ControlEvents {
  /** This instance has made the step of an epoch. */
  stepped(decision: ControlState): void;
  /** The decision could not be read; or only not reported to, or not written. */
  storeFailed(error: unknown, what: 'read' | 'write'): void;
}

/** Never throws. At most one of an instance may be under way. */
export const tend = async (
  control: InstanceControl,
  store: ControlStore,
  clock: ControlClock,
  events: ControlEvents,
): Promise<void> => {
  const due = control.dueReport(clock.nowMs(), clock.random());
  const isReadDue = control.isReadDue(clock.nowMs());
  if (isReadDue) control.asked(clock.nowMs());
  const report = async (): Promise<void> => {
    try {
      if (due !== undefined) await store.report(due.epoch, due.report);
    } catch (error) {
      events.storeFailed(error, 'write');
    }
  };
  // Whoever waits for what is read must not wait for what is reported as well.
  const [, wasRead] = await Promise.all([report(), isReadDue && read(control, store, clock, events)]);
  if (!wasRead) return;
  try {
    await step(control, store, clock, events);
  } catch (error) {
    events.storeFailed(error, 'write');
  }
};

/** Only what cannot be read is away: a table that takes no reports still tells what was decided, and how old it is. */
const read = async (
  control: InstanceControl,
  store: ControlStore,
  clock: ControlClock,
  events: ControlEvents,
): Promise<boolean> => {
  try {
    control.know(await store.read());
    return true;
  } catch (error) {
    control.unreachable(clock.nowMs());
    events.storeFailed(error, 'read');
    return false;
  }
};

const step = async (
  control: InstanceControl,
  store: ControlStore,
  clock: ControlClock,
  events: ControlEvents,
): Promise<void> => {
  const due = control.dueStep(clock.nowMs());
  if (due === undefined) return;
  const report = await store.reportsOf(due.epoch);
  // Nobody was heard: there is nothing to decide, and no write to pay for.
  if (report === undefined) return;
  const next = control.next(due, report, clock.nowMs());
  if ((await store.step(due.expectedEpoch, next)) === 'somebody-else') return;
  control.know(next);
  events.stepped(next);
};
