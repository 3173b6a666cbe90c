/** A few seeds, and what each of the sabotages is found by: the simulation must be able to fail. */

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

/** In a process of its own, for the sabotage changes files as they are loaded. */
const sabotaged = async (name: string, seed: number): Promise<readonly string[]> => {
  const child = fork(WORKER, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] });
  const reports: Progress[] = [];
  child.on('message', (report) => reports.push(report as Progress));
  child.send({ figures, sabotage: name, seeds: [seed] } satisfies Order);
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
  return reports.flatMap(({ violations }) => violations);
};

describe('nothing is lost', () => {
  test.each(Array.from({ length: 20 }, (_, index) => index + 1))('seed %d', async (seed) => {
    const { violations, events, faults } = await runSeed(seed, figures, false);
    expect(violations).toEqual([]);
    expect(events).toBeGreaterThanOrEqual(1_000);
    expect(Object.values(faults).reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(20);
  });
});

test('a seed is the same each time', async () => {
  const [first, second] = [await runSeed(7, figures, true), await runSeed(7, figures, true)];
  expect(second).toEqual(first);
  expect(first.trace.length).toBeGreaterThan(100);
});

describe('a sabotage is found', () => {
  test.each(Object.entries(SABOTAGES))('%s', async (name, { seed }) => {
    // When the code around it changes, chance falls otherwise: `npm run simulate -- --sabotage NAME` finds another seed.
    expect(await sabotaged(name, seed)).not.toEqual([]);
  });
});
