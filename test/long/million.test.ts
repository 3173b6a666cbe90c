/** A backlog of a million events is stored within two minutes after openGemini recovers. */

import { expect, test } from 'vitest';
import { openWorld, until } from './world.ts';

const EVENTS = 1_000_000;
const PER_MESSAGE = 500;
const STORED_WITHIN_MS = 120_000;

/** Returns a body of typical telemetry: a few tags, a few fields. */
const body = (message: number): string =>
  JSON.stringify(
    Array.from({ length: PER_MESSAGE }, (_, index) => {
      const n = message * PER_MESSAGE + index;
      return {
        measurement: 'cpu',
        tags: { host: `host-${n % 200}`, region: 'eu-central-1', cpu: `cpu${n % 8}` },
        fields: { usage_user: (n % 1_000) / 10, usage_system: (n % 77) / 7, usage_idle: 100 - (n % 100) },
        timestamp: `${1_780_000_000_000 + n}000000`,
      };
    }),
  );

test('stores a backlog of a million events within two minutes after openGemini recovers', async () => {
  const world = await openWorld({
    variables: { SINK_MAPPING: '' },
    system: {
      batchSize: 1_000,
      windowMs: 1_000,
      concurrency: 2,
      visibilitySeconds: 361,
      timeoutMs: 60_000,
      flushEveryMs: 10_000,
    },
  });
  world.standIn.faults.set({ name: 'read-only' });
  const started = performance.now();
  for (let message = 0; message < EVENTS / PER_MESSAGE; message += 20)
    await world.send(Array.from({ length: 20 }, (_, index) => ({ body: body(message + index), region: undefined })));
  const taken = async (): Promise<boolean> => world.ledger.eventsCheckpointed === EVENTS;
  await until(taken, 'all was checkpointed', 240_000);
  const checkpointedMs = performance.now() - started;
  world.standIn.faults.clear();
  const ms = await until(() => world.standIn.counts.linesStored >= EVENTS, 'all was stored', STORED_WITHIN_MS);
  console.log(
    `${EVENTS} events sent and checkpointed in ${(checkpointedMs / 1_000).toFixed(1)} s, stored ${(ms / 1_000).toFixed(1)} s after the outage: ${Math.round(EVENTS / (ms / 1_000))} events a second`,
  );
  expect(await world.letters()).toEqual([]);
  expect(world.ledger.ledgerImbalance).toBe(0);
});
