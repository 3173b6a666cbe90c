/**
 * Reads of the flush function that go beyond single segments: all payloads of a sink, to find orphans
 * (docs/decisions/0019), and whether a sink has a backlog.
 */

import { QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { ListPayloads } from '../../checkpoint/adopt-orphans.ts';
import { SHARDS } from '../../checkpoint/segment-store.ts';
import { allOrFirstError } from '../../sink/write/in-flight.ts';
import { readCount, readText, text } from './attributes.ts';
import { payloadPrefix, readEntry, shardKey } from './segments.ts';
import { IN_PARTITION, type Item, keyItem, type TableAccess } from './table-access.ts';
import { PARTITION_KEY, SORT_KEY } from './table-schema.ts';

/** Attributes that make up an entry. Leaving out the payload makes pages small, but costs as much as reading it. */
const ENTRY_ATTRIBUTES = [
  PARTITION_KEY,
  'shard',
  'format',
  'database',
  'retentionPolicy',
  'lines',
  'bytes',
  'lineBytes',
  'savedAtMs',
  'wait',
  'failures',
  'dueMs',
] as const;

/** Returns the port that lists the payloads of a sink page by page. A page may be empty and still have a next one. */
export const payloadLister =
  (table: TableAccess, sink: string): ListPayloads =>
  async (after, { signal }) => {
    const command = new ScanCommand({
      TableName: table.name,
      FilterExpression: `begins_with(${PARTITION_KEY}, :prefix) AND sink = :sink`,
      ProjectionExpression: [...ENTRY_ATTRIBUTES.keys()].map((index) => `#${index}`).join(', '),
      ExpressionAttributeNames: Object.fromEntries(ENTRY_ATTRIBUTES.map((name, index) => [`#${index}`, name])),
      ExpressionAttributeValues: { ':prefix': text('segment#'), ':sink': text(sink) },
      ExclusiveStartKey: after === undefined ? undefined : keyItem(JSON.parse(after)),
    });
    const { Items = [], LastEvaluatedKey: last } = await table.client.send(command, { abortSignal: signal });
    const next = last && JSON.stringify({ pk: readText(last, PARTITION_KEY), sk: readText(last, SORT_KEY) });
    const idOf = (item: Item): string => readText(item, PARTITION_KEY).slice(payloadPrefix(sink).length);
    return { payloads: Items.map((item) => readEntry(item, idOf(item), readCount(item, 'shard'))), next };
  };

/** Returns whether any shard of a sink contains an entry. Works for every sink in the table. */
export const hasEntries = async (table: TableAccess, sink: string, signal: AbortSignal): Promise<boolean> => {
  const counts = await allOrFirstError(
    Array.from({ length: SHARDS }, async (_, shard) => {
      const command = new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: IN_PARTITION,
        ExpressionAttributeValues: { ':pk': text(shardKey(sink, shard)) },
        Select: 'COUNT',
        Limit: 1,
      });
      return (await table.client.send(command, { abortSignal: signal })).Count ?? 0;
    }),
  );
  return counts.some((count) => count > 0);
};
