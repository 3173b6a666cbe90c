/** Who uses the table: partition `sinks`, one item for each sink that has ever stored something. */

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { RegisteredSink } from '../../flush/flush-table.ts';
import { number, readCount, readOptionalNumber, readText } from './attributes.ts';
import { keyItem, type TableAccess } from './table-access.ts';
import { SORT_KEY } from './table-schema.ts';

const PARTITION = 'sinks';

export const registerSink = async (
  table: TableAccess,
  sink: string,
  moment: 'registeredAtMs' | 'flushedAtMs',
  nowMs: number,
  signal: AbortSignal,
): Promise<void> => {
  const command = new UpdateItemCommand({
    TableName: table.name,
    Key: keyItem({ pk: PARTITION, sk: sink }),
    UpdateExpression: 'SET #moment = :now',
    ExpressionAttributeNames: { '#moment': moment },
    ExpressionAttributeValues: { ':now': number(nowMs) },
  });
  await table.client.send(command, { abortSignal: signal });
};

export const listSinks = async (table: TableAccess, signal: AbortSignal): Promise<readonly RegisteredSink[]> =>
  (await table.query(PARTITION, signal)).map((item) => ({
    name: readText(item, SORT_KEY),
    registeredAtMs: readCount(item, 'registeredAtMs'),
    flushedAtMs: readOptionalNumber(item, 'flushedAtMs'),
  }));
