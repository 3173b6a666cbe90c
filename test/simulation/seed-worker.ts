/** A process that runs seeds: it is sent the figures first, then one seed after the other. */

import type { SeedReport } from './run-seed.ts';
import { sabotage } from './sabotage.ts';
import type { TemplateFigures } from './template-figures.ts';

export interface Order {
  readonly figures: TemplateFigures;
  /** What to break first; undefined for nothing. */
  readonly sabotage: string | undefined;
  readonly seeds: readonly number[];
}

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
