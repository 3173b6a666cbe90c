/** Tests of `cli/dev/ports.ts`: `dev` uses the ports of the last run in its folder again. */

import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { folderWith } from './folder.ts';
import { type RunningDev, startDev } from './running-dev.ts';

const portsOf = ({ addresses }: RunningDev): number[] =>
  [addresses.sqsEndpoint, addresses.dynamodbEndpoint, addresses.opengeminiUrl, addresses.console].map((url) =>
    Number(new URL(url).port),
  );

const occupy = async (port: number): Promise<Server> => {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
  });
  return server;
};

/**
 * Returns free ports below those that the operating system gives to connections and to other tests. One of those could be
 * taken between two runs.
 */
const quietPorts = async (count: number): Promise<number[]> => {
  const ports: number[] = [];
  for (let port = 20_000 + (process.pid % 10_000); ports.length < count; port++) {
    const server = createServer().listen(port, '127.0.0.1');
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    server.close();
    if (isFree) ports.push(port);
  }
  return ports;
};

const withPorts = ([queue, table, server, page]: readonly number[]): string[] => [
  `--sqs-port=${queue}`,
  `--dynamodb-port=${table}`,
  `--opengemini-port=${server}`,
  `--console-port=${page}`,
];

test('the next run uses the same ports, also after the process was killed', async () => {
  const folder = folderWith({});
  const ports = await quietPorts(4);
  const first = await startDev(folder, withPorts(ports));
  await first.end('SIGKILL');
  const second = await startDev(folder);
  expect(portsOf(second)).toEqual(ports);
  await second.end('SIGINT');
  expect(second.err()).toBe('');
});

test('a port that is in use is replaced by another one, which one line reports, and the others are kept', async () => {
  const folder = folderWith({});
  const [queue = 0, table = 0, server = 0, page = 0] = await quietPorts(4);
  const first = await startDev(folder, withPorts([queue, table, server, page]));
  await first.end('SIGINT');
  await occupy(table);
  const second = await startDev(folder);
  expect(second.err()).toBe(
    `Ports of the last run that are in use, so that other free ports replace them: ${table} (table).\n`,
  );
  const [secondQueue, secondTable, secondServer, secondPage] = portsOf(second);
  expect([secondQueue, secondServer, secondPage]).toEqual([queue, server, page]);
  expect(secondTable).not.toBe(table);
});

test('the port of an option has precedence, even if it is that of another part in the last run', async () => {
  const folder = folderWith({});
  const [queue = 0, table = 0, server = 0, page = 0, other = 0] = await quietPorts(5);
  const first = await startDev(folder, withPorts([queue, table, server, page]));
  await first.end('SIGINT');
  const second = await startDev(folder, ['--dynamodb-port', String(queue)]);
  const ports = portsOf(second);
  expect(ports.slice(1)).toEqual([queue, server, page]);
  expect(ports[0]).not.toBe(queue);
  await second.end('SIGINT');
  const third = await startDev(folder, ['--dynamodb-port', String(other)]);
  expect(portsOf(third).slice(1)).toEqual([other, server, page]);
});

test('a file of ports that is damaged is ignored', async () => {
  const folder = folderWith({ '.opengemini-sink/ports.json': '{"sqs":"x","dynamodb":70000,"opengemini":' });
  await (await startDev(folder)).end('SIGINT');
  writeFileSync(join(folder, '.opengemini-sink/ports.json'), '{"sqs":"x","dynamodb":70000,"opengemini":0.5}');
  const dev = await startDev(folder);
  expect(dev.err()).toBe('');
});
