/**
 * openGemini fails in every way while events flow, for longer than five visibility timeouts: at the end all is stored,
 * nothing is quarantined, the server was asked seldom meanwhile, and messages were received hardly more often than once.
 */

import { expect, test } from 'vitest';
import {
  differences,
  goodWorkload,
  isStored,
  openWorld,
  pause,
  until,
  VISIBILITY_SECONDS,
  type World,
} from './world.ts';

const OUTAGE_MS = 6 * VISIBILITY_SECONDS * 1_000;
const SLICES = 36;

interface Outage {
  readonly begin: (world: World) => Promise<void> | void;
  readonly end: (world: World) => Promise<void> | void;
  readonly variables?: Readonly<Record<string, string>>;
  /** Requests that may be made of the server meanwhile. */
  readonly requestsMax: number;
  /** Receives of a message, on the average. */
  readonly receivesMax: number;
  /** How soon all is stored. */
  readonly withinMs: number;
}

const query = async ({ standIn }: World, text: string): Promise<void> => {
  await fetch(`${standIn.url}/query?q=${encodeURIComponent(text)}`, { method: 'POST' });
};

const fault =
  (name: 'reset' | 'read-only' | 'hang' | 'write-disabled'): Pick<Outage, 'begin' | 'end'>['begin'] =>
  ({ standIn }) =>
    standIn.faults.set({ name });
const mend = ({ standIn }: World): void => standIn.faults.clear();

const CREDENTIALS = { username: 'writer', password: 'right' };

const OUTAGES: Readonly<Record<string, Outage>> = {
  'connections are reset': {
    begin: fault('reset'),
    end: mend,
    requestsMax: 80,
    receivesMax: 1.3,
    withinMs: 30_000,
  },
  'it is read-only': {
    begin: fault('read-only'),
    end: mend,
    requestsMax: 80,
    receivesMax: 1.3,
    withinMs: 30_000,
  },
  'it does not answer': {
    begin: fault('hang'),
    end: mend,
    requestsMax: 60,
    receivesMax: 1.5,
    withinMs: 40_000,
  },
  'the password is wrong': {
    begin: () => {
      CREDENTIALS.password = 'another';
    },
    end: () => {
      CREDENTIALS.password = 'right';
    },
    // Five would lock the user for everybody.
    requestsMax: 5,
    receivesMax: 1.3,
    withinMs: 60_000,
  },
  'the database is deleted': {
    begin: (world) => query(world, 'DROP DATABASE telemetry'),
    end: (world) => query(world, 'CREATE DATABASE telemetry'),
    requestsMax: 60,
    receivesMax: 1.3,
    withinMs: 40_000,
  },
  'the state table is throttled, too': {
    begin: async (world) => {
      fault('read-only')(world);
      world.system.table.throttle(true);
      await pause(OUTAGE_MS / 2);
      world.system.table.throttle(false);
    },
    end: mend,
    requestsMax: 400,
    receivesMax: 4,
    withinMs: 60_000,
  },
  'there is no state table': {
    begin: fault('read-only'),
    end: mend,
    variables: { STATE_TABLE: '' },
    requestsMax: 400,
    // Two, four, eight seconds: the schedule of returned messages.
    receivesMax: 5,
    withinMs: 60_000,
  },
};

test.each(Object.entries(OUTAGES))('%s', async (name, outage) => {
  const credentials = name === 'the password is wrong' ? { standIn: { credentials: CREDENTIALS } } : {};
  const world = await openWorld({ ...credentials, variables: outage.variables ?? {} });
  const workload = goodWorkload(400, 10);
  const before = name === 'the database is deleted' ? 0 : 40;
  await world.send(workload.messages.slice(0, before));
  await until(
    async () => (await world.queues.depth(world.system.addresses.queueUrl)) === 0,
    'the first were taken',
    20_000,
  );
  const requestsBefore = world.standIn.counts.writesReceived;

  const broken = Promise.resolve(outage.begin(world));
  const rest = workload.messages.slice(before);
  const perSlice = Math.ceil(rest.length / SLICES);
  for (let slice = 0; slice < SLICES; slice++) {
    await world.send(rest.slice(slice * perSlice, (slice + 1) * perSlice));
    await pause(OUTAGE_MS / SLICES);
  }
  await broken;
  const requests = world.standIn.counts.writesReceived - requestsBefore;

  await outage.end(world);
  const ms = await until(() => isStored(world, workload), 'all was stored', outage.withinMs);
  await until(
    async () => (await world.queues.depth(world.system.addresses.queueUrl)) === 0,
    'the queue was empty',
    30_000,
  );
  const { received } = world.system.eventSource.stats();
  const { eventsReceived, eventsWritten, eventsCheckpointed, eventsReturned } = world.ledger;
  console.log(
    `${name}: ${requests} requests meanwhile, all stored ${(ms / 1_000).toFixed(1)} s after its end, ${(received / workload.messages.length).toFixed(2)} receives a message; ${JSON.stringify({ eventsReceived, eventsWritten, eventsCheckpointed, eventsReturned })}`,
  );
  expect((await differences(world, workload)).unexpected).toEqual([]);
  expect(await world.letters()).toEqual([]);
  expect(requests).toBeLessThanOrEqual(outage.requestsMax);
  expect(received / workload.messages.length).toBeLessThanOrEqual(outage.receivesMax);
  expect(world.ledger.ledgerImbalance).toBe(0);
});
