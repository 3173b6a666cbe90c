/** Tests of `local/opengemini/faults.ts`. */

import { expect, test } from 'vitest';
import { send } from './raw-client.ts';
import { DATABASE, type Played, withStandIn } from './stand-in-fixture.ts';

const LINE = 'm v=1 5';

const storedBy = ({ standIn }: Played): number => standIn.points(DATABASE).length;

test.each([
  ['queue-full', 503, null],
  ['read-only', 400, 'readonly now and writing is not allowed'],
  ['write-disabled', 403, 'disable write!'],
  ['locked-user', 401, 'user is locked'],
  ['server-error', 500, 'get resources out of time: bucket lacks of resources'],
] as const)(
  'the fault %s responds with %i to the given number of writes, and stores nothing',
  async (name, status, error) => {
    const play = withStandIn({}, async (played) => {
      played.standIn.faults.set({ name, count: 2 });
      expect(await played.write(LINE)).toMatchObject({ status, error });
      expect(await played.write(LINE)).toMatchObject({ status, error });
      expect(storedBy(played)).toBe(0);
      expect((await played.write(LINE)).status).toBe(204);
      expect(played.standIn.counts.writesByStatus).toEqual({ [status]: 2, 204: 1 });
    });
    await play();
  },
);

test.each([
  ['reset', 0],
  ['dropped-reply', 1],
] as const)('the fault %s ends the connection with %i points stored', async (name, stored) => {
  const play = withStandIn({}, async (played) => {
    played.standIn.faults.set({ name, count: 1 });
    await expect(played.write(LINE)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(storedBy(played)).toBe(stored);
    expect(played.standIn.counts).toMatchObject({ writesReceived: 1, writesByStatus: {} });
    expect((await played.write(LINE)).status).toBe(204);
  });
  await play();
});

test(
  'the fault latency delays the response of another fault',
  withStandIn({}, async ({ standIn, write }) => {
    standIn.faults.set({ name: 'latency', ms: 80 });
    standIn.faults.set({ name: 'server-error', text: 'shard closed 7' });
    const start = performance.now();
    expect(await write(LINE)).toMatchObject({ status: 500, error: 'shard closed 7' });
    expect(performance.now() - start).toBeGreaterThan(75);
    standIn.faults.clear('latency');
    expect(standIn.faults.list()).toEqual([{ name: 'server-error', text: 'shard closed 7' }]);
    standIn.faults.clear();
    expect((await write(LINE)).status).toBe(204);
  }),
);

test(
  'a hanging write ends when the server closes, and closing does not wait for it',
  withStandIn({}, async ({ standIn, write }) => {
    standIn.faults.set({ name: 'hang' });
    const hanging = expect(write(LINE)).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect.poll(() => standIn.counts.writesReceived).toBe(1);
    await standIn.close();
    await hanging;
  }),
);

test(
  'faults can be set and cleared over HTTP',
  withStandIn({}, async ({ standIn, write }) => {
    const change = (params: string) => send(`${standIn.url}/debug/fault?${params}`);
    expect(JSON.parse((await change('name=server-error&count=5&text=oh')).body)).toEqual({
      faults: [{ name: 'server-error', count: 5, text: 'oh' }],
    });
    expect((await change('name=latency&ms=1')).status).toBe(200);
    expect(await write(LINE)).toMatchObject({ status: 500, error: 'oh' });
    await change('name=server-error&clear=true');
    expect((await write(LINE)).status).toBe(204);
    expect(JSON.parse((await change('clear=true')).body)).toEqual({ faults: [] });
    for (const bad of ['name=nonesuch', '', 'name=latency&ms=soon', 'name=hang&count=-1']) {
      expect((await change(bad)).status).toBe(400);
    }
  }),
);
