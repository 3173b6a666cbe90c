/**
 * openGemini fails in different ways while events arrive, for longer than five visibility timeouts. Afterwards all
 * events are stored and none is quarantined. During the outage the sink sends few requests and receives each message
 * hardly more than once.
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
  /** Largest number of requests during the outage. */
  readonly requestsMax: number;
  /** Largest mean number of receives per message. */
  readonly receivesMax: number;
  /** Time in which all events must be stored after the outage. */
  readonly withinMs: number;
}

const query = async ({ standIn }: World, text: string): Promise<void> => {
  await fetch(`${standIn.url}/query?q=${encodeURIComponent(text)}`, { method: 'POST' });
};

const fault =
  (name: 'reset' | 'read-only' | 'hang' | 'write-disabled'): Pick<Outage, 'begin' | 'end'>['begin'] =>
  ({ standIn }) =>
    standIn.faults.set({ name });
const repair = ({ standIn }: World): void => standIn.faults.clear();

const CREDENTIALS = { username: 'writer', password: 'right' };

const OUTAGES: Readonly<Record<string, Outage>> = {
  'connections are reset': {
    begin: fault('reset'),
    end: repair,
    requestsMax: 80,
    receivesMax: 1.3,
    withinMs: 30_000,
  },
  'openGemini is read-only': {
    begin: fault('read-only'),
    end: repair,
    requestsMax: 80,
    receivesMax: 1.3,
    withinMs: 30_000,
  },
  'openGemini does not respond': {
    begin: fault('hang'),
    end: repair,
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
    // Five wrong passwords would lock the user for all clients.
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
  'openGemini is read-only and the state table is throttled': {
    begin: async (world) => {
      fault('read-only')(world);
      world.system.table.throttle(true);
      await pause(OUTAGE_MS / 2);
      world.system.table.throttle(false);
    },
    end: repair,
    requestsMax: 400,
    receivesMax: 4,
    withinMs: 60_000,
  },
  'openGemini is read-only and there is no state table': {
    begin: fault('read-only'),
    end: repair,
    variables: { STATE_TABLE: '' },
    requestsMax: 400,
    // The schedule of returned messages: 2 s, 4 s, 8 s.
    receivesMax: 5,
    withinMs: 60_000,
  },
};

test.each(Object.entries(OUTAGES))('stores all events after an outage in which %s', async (name, outage) => {
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
    `${name}: ${requests} requests during the outage, all stored ${(ms / 1_000).toFixed(1)} s after its end, ${(received / workload.messages.length).toFixed(2)} receives a message; ${JSON.stringify({ eventsReceived, eventsWritten, eventsCheckpointed, eventsReturned })}`,
  );
  expect((await differences(world, workload)).unexpected).toEqual([]);
  expect(await world.letters()).toEqual([]);
  expect(requests).toBeLessThanOrEqual(outage.requestsMax);
  expect(received / workload.messages.length).toBeLessThanOrEqual(outage.receivesMax);
  expect(world.ledger.ledgerImbalance).toBe(0);
});
