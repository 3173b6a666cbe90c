/**
 * Settings of a real openGemini that refuse events: a locked user, a limit of series, a short retention. Starts its own
 * servers, so it needs `OPENGEMINI_BINARY` and is skipped without it.
 */

import { describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase, query, type ServerAccess } from '../../local/opengemini-client.ts';
import { readPoints } from '../../local/workload/verify.ts';
import { type ServerSettings, serverProcess } from '../endurance/server.ts';
import { openWorld, pause, until, type World } from '../long/world.ts';

const { OPENGEMINI_BINARY: binary } = process.env;
const DATABASE = 'settings';
const USER = { username: 'admin', password: 'Right-Passw0rd' };
const LOCKING_ATTEMPTS = 6;
const HOUR_MS = 3_600_000;

const MAPPING = {
  version: 1,
  measurement: 'm',
  timestamp: { path: 'ts', precision: 'ms' },
  tags: { device: 'device' },
  fields: { v: 'v' },
};

const startServer = async (settings: ServerSettings): Promise<ServerAccess> => {
  const server = await serverProcess(binary, settings);
  onTestFinished(() => server.close());
  await server.start();
  return server.access;
};

const open = (server: ServerAccess, more: Readonly<Record<string, string>> = {}): Promise<World> =>
  openWorld({
    // No message is received twice, so that the ledgers can be counted.
    system: { timeoutMs: 60_000, visibilitySeconds: 120, flushTimeoutMs: 60_000 },
    variables: {
      OPENGEMINI_URL: server.url,
      OPENGEMINI_DATABASE: DATABASE,
      OPENGEMINI_USERNAME: server.credentials?.username,
      OPENGEMINI_PASSWORD: server.credentials?.password,
      SINK_MAPPING: JSON.stringify(MAPPING),
      ...more,
    },
  });

/** Sends one event per device, all with the given time. */
const send = (world: World, devices: readonly number[], ts = Date.now()): Promise<void> =>
  world.send(
    devices.map((device) => ({
      body: JSON.stringify({ device: `d${device}`, ts: ts + device, v: device }),
      region: undefined,
    })),
  );

const stored = async (server: ServerAccess): Promise<number> => (await readPoints(server, DATABASE)).length;
const DEVICES = Array.from({ length: 50 }, (_, device) => device);

describe.skipIf(binary === undefined)('a real openGemini', () => {
  test('that has locked the user stores all events after the lock ends', async () => {
    const access = await startServer({ authEnabled: true });
    await query(access, `CREATE USER ${USER.username} WITH PASSWORD '${USER.password}' WITH ALL PRIVILEGES`);
    const server = { ...access, credentials: USER };
    const world = await open(server);
    const wrong = { ...access, credentials: { ...USER, password: 'Wrong-Passw0rd' } };
    for (let attempt = 0; attempt < LOCKING_ATTEMPTS; attempt++)
      await query(wrong, 'SHOW DATABASES').catch(() => undefined);
    await expect(query(server, 'SHOW DATABASES')).rejects.toThrow('locked');
    await send(world, DEVICES);
    await until(() => world.ledger.eventsCheckpointed >= DEVICES.length, 'the events were checkpointed', 60_000);
    await pause(30_000);
    const ms = await until(async () => (await stored(server)) === DEVICES.length, 'all was stored', 120_000);
    console.log(`a locked user: all stored ${((30_000 + ms) / 1_000).toFixed(0)} s after they were checkpointed`);
    expect(await world.letters()).toEqual([]);
  });

  test('with a limit of series stores what it can, and the sink keeps the rest', async () => {
    const server = await startServer({ seriesMax: 20 });
    const world = await open(server);
    const settled = (events: number): Promise<number> =>
      until(() => world.ledger.eventsWritten + world.ledger.eventsCheckpointed >= events, 'all was settled', 60_000);
    await send(world, DEVICES.slice(0, 30));
    await settled(30);
    const known = await stored(server);
    // Thirty more events of known devices, and of new ones.
    await send(world, DEVICES.slice(0, 10), Date.now() + 1_000);
    await send(world, DEVICES.slice(30));
    await settled(60);
    const { eventsReceived, eventsWritten, eventsCheckpointed } = world.ledger;
    console.log(`a limit of 20 series: ${eventsWritten} of ${eventsReceived} written, ${eventsCheckpointed} kept`);
    expect([eventsReceived, eventsWritten + eventsCheckpointed]).toEqual([60, 60]);
    expect(eventsCheckpointed).toBeGreaterThanOrEqual(20);
    await until(async () => (await stored(server)) >= known + 10, 'the events of known devices are visible', 30_000);
    expect(await world.letters()).toEqual([]);
  });

  test('with a retention that is shorter than an outage quarantines the expired events, and stores all others', async () => {
    const server = await startServer({});
    await createDatabase(server, DATABASE, undefined);
    await query(server, `CREATE RETENTION POLICY short ON ${DATABASE} DURATION 1h REPLICATION 1`);
    const world = await open(server, { OPENGEMINI_RETENTION_POLICY: 'short' });
    await send(world, DEVICES.slice(0, 10), Date.now() - 2 * HOUR_MS);
    await send(world, DEVICES.slice(10));
    await until(
      () => world.ledger.eventsWritten === 40 && world.ledger.eventsQuarantined === 10,
      'all was settled',
      60_000,
    );
    const reasons = (await world.letters()).map(({ attributes: { reason } }) => reason);
    expect(reasons).toEqual(Array.from({ length: 10 }, () => 'expired'));
  });
});
