/** Tests of `cli/dev/ports.ts`: `dev` uses the ports of the last run in its folder again. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { freePort } from '../free-port.ts';
import { folderWith } from './folder.ts';
import { type RunningDev, startDev } from './running-dev.ts';

const portsOf = ({ addresses }: RunningDev): number[] =>
  [addresses.sqsEndpoint, addresses.dynamodbEndpoint, addresses.opengeminiUrl].map((url) => Number(new URL(url).port));

const occupy = async (port: number | undefined): Promise<Server> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return server;
};

test('the next run uses the same ports, also after the process was killed', async () => {
  const folder = folderWith({});
  const first = await startDev(folder);
  await first.end('SIGKILL');
  const second = await startDev(folder);
  expect(portsOf(second)).toEqual(portsOf(first));
  await second.end('SIGINT');
  expect(second.err()).toBe('');
});

test('a port that is in use is replaced by another one, which one line reports, and the others are kept', async () => {
  const folder = folderWith({});
  const first = await startDev(folder);
  await first.end('SIGINT');
  const [queue, table, server] = portsOf(first);
  await occupy(table);
  const second = await startDev(folder);
  expect(second.err()).toBe(`In use since the last run, and replaced by any free port: ${table} (table).\n`);
  const [secondQueue, secondTable, secondServer] = portsOf(second);
  expect([secondQueue, secondServer]).toEqual([queue, server]);
  expect(secondTable).not.toBe(table);
});

test('the port of an option has precedence, even if it is that of another part in the last run', async () => {
  const folder = folderWith({});
  const first = await startDev(folder);
  await first.end('SIGINT');
  const [queue = 0, table] = portsOf(first);
  const second = await startDev(folder, ['--dynamodb-port', String(queue)]);
  const ports = portsOf(second);
  expect(ports[1]).toBe(queue);
  expect(ports[0]).not.toBe(queue);
  await second.end('SIGINT');
  const port = await freePort();
  const third = await startDev(folder, ['--dynamodb-port', String(port)]);
  expect(portsOf(third)).toEqual([ports[0], port, ports[2]]);
  expect(table).not.toBe(port);
});

test('a file of ports that is damaged is ignored', async () => {
  const folder = folderWith({ '.opengemini-sink/ports.json': '{"sqs":"x","dynamodb":70000,"opengemini":' });
  await (await startDev(folder)).end('SIGINT');
  writeFileSync(join(folder, '.opengemini-sink/ports.json'), '{"sqs":"x","dynamodb":70000,"opengemini":0.5}');
  const dev = await startDev(folder);
  expect(dev.err()).toBe('');
});
