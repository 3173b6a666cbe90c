/** Queries of the local tools. Covers `local/opengemini-client.ts`. */

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
