/** A real openGemini is disabled with its own switches while events arrive. All events are stored afterwards. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { createDatabase, dropDatabase, type ServerAccess } from '../../local/opengemini-client.ts';
import { differences, goodWorkload, isStored, openWorld, pause, until, VISIBILITY_SECONDS } from '../long/world.ts';

const OUTAGE_MS = 6 * VISIBILITY_SECONDS * 1_000;
const SLICES = 36;

const url = process.env.OPENGEMINI_URL ?? '';
const { OPENGEMINI_USERNAME: username, OPENGEMINI_PASSWORD: password } = process.env;
const server: ServerAccess = { url, credentials: username && password ? { username, password } : undefined };

/** Sets one of openGemini's own switches, which operators use for maintenance. */
const turn = async (mod: string, on: boolean): Promise<void> => {
  const response = await fetch(`${url}/debug/ctrl?mod=${mod}&switchon=${on}&allnodes=y`, { method: 'POST' });
  if (!response.ok) throw new Error(`${url} did not turn ${mod} ${on ? 'on' : 'off'}: ${response.status}`);
};

interface Outage {
  readonly begin: (database: string) => Promise<unknown>;
  readonly end: (database: string) => Promise<unknown>;
}

const OUTAGES: Readonly<Record<string, Outage>> = {
  'openGemini is read-only': { begin: () => turn('readonly', true), end: () => turn('readonly', false) },
  'openGemini is disabled for writing': {
    begin: () => turn('disablewrite', true),
    end: () => turn('disablewrite', false),
  },
  'the database is dropped': {
    begin: (database) => dropDatabase(server, database),
    end: (database) => createDatabase(server, database, undefined),
  },
};

describe('outage of a real openGemini', () => {
  test.each(Object.entries(OUTAGES))(
    'stores all events on a real server after an outage in which %s',
    async (name, { begin, end }) => {
      const database = `sink_outage_${Date.now()}`;
      // Registered before the system starts, because the switches outlive a failing test.
      onTestFinished(async () => {
        await end(database);
        await dropDatabase(server, database);
      });
      const world = await openWorld({
        variables: {
          OPENGEMINI_URL: url,
          OPENGEMINI_USERNAME: username,
          OPENGEMINI_PASSWORD: password,
          OPENGEMINI_DATABASE: database,
        },
      });
      const workload = goodWorkload(400, 10);
      await begin(database);
      const perSlice = Math.ceil(workload.messages.length / SLICES);
      for (let slice = 0; slice < SLICES; slice++) {
        await world.send(workload.messages.slice(slice * perSlice, (slice + 1) * perSlice));
        await pause(OUTAGE_MS / SLICES);
      }
      const waiting = world.ledger.eventsCheckpointed;
      await end(database);
      const ms = await until(() => isStored(world, workload, database), 'all was stored', 60_000);
      const { received } = world.system.eventSource.stats();
      console.log(
        `${name}: ${waiting} events were checkpointed, all stored ${(ms / 1_000).toFixed(1)} s after its end, ${(received / workload.messages.length).toFixed(2)} receives a message`,
      );
      expect(waiting).toBeGreaterThan(0);
      expect((await differences(world, workload, database)).unexpected).toEqual([]);
      expect(await world.letters()).toEqual([]);
      expect(received / workload.messages.length).toBeLessThanOrEqual(1.3);
    },
  );
});
