/** Runs a few seeds, and one seed for each sabotage. The sabotages prove that the simulation can fail. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, inject, test } from 'vitest';
import { readTemplate } from '../infra/template.ts';
import { runSeed } from './run-seed.ts';
import { SABOTAGES } from './sabotage.ts';
import type { Order, Progress } from './seed-worker.ts';
import { figuresOf } from './template-figures.ts';

const figures = figuresOf(readTemplate(inject('packages').default));
const WORKER = fileURLToPath(new URL('./seed-worker.ts', import.meta.url));

/** Runs a seed in a separate process, because a sabotage changes files while they are loaded. */
const sabotaged = async (name: string, seed: number): Promise<readonly string[]> => {
  const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const reports: Progress[] = [];
  child.on('message', (report) => reports.push(report as Progress));
  child.send({ figures, sabotage: name, seeds: [seed] } satisfies Order);
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  return reports.flatMap(({ violations }) => violations);
};

describe('guarantees', () => {
  test.each(Array.from({ length: 20 }, (_, index) => index + 1))('loses no event with seed %d', async (seed) => {
    const { violations, events, faults } = await runSeed(seed, figures, false);
    expect(violations).toEqual([]);
    // With a decoder of the user, most messages of the workload are not sent.
    expect(events).toBeGreaterThanOrEqual(seed % 8 === 0 ? 300 : 1_000);
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20);
  });
});

test('repeats a run exactly with the same seed', async () => {
  const [first, second] = [await runSeed(7, figures, true), await runSeed(7, figures, true)];
  expect(second).toEqual(first);
  expect(first.trace.length).toBeGreaterThan(100);
});

describe('sabotages', () => {
  test.each(Object.entries(SABOTAGES))('detects the sabotage "%s"', async (name, { seed }) => {
    // After a change of the code, random draws may differ. `npm run simulate -- --sabotage NAME` finds another seed.
    expect(await sabotaged(name, seed)).not.toEqual([]);
  });
});
