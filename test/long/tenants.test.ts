/**
 * The database of one tenant is missing. The events of the other tenants are written without delay, and the events of
 * this tenant once the database exists.
 */

import { expect, test } from 'vitest';
import { type PointDifferences, readPoints } from '../../local/workload/verify.ts';
import { openWorld, pause, until, type World } from './world.ts';

const TENANTS = ['north', 'south', 'east', 'west'] as const;
const MISSING = 'west';

const MAPPING = {
  version: 1,
  measurement: 'm',
  timestamp: { path: 'ts', precision: 'ms' },
  database: { path: 'tenant', allow: [...TENANTS] },
  tags: { d: 'd' },
  fields: { v: 'v' },
};

const TS = 1_780_000_000_000;

const create = (world: World, name: string): Promise<unknown> =>
  fetch(`${world.standIn.url}/query?q=CREATE%20DATABASE%20${name}`, { method: 'POST' });

const count = async (world: World, database: string): Promise<number> =>
  world.standIn.databases().includes(database) ? (await readPoints(world.system.server, database)).length : 0;

test('stores the events of a tenant without a database until it exists, and writes those of the others without delay', async () => {
  const world = await openWorld({ variables: { SINK_MAPPING: JSON.stringify(MAPPING) } });
  for (const tenant of TENANTS) if (tenant !== MISSING) await create(world, tenant);
  const rounds = 60;
  const slowest: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const sentAt = performance.now();
    await world.send(
      TENANTS.map((tenant) => ({
        body: JSON.stringify({ tenant, d: 'd', ts: TS + round, v: round }),
        region: undefined,
      })),
    );
    if (round % 10 === 9) {
      const arrived = async (): Promise<boolean> => (await count(world, 'north')) === round + 1;
      await until(arrived, 'the others were written', 5_000);
      slowest.push(performance.now() - sentAt);
    }
    await pause(200);
  }
  for (const tenant of TENANTS)
    if (tenant !== MISSING)
      await until(async () => (await count(world, tenant)) === rounds, `${tenant} had all`, 5_000);
  expect(await count(world, MISSING)).toBe(0);
  await create(world, MISSING);
  const ms = await until(async () => (await count(world, MISSING)) === rounds, 'the missing tenant had all', 60_000);
  const { received } = world.system.eventSource.stats();
  console.log(
    `others written within ${Math.max(...slowest).toFixed(0)} ms; the missing tenant ${(ms / 1_000).toFixed(1)} s after its database was created; ${(received / (rounds * TENANTS.length)).toFixed(2)} receives a message`,
  );
  expect(Math.max(...slowest)).toBeLessThan(3_000);
  expect(received / (rounds * TENANTS.length)).toBeLessThan(1.1);
  expect(await world.letters()).toEqual([] satisfies PointDifferences['missing']);
});
