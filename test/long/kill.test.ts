/** Function processes are killed at random times under load. Nothing is lost, and nothing is quarantined. */

import { expect, test } from 'vitest';
import { randomFrom } from '../../local/workload/random.ts';
import { differences, goodWorkload, isStored, openWorld, pause, until } from './world.ts';

const KILLS = 50;

test(`loses and quarantines no event when function processes are killed ${KILLS} times`, async () => {
  const world = await openWorld({ system: { batchSize: 10, visibilitySeconds: 10, timeoutMs: 10_000 } });
  const workload = goodWorkload(3_000, 10);
  const seed = Number(process.env.KILL_SEED ?? Date.now() % 1e6);
  console.log(`kills of seed ${seed}`);
  const random = randomFrom(seed);
  // The latency ensures that most processes have requests in flight when they are killed.
  world.standIn.faults.set({ name: 'latency', ms: 150 });
  let sent = 0;
  const feed = async (): Promise<void> => {
    while (sent < workload.messages.length) {
      await world.send(workload.messages.slice(sent, sent + 20));
      sent += 20;
      await pause(200);
    }
  };
  const feeding = feed();
  let kills = 0;
  while (kills < KILLS) {
    await pause(100 + random.next() * 900);
    // Some outages ensure that the kills also hit checkpoints and drains.
    if (random.next() < 0.1) world.standIn.faults.set({ name: 'read-only' });
    else if (random.next() < 0.4) world.standIn.faults.clear('read-only');
    const alive = [...world.pids].filter(isAlive);
    if (alive.length === 0) continue;
    process.kill(random.pick(alive), 'SIGKILL');
    kills += 1;
  }
  world.standIn.faults.clear();
  await feeding;
  const ms = await until(() => isStored(world, workload), 'all was stored', 120_000);
  await until(
    async () => (await world.queues.depth(world.system.addresses.queueUrl)) === 0,
    'the queue was empty',
    60_000,
  );
  const { invocations, invocationsFailed, received } = world.system.eventSource.stats();
  console.log(
    `${kills} kills, of which ${invocationsFailed} ended an invocation out of ${invocations}; ${received} receives of ${workload.messages.length} messages; all stored ${(ms / 1_000).toFixed(1)} s after the last`,
  );
  expect(invocationsFailed).toBeGreaterThan(0);
  expect((await differences(world, workload)).unexpected).toEqual([]);
  expect(await world.letters()).toEqual([]);
});

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
