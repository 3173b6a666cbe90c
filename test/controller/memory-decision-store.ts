/** Decision and reports of one sink in the fake table, with the steps that were made. */

import type { Decision } from '../../src/controller/decision.ts';
import type { DecisionStore } from '../../src/controller/decision-store.ts';
import { emptyTable, itemKey, memoryStateTable } from '../contract/memory-state-table.ts';

/** One written step: the decision that it was made from, and the next decision. */
export interface StepMade {
  readonly before: Decision | undefined;
  readonly next: Decision;
}

/** A store with access for the test. */
export interface MemoryControlStore extends DecisionStore {
  readonly steps: readonly StepMade[];
  /** Number of epochs with a report. */
  epochs(): number;
}

const SINK = 'sink';

/** Creates a store without a decision. */
export const memoryControlStore = (): MemoryControlStore => {
  const items = emptyTable();
  const { decisions } = memoryStateTable(items, SINK);
  const decision = (): Decision | undefined => items.decisions.get(itemKey(SINK, ''));
  const steps: StepMade[] = [];
  return {
    ...decisions,
    steps,
    epochs: () => items.reports.size,
    read: async () => decision(),
    async step(expectedEpoch, next) {
      const before = decision();
      const ended = await decisions.step(expectedEpoch, next);
      if (ended === 'stepped') steps.push({ before, next });
      return ended;
    },
  };
};
