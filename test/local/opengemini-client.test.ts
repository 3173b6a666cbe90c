/** Queries of the local tools. Covers `local/opengemini-client.ts`. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { startStandIn } from '../../local/opengemini/server.ts';
import { createDatabase, query } from '../../local/opengemini-client.ts';

test('a database with a retention policy of another duration is used as it is', async () => {
  const standIn = await startStandIn();
  onTestFinished(() => standIn.close());
  const server = { url: standIn.url, credentials: undefined };
  await createDatabase(server, 'db', undefined);
  await query(server, 'CREATE RETENTION POLICY short ON db DURATION 1h REPLICATION 1');
  await createDatabase(server, 'db', 'short');
  const [{ values = [] } = {}] = await query(server, 'SHOW RETENTION POLICIES ON db');
  expect(values.find(([name]) => name === 'short')?.[1]).toBe('1h0m0s');
});

test('a redirect is an error and is not followed, because the request contains the password', async () => {
  const reached: (string | undefined)[] = [];
  const listen = async (location: string | undefined): Promise<string> => {
    const server = createServer((request, response) => {
      reached.push(request.headers.host);
      response.writeHead(location === undefined ? 200 : 307, location === undefined ? {} : { location }).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const elsewhere = await listen(undefined);
  const url = await listen(`${elsewhere}/query`);
  const credentials = { username: 'sink', password: 'secret' };
  await expect(query({ url, credentials }, 'SHOW DATABASES')).rejects.toThrow('responded with 307 to SHOW DATABASES');
  expect(reached).toEqual([new URL(url).host]);
});

test('a server that is not there is named by the error of the connection', async () => {
  await expect(query({ url: 'http://127.0.0.1:1', credentials: undefined }, 'SHOW DATABASES')).rejects.toThrow(
    'connect ECONNREFUSED 127.0.0.1:1',
  );
});
