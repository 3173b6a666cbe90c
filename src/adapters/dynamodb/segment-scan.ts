/** What the flush function asks of the table beyond single segments: all payloads, and whether anything waits. */

import { QueryCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { ListPayloads } from '../../checkpoint/adopt-orphans.ts';
import { SHARDS } from '../../checkpoint/segment-store.ts';
import { allOrFirstError } from '../../sink/write/in-flight.ts';
import { readCount, readText, text } from './attributes.ts';
import { payloadPrefix, readEntry, shardKey } from './segments.ts';
import { IN_PARTITION, type Item, keyItem, type TableAccess } from './table-access.ts';
import { PARTITION_KEY, SORT_KEY } from './table-schema.ts';

/** Of an entry; a page holds no payloads, but costs as much as if it did. */
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

/** Of any sink in the table. */
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
