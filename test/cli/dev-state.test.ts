/** Tests of what `dev` keeps for its next run in a folder: after Ctrl-C, and after the process was killed. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DynamoDBClient, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { describe, expect, test } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { openQueues } from '../../local/queue/queue-access.ts';
import { folderWith } from './folder.ts';
import { run } from './running.ts';
import { type RunningDev, startDev } from './running-dev.ts';

const MAPPING = JSON.stringify({ version: 1, measurement: 'room', tags: { n: 'n' }, fields: { v: 'v' } });
/** The event source collects for five minutes, so that it has received messages which are in no invocation. */
const COLLECTS_LONG = ['--window', '300'];

const send = async ({ addresses }: RunningDev, ...bodies: readonly string[]): Promise<void> =>
  expect((await run(['send', '--queue-url', addresses.queueUrl], `${bodies.join('\n')}\n`)).code).toBe(0);

const points = async ({ addresses }: RunningDev): Promise<string> => {
  const params = new URLSearchParams({ db: addresses.database, q: 'SELECT v FROM room GROUP BY n' });
  return (await fetch(`${addresses.opengeminiUrl}/query?${params}`)).text();
};

const deadLetters = async ({ addresses }: RunningDev): Promise<number> => {
  const queues = openQueues(addresses.sqsEndpoint);
  const depth = await queues.depth(addresses.deadLetterQueueUrl);
  queues.close();
  return depth;
};

const item = { pk: { S: 'sink' }, sk: { S: 'test' } };
const withTable = async <T>({ addresses }: RunningDev, use: (client: DynamoDBClient, table: string) => Promise<T>) => {
  const client = new DynamoDBClient(emulatorAccess(addresses.dynamodbEndpoint));
  try {
    return await use(client, addresses.stateTable);
  } finally {
    client.destroy();
  }
};
const putItem = (dev: RunningDev) =>
  withTable(dev, (client, TableName) => client.send(new PutItemCommand({ TableName, Item: item })));
const hasItem = (dev: RunningDev) =>
  withTable(dev, async (client, TableName) => {
    const { Item } = await client.send(new GetItemCommand({ TableName, Key: item }));
    return Item !== undefined;
  });

describe('the state of dev', () => {
  test.each(['SIGINT', 'SIGKILL'] as const)(
    'points, dead letters, and items of the state table are still there after %s, and --fresh forgets them',
    async (signal) => {
      const folder = folderWith({ 'mapping.json': MAPPING });
      const first = await startDev(folder, ['--mapping', 'mapping.json']);
      await putItem(first);
      await send(first, '{"n":"a","v":1.5}', '{"n":"b"}');
      await expect.poll(() => points(first)).toContain('1.5');
      await expect.poll(() => deadLetters(first)).toBe(1);
      const written = await points(first);
      expect(await first.end(signal)).toBe(signal === 'SIGKILL' ? null : 0);

      const second = await startDev(folder, ['--mapping', 'mapping.json']);
      expect([await points(second), await deadLetters(second), await hasItem(second)]).toEqual([written, 1, true]);
      await second.end('SIGINT');

      const third = await startDev(folder, ['--mapping', 'mapping.json', '--fresh']);
      expect(await points(third)).not.toContain('1.5');
      expect([await deadLetters(third), await hasItem(third)]).toEqual([0, false]);
    },
  );

  test.each(['SIGINT', 'SIGKILL'] as const)(
    'messages that the function has received, but not written, are written by the next run after %s',
    async (signal) => {
      const folder = folderWith({ 'mapping.json': MAPPING });
      const first = await startDev(folder, ['--mapping', 'mapping.json', ...COLLECTS_LONG]);
      await send(first, '{"n":"a","v":1.5}', '{"n":"b","v":2.5}');
      const queues = openQueues(first.addresses.sqsEndpoint);
      // Until the event source has received both messages, this call may receive them.
      await expect.poll(() => queues.receiveAll(first.addresses.queueUrl)).toHaveLength(0);
      queues.close();
      await first.end(signal);

      const second = await startDev(folder, ['--mapping', 'mapping.json']);
      await expect.poll(() => points(second)).toMatch(/1\.5.*2\.5/);
    },
  );

  test('no event is lost when the process is killed while its function writes', async () => {
    const folder = folderWith({ 'mapping.json': MAPPING });
    const first = await startDev(folder, ['--mapping', 'mapping.json', '--batch-size', '10']);
    const all = Array.from({ length: 200 }, (_, i) => `{"n":"${i}","v":${i}}`);
    await send(first, ...all);
    await expect.poll(() => points(first)).toContain('"n":');
    await first.end('SIGKILL');

    const second = await startDev(folder, ['--mapping', 'mapping.json']);
    const written = async () => new Set((await points(second)).match(/"n":"\d+"/g)).size;
    await expect.poll(written).toBe(all.length);
    expect(await deadLetters(second)).toBe(0);
  });

  test('messages of a FIFO queue keep their groups and attributes when the process is killed', async () => {
    const folder = folderWith({});
    const attribute = { DataType: 'String', StringValue: 'é' };
    const at = async <T>({ addresses }: RunningDev, use: (client: SQSClient) => Promise<T>): Promise<T> => {
      const client = new SQSClient(emulatorAccess(addresses.sqsEndpoint));
      try {
        return await use(client);
      } finally {
        client.destroy();
      }
    };
    const first = await startDev(folder, ['--fifo']);
    await at(first, (client) =>
      client.send(
        new SendMessageCommand({
          QueueUrl: first.addresses.deadLetterQueueUrl,
          MessageBody: 'dead',
          MessageGroupId: 'group',
          MessageDeduplicationId: 'one',
          MessageAttributes: { reason: attribute },
        }),
      ),
    );
    await first.end('SIGKILL');

    const second = await startDev(folder, ['--fifo']);
    const { Messages = [] } = await at(second, (client) =>
      client.send(
        new ReceiveMessageCommand({
          QueueUrl: second.addresses.deadLetterQueueUrl,
          MessageSystemAttributeNames: ['All'],
          MessageAttributeNames: ['All'],
        }),
      ),
    );
    expect(Messages).toMatchObject([
      { Body: 'dead', Attributes: { MessageGroupId: 'group' }, MessageAttributes: { reason: attribute } },
    ]);
  });

  test('a second dev in the same folder does not start, and names the process of the first', async () => {
    const folder = folderWith({});
    await startDev(folder);
    const { code, out, err } = await run(['dev', '--fresh'], '', {}, folder);
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(
      /^Another "dev" runs in this folder \(process \d+\)\. End it first, or start this one in another folder\.\n$/,
    );
  });

  test('demo keeps no state in the folder', async () => {
    const folder = folderWith({});
    expect((await run(['demo', '--messages', '1', '--events', '1'], '', {}, folder)).code).toBe(0);
    expect(existsSync(join(folder, '.opengemini-sink'))).toBe(false);
  });
});
