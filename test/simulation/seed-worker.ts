/**
 * A process that runs seeds. It receives the figures and the seeds in one message, and sends a report for each seed.
 */

import type { SeedReport } from './run-seed.ts';
import { sabotage } from './sabotage.ts';
import type { TemplateFigures } from './template-figures.ts';

/** The message to the process. */
export interface Order {
  readonly figures: TemplateFigures;
  /** Sabotage to apply first; undefined for none. */
  readonly sabotage: string | undefined;
  readonly seeds: readonly number[];
}

/** The message from the process. */
export type Progress = Omit<SeedReport, 'trace'>;

process.once('message', async ({ figures, sabotage: name, seeds }: Order) => {
  if (name !== undefined) sabotage(name);
  const { runSeed } = await import('./run-seed.ts');
  for (const seed of seeds) {
    const { trace: _, ...report } = await runSeed(seed, figures, false);
    process.send?.(report satisfies Progress);
  }
  process.disconnect();
});
