/**
 * The sinks that use the table: partition `sinks`, one item for each sink that has ever stored a segment. They never
 * expire.
 */

import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { RegisteredSink } from '../../flush/flush-table.ts';
import { number, readCount, readOptionalNumber, readText } from './attributes.ts';
import { keyItem, type TableAccess } from './table-access.ts';
import { SORT_KEY } from './table-schema.ts';

const PARTITION = 'sinks';

/**
 * Records that a sink is about to store segments (`registeredAtMs`), or that its flush function has completed
 * (`flushedAtMs`).
 */
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

/** Returns all sinks of the table. */
export const listSinks = async (table: TableAccess, signal: AbortSignal): Promise<readonly RegisteredSink[]> =>
  (await table.query(PARTITION, signal)).map((item) => ({
    name: readText(item, SORT_KEY),
    registeredAtMs: readCount(item, 'registeredAtMs'),
    flushedAtMs: readOptionalNumber(item, 'flushedAtMs'),
  }));
