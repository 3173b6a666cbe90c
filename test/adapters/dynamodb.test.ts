/** Dead letters that are too large for the dead-letter queue, stored in the state table and read back. */

import { gunzipSync } from 'node:zlib';
import { type AttributeValue, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { startTableService, type TableService } from '../../local/table.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import { dynamoClient, dynamoStateTable, tableAccess } from '../../src/adapters/dynamodb.ts';
import type { DeadLetter } from '../../src/sink/ports.ts';
import { noise } from '../sink/make.ts';
import { useAwsEnvironment } from './aws-access.ts';
import { startNode, within } from './nodes.ts';

let tables: TableService;
let count = 0;

beforeAll(async () => {
  tables = await startTableService();
});
afterAll(() => tables.close());
useAwsEnvironment(() => ({ AWS_ENDPOINT_URL_DYNAMODB: tables.endpoint }));

type Item = Record<string, AttributeValue>;

const setUp = async () => {
  const table = `state-${count++}`;
  await tables.createStateTable(table);
  const client = dynamoClient();
  onTestFinished(() => client.destroy());
  /** Sort keys in the order in which items are put. */
  const order: string[] = [];
  client.middlewareStack.add(
    (next) => (args) => {
      const { Item } = args.input as { readonly Item?: Item };
      if (Item !== undefined) order.push(Item.sk?.S ?? '');
      return next(args);
    },
    { step: 'initialize' },
  );
  const items = async (pk: string): Promise<Item[]> => {
    const { Items = [] } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ConsistentRead: true,
      }),
    );
    return Items;
  };
  return { table, client, order, items };
};

const letter = (body: string): DeadLetter => ({
  key: '0-0',
  body,
  attributes: { reason: 'too-large', detail: 'body: 2 MiB', origin: '{"messageId":"m"}' },
  groupId: undefined,
  deduplicationId: 'd'.repeat(64),
});
const PK = `letter#sink#${'d'.repeat(64)}`;

const bodyOf = (items: readonly Item[]): string =>
  gunzipSync(Buffer.concat(items.flatMap(({ body }) => (body?.B === undefined ? [] : [body.B])))).toString();

test.each([
  ['small', 'é 😀', 1],
  ['large', `${noise(1_100_000)} é`, 3],
])('a %s dead letter is stored in parts and read back unchanged', async (_, body, parts) => {
  const { table, client, order, items } = await setUp();
  await dynamoStateTable(tableAccess(client, table, systemClock), 'sink', systemClock).keepDeadLetter(
    letter(body),
    within(10_000),
  );
  const names = Array.from({ length: parts }, (_, i) => `part#000${i}`);
  expect(order).toEqual([...names, 'head']);
  const kept = await items(PK);
  expect(kept.find(({ sk }) => sk?.S === 'head')).toMatchObject({
    format: { N: '1' },
    parts: { N: String(parts) },
    reason: { S: 'too-large' },
    detail: { S: 'body: 2 MiB' },
    origin: { S: '{"messageId":"m"}' },
  });
  // A query returns the parts in the order of their names.
  expect(bodyOf(kept)).toBe(body);
  for (const item of kept) expect(item.body?.B?.length ?? 0).toBeLessThan(390_000);
});

test('storing a dead letter again replaces it', async () => {
  const { table, client, items } = await setUp();
  for (let i = 0; i < 2; i++)
    await dynamoStateTable(tableAccess(client, table, systemClock), 'sink', systemClock).keepDeadLetter(
      letter(noise(500_000)),
      within(10_000),
    );
  const kept = await items(PK);
  expect(kept.map(({ sk }) => sk?.S)).toEqual(['head', 'part#0000', 'part#0001']);
  expect(bodyOf(kept)).toBe(noise(500_000));
});

test('a dead letter that was stored incompletely has no head, and the call fails', async () => {
  const { table, client, order, items } = await setUp();
  const abort = new AbortController();
  client.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      abort.abort();
      return result;
    },
    { step: 'initialize', name: 'abortAfterTheFirst' },
  );
  const deadline = { remainingMs: () => 10_000, signal: abort.signal };
  await expect(
    dynamoStateTable(tableAccess(client, table, systemClock), 'sink', systemClock).keepDeadLetter(
      letter(noise(1_100_000)),
      deadline,
    ),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
  expect(order).toEqual(['part#0000', 'part#0001']);
  client.middlewareStack.remove('abortAfterTheFirst');
  expect((await items(PK)).map(({ sk }) => sk?.S)).toEqual(['part#0000']);
});

test('storing a dead letter fails at the deadline when the table does not respond', async () => {
  const node = await startNode(() => undefined);
  vi.stubEnv('AWS_ENDPOINT_URL_DYNAMODB', node.url);
  const client = dynamoClient();
  onTestFinished(() => client.destroy());
  await expect(
    dynamoStateTable(tableAccess(client, 'state', systemClock), 'sink', systemClock).keepDeadLetter(
      letter('x'),
      within(100),
    ),
  ).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('storing a dead letter in a missing table fails', async () => {
  const { client } = await setUp();
  await expect(
    dynamoStateTable(tableAccess(client, 'nowhere', systemClock), 'sink', systemClock).keepDeadLetter(
      letter('x'),
      within(5_000),
    ),
  ).rejects.toMatchObject({
    name: 'ResourceNotFoundException',
  });
});
