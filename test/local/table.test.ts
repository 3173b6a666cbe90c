/** Tests of `local/table.ts`. */

import { DescribeTableCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { startTableService, type TableService } from '../../local/table.ts';

let service: TableService;
let client: DynamoDBClient;

beforeAll(async () => {
  service = await startTableService();
  client = new DynamoDBClient(emulatorAccess(service.endpoint));
});
afterAll(async () => {
  client.destroy();
  await service.close();
});

test('a new state table is active, has string keys, and is billed on demand', async () => {
  await service.createStateTable('state');
  const { Table } = await client.send(new DescribeTableCommand({ TableName: 'state' }));
  expect(Table?.TableStatus).toBe('ACTIVE');
  expect(Table?.BillingModeSummary?.BillingMode).toBe('PAY_PER_REQUEST');
  expect(Table?.KeySchema).toEqual([
    { AttributeName: 'pk', KeyType: 'HASH' },
    { AttributeName: 'sk', KeyType: 'RANGE' },
  ]);
});

test('the table refuses a conditional write if the item exists, and finds items by a prefix of their sort key', async () => {
  await service.createStateTable('conditions');
  const put = (sk: string) =>
    client.send(
      new PutItemCommand({
        TableName: 'conditions',
        Item: { pk: { S: 'sink' }, sk: { S: sk } },
        ConditionExpression: 'attribute_not_exists(pk)',
      }),
    );
  await put('segment#1');
  await put('letter#1');
  await expect(put('segment#1')).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
  const { Items } = await client.send(
    new QueryCommand({
      TableName: 'conditions',
      KeyConditionExpression: 'pk = :pk AND begins_with(sk, :prefix)',
      ExpressionAttributeValues: { ':pk': { S: 'sink' }, ':prefix': { S: 'segment#' } },
    }),
  );
  expect(Items).toEqual([{ pk: { S: 'sink' }, sk: { S: 'segment#1' } }]);
});

test('the table service listens only on the loopback address', () => {
  expect(service.endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
});
