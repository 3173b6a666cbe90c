/** 50,000 lines of the wrong type are settled within three invocations and with few requests. */

import { expect, test } from 'vitest';
import { openWorld, until } from './world.ts';

const LINES = 50_000;
const PER_MESSAGE = 500;

test(`settles ${LINES} conflicting lines in three invocations with fewer than 400 requests`, async () => {
  const world = await openWorld({
    variables: { SINK_MAPPING: '' },
    system: {
      batchSize: 1_000,
      windowMs: 3_000,
      concurrency: 1,
      visibilitySeconds: 361,
      timeoutMs: 60_000,
      flushEveryMs: 60_000,
    },
  });
  await fetch(`${world.standIn.url}/write?db=telemetry`, { method: 'POST', body: 'm,d=first v=1 1' });
  const before = world.standIn.counts.writesReceived;
  const messages = Array.from({ length: LINES / PER_MESSAGE }, (_, message) => ({
    body: Array.from(
      { length: PER_MESSAGE },
      (__, line) =>
        `m,d=${line % 50} v="${message}-${line}" ${1_780_000_000_000_000_000 + message * PER_MESSAGE + line}`,
    ).join('\n'),
    region: undefined,
  }));
  await world.send(messages);
  const drained = async (): Promise<boolean> => (await world.queues.depth(world.system.addresses.queueUrl)) === 0;
  const ms = await until(drained, 'the queue was empty', 300_000);
  const requests = world.standIn.counts.writesReceived - before;
  const { invocations } = world.system.eventSource.stats();
  const letters = await world.queues.depth(world.system.addresses.deadLetterQueueUrl);
  console.log(
    `${LINES} lines: ${invocations} invocations, ${requests} requests, ${letters} dead letters in ${(ms / 1_000).toFixed(1)} s; ${JSON.stringify(world.ledger)}`,
  );
  expect(letters).toBe(LINES);
  expect(invocations).toBeLessThanOrEqual(3);
  expect(requests).toBeLessThan(400);
  expect(world.ledger.eventsQuarantined).toBe(LINES);
});
