/** Tests of `adapters/dynamodb/large-letters.ts`: what is stored is read back, and deleted completely. */

import { randomBytes } from 'node:crypto';
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { emulatorAccess } from '../../local/loopback.ts';
import { startTableService, type TableService } from '../../local/table.ts';
import { systemClock } from '../../src/adapters/clock.ts';
import {
  deleteKeptLetter,
  keepDeadLetter,
  listKeptLetters,
  readKeptBody,
} from '../../src/adapters/dynamodb/large-letters.ts';
import type { TableAccess } from '../../src/adapters/dynamodb/table-access.ts';
import { tableAccess } from '../../src/adapters/dynamodb.ts';

const TABLE = 'state';

let service: TableService;
let client: DynamoDBClient;
let table: TableAccess;

beforeAll(async () => {
  service = await startTableService();
  await service.createStateTable(TABLE);
  client = new DynamoDBClient(emulatorAccess(service.endpoint));
  table = tableAccess(client, TABLE, systemClock);
});

afterAll(async () => {
  client.destroy();
  await service.close();
});

const signal = AbortSignal.timeout(60_000);
const attributes = { reason: 'too-large', detail: 'it is large', origin: '{"messageId":"m"}' };

const keep = async (sink: string, id: string, body: string): Promise<void> => {
  const deadline = systemClock.deadlineIn(60_000);
  await keepDeadLetter(
    table,
    sink,
    { key: '0-0', body, attributes, groupId: undefined, deduplicationId: id },
    deadline,
  );
  deadline.release();
};

test('a body of several parts is read back, and deleted with all parts', async () => {
  // Random text does not shrink, so it fills several items.
  const body = randomBytes(900_000).toString('base64');
  await keep('a', 'one', body);
  await keep('ab', 'other sink', 'x');
  const [letter, ...others] = await listKeptLetters(table, 'a', signal);
  expect(letter).toMatchObject({ id: 'one', attributes });
  expect(letter?.parts).toBeGreaterThan(2);
  expect(others).toEqual([]);
  if (letter === undefined) return;
  expect(await readKeptBody(table, 'a', letter, signal)).toBe(body);
  await deleteKeptLetter(table, 'a', letter, signal);
  expect(await listKeptLetters(table, 'a', signal)).toEqual([]);
  const { Count } = await client.send(new ScanCommand({ TableName: TABLE }));
  // The head and the part of the other sink.
  expect(Count).toBe(2);
});

test('a letter with a missing part is an error that counts the parts', async () => {
  await expect(readKeptBody(table, 'a', { id: 'gone', attributes, parts: 2 }, signal)).rejects.toThrow(
    'The dead letter gone in the table has 0 of its 2 parts.',
  );
});
