/**
 * Segments in the state table.
 *
 *   segment#<sink>#<id>    payload      the payload, with a copy of its entry
 *   buffer#<sink>#<shard>  <id>         the entry in the index of the shard
 *   lease#<sink>#<shard>   lease        owner and end of the right to drain the shard
 *   damaged#<sink>#<id>    payload      a payload that could not be read
 *
 * None of these items ever expires.
 */

import { DeleteItemCommand, GetItemCommand, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import type { StoredSegment } from '../../checkpoint/format/stored-segment.ts';
import type { IndexEntry, SegmentStore } from '../../checkpoint/segment-store.ts';
import type { Deadline } from '../../sink/ports.ts';
import { WAIT_REASONS, type WaitReason } from '../../sink/ports.ts';
import {
  binary,
  number,
  readBinary,
  readCount,
  readNumber,
  readTarget,
  readText,
  targetItem,
  text,
} from './attributes.ts';
import { IS_ABSENT, type Item, type Key, keyItem, type TableAccess, whether } from './table-access.ts';
import { PARTITION_KEY, SORT_KEY } from './table-schema.ts';

const PAYLOAD = 'payload';
/** Partition key of the entries of a shard. */
export const shardKey = (sink: string, shard: number): string => `buffer#${sink}#${shard}`;
/** Partition key of a payload, without the id of its segment. */
export const payloadPrefix = (sink: string): string => `segment#${sink}#`;

/** Returns the store of segments and leases of one sink. */
export const segmentStore = (table: TableAccess, sink: string): SegmentStore => {
  const prefix = payloadPrefix(sink);
  const payloadKey = (id: string): Key => ({ pk: `${prefix}${id}`, sk: PAYLOAD });
  const entryKey = ({ shard, id }: Pick<IndexEntry, 'shard' | 'id'>): Key => ({ pk: shardKey(sink, shard), sk: id });
  const put = (key: Key, item: Item, { signal }: Deadline): Promise<unknown> =>
    table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...keyItem(key), ...item } }), {
      abortSignal: signal,
    });
  return {
    async putPayload(entry, segment, deadline) {
      await put(payloadKey(entry.id), { sink: text(sink), ...entryItem(entry), ...segmentItem(segment) }, deadline);
    },
    async putEntry(entry, deadline) {
      await put(entryKey(entry), entryItem(entry), deadline);
    },
    async listEntries(shard, { signal }) {
      const items = await table.query(shardKey(sink, shard), signal);
      return items.map((item) => readEntry(item, readText(item, SORT_KEY), shard));
    },
    async readPayloads(ids, { signal }) {
      const items = await table.getAll(ids.map(payloadKey), signal);
      return new Map(items.map((item) => [readText(item, PARTITION_KEY).slice(prefix.length), readSegmentItem(item)]));
    },
    async hasEntry(shard, id, { signal }) {
      const command = new GetItemCommand({
        TableName: table.name,
        Key: keyItem(entryKey({ shard, id })),
        ConsistentRead: true,
        ProjectionExpression: PARTITION_KEY,
      });
      return (await table.client.send(command, { abortSignal: signal })).Item !== undefined;
    },
    async reschedule(entry, retry, { signal }) {
      const command = new UpdateItemCommand({
        TableName: table.name,
        Key: keyItem(entryKey(entry)),
        UpdateExpression: 'SET #wait = :wait, failures = :failures, dueMs = :due',
        ConditionExpression: 'dueMs = :seenDue AND failures = :seenFailures',
        // `wait` is a reserved word of DynamoDB.
        ExpressionAttributeNames: { '#wait': 'wait' },
        ExpressionAttributeValues: {
          ':wait': text(retry.wait),
          ':failures': number(retry.failures),
          ':due': number(retry.dueMs),
          ':seenDue': number(entry.dueMs),
          ':seenFailures': number(entry.failures),
        },
      });
      return whether(table.client.send(command, { abortSignal: signal }));
    },
    deleteEntries: (entries, { signal }) => table.deleteAll(entries.map(entryKey), signal),
    deletePayloads: (ids, { signal }) => table.deleteAll(ids.map(payloadKey), signal),
    async setAside(id, segment, reason, deadline) {
      const key = { pk: `damaged#${sink}#${id}`, sk: PAYLOAD };
      await put(key, { id: text(id), reason: text(reason), ...segmentItem(segment) }, deadline);
    },
    ...leases(table, sink),
  };
};

const leases = (table: TableAccess, sink: string): Pick<SegmentStore, 'lease' | 'release'> => {
  const leaseKey = (shard: number): Key => ({ pk: `lease#${sink}#${shard}`, sk: 'lease' });
  return {
    async lease(shard, owner, untilMs, nowMs, { signal }) {
      const command = new UpdateItemCommand({
        TableName: table.name,
        Key: keyItem(leaseKey(shard)),
        UpdateExpression: 'SET leaseOwner = :owner, untilMs = :until',
        // The owner may lease again: if the response was lost, the SDK repeats the call, and it must succeed.
        ConditionExpression: `${IS_ABSENT} OR untilMs <= :now OR leaseOwner = :owner`,
        ExpressionAttributeValues: { ':owner': text(owner), ':until': number(untilMs), ':now': number(nowMs) },
      });
      return whether(table.client.send(command, { abortSignal: signal }));
    },
    async release(shard, owner, { signal }) {
      const command = new DeleteItemCommand({
        TableName: table.name,
        Key: keyItem(leaseKey(shard)),
        ConditionExpression: 'leaseOwner = :owner',
        ExpressionAttributeValues: { ':owner': text(owner) },
      });
      await whether(table.client.send(command, { abortSignal: signal }));
    },
  };
};

const segmentItem = ({ format, target, lines, hash, data }: StoredSegment): Item => ({
  format: number(format),
  ...targetItem(target),
  lines: number(lines),
  hash: binary(hash),
  data: binary(data),
});

const readSegmentItem = (item: Item): StoredSegment => ({
  format: readNumber(item, 'format'),
  target: readTarget(item),
  lines: readNumber(item, 'lines'),
  hash: readBinary(item, 'hash'),
  data: readBinary(item, 'data'),
});

const entryItem = (entry: IndexEntry): Item => ({
  id: text(entry.id),
  shard: number(entry.shard),
  format: number(entry.format),
  ...targetItem(entry.target),
  lines: number(entry.lines),
  bytes: number(entry.bytes),
  lineBytes: number(entry.lineBytes),
  savedAtMs: number(entry.savedAtMs),
  wait: text(entry.wait),
  failures: number(entry.failures),
  dueMs: number(entry.dueMs),
});

/**
 * Reads an entry. A missing format becomes NaN, so the entry is handled like one in a newer format: it is reported and
 * left unchanged. Id and shard come from the keys, whatever the attributes contain.
 */
export const readEntry = (item: Item, id: string, shard: number): IndexEntry => ({
  id,
  shard,
  format: readNumber(item, 'format'),
  target: readTarget(item),
  lines: readCount(item, 'lines'),
  bytes: readCount(item, 'bytes'),
  lineBytes: readCount(item, 'lineBytes'),
  savedAtMs: readCount(item, 'savedAtMs'),
  wait: readWait(readText(item, 'wait')),
  failures: readCount(item, 'failures'),
  dueMs: readCount(item, 'dueMs'),
});

/** Returns the wait reason. An unknown one is handled as `retry`, which needs no special treatment of the lines. */
const readWait = (written: string): WaitReason => WAIT_REASONS.find((wait) => wait === written) ?? 'retry';
