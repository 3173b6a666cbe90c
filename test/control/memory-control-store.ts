/** Decision and reports in memory, of one sink: what the table does, without a table. */

import { addReports, type ControlReport } from '../../src/control/control-report.ts';
import type { ControlState } from '../../src/control/control-state.ts';
import type { ControlStore } from '../../src/control/control-store.ts';

/** One step as it was written: the decision that it was made from, and what came of it. */
export interface StepMade {
  readonly before: ControlState | undefined;
  readonly next: ControlState;
}

export interface MemoryControlStore extends ControlStore {
  decision: ControlState | undefined;
  readonly reports: Map<number, ControlReport>;
  readonly steps: StepMade[];
}

export const memoryControlStore = (): MemoryControlStore => ({
  decision: undefined,
  reports: new Map(),
  steps: [],
  async read() {
    return this.decision;
  },
  async report(epoch, report) {
    const before = this.reports.get(epoch);
    this.reports.set(epoch, before === undefined ? report : addReports(before, report));
  },
  async reportsOf(epoch) {
    return this.reports.get(epoch);
  },
  async step(expectedEpoch, next) {
    if ((this.decision?.epoch ?? -1) !== expectedEpoch) return 'somebody-else';
    this.steps.push({ before: this.decision, next });
    this.decision = next;
    return 'stepped';
  },
});
