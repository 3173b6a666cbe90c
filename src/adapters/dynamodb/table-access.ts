/** Calls to one table, with the loops that queries and batches need. Contains no stored names. */

import {
  type AttributeValue,
  BatchGetItemCommand,
  BatchWriteItemCommand,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  QueryCommand,
  type WriteRequest,
} from '@aws-sdk/client-dynamodb';
import { forEachConcurrent } from '../../sink/write/in-flight.ts';
import { chunksOf } from '../chunks.ts';
import { PARTITION_KEY, SORT_KEY } from './table-schema.ts';

/** An item as DynamoDB returns it, or a part of one. */
export type Item = Record<string, AttributeValue>;

/** Primary key of an item. */
export interface Key {
  readonly pk: string;
  readonly sk: string;
}

type KeyItem = Record<typeof PARTITION_KEY | typeof SORT_KEY, { S: string }>;

/** Returns the key attributes of an item. */
export const keyItem = ({ pk, sk }: Key): KeyItem => ({ [PARTITION_KEY]: { S: pk }, [SORT_KEY]: { S: sk } });

/** Condition of a query for the partition `:pk`. */
export const IN_PARTITION = `${PARTITION_KEY} = :pk`;

/** Condition of a write that may only create its item. */
export const IS_ABSENT = `attribute_not_exists(${PARTITION_KEY})`;

/** Time limit of control calls. After it, the invocation continues with the last state that was read. */
const CONTROL_MS = 1_000;

/** Options of a call that has a time limit. */
export interface Limit {
  readonly abortSignal: AbortSignal;
}

/** Returns the time limit of a control call, which must not delay data. It starts now. */
export const soon = (): Limit => ({ abortSignal: AbortSignal.timeout(CONTROL_MS) });

/** Sleeps. Ends early, without an error, when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** Limit of DynamoDB for the keys of `BatchGetItem`. */
const READS_PER_CALL = 100;
/** Limit of DynamoDB for the requests of `BatchWriteItem`. */
const WRITES_PER_CALL = 25;
const CALLS_IN_FLIGHT_MAX = 8;
/** Attempts in a row without progress, after which a batch fails. */
const TRIES_MAX = 8;
/** Pause before the second attempt. It doubles with each further attempt. */
const TRY_AGAIN_MS = 25;

/** One table. Methods throw the errors of the SDK, and `AbortError` when the signal aborts. */
export class TableAccess {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly #sleep: Sleep;

  constructor(client: DynamoDBClient, name: string, sleep: Sleep) {
    this.client = client;
    this.name = name;
    this.#sleep = sleep;
  }

  /** Returns all items of a partition, in the order of their sort keys. Reads page by page; reads may be stale. */
  async query(pk: string, signal: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    let from: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.name,
        KeyConditionExpression: IN_PARTITION,
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ExclusiveStartKey: from,
      });
      const page = await this.client.send(command, { abortSignal: signal });
      items.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from !== undefined);
    return items;
  }

  /** Returns the items that exist, in no particular order. Reads are consistent. */
  async getAll(keys: readonly Key[], signal: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    await forEachConcurrent(chunksOf(keys, READS_PER_CALL), CALLS_IN_FLIGHT_MAX, async (chunk) => {
      items.push(...(await this.#getChunk(chunk, signal)));
    });
    return items;
  }

  async #getChunk(keys: readonly Key[], signal: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    let unread: Item[] = keys.map(keyItem);
    let triesWithoutProgress = 0;
    while (unread.length > 0) {
      await this.#beforeTry(triesWithoutProgress, signal);
      const command = new BatchGetItemCommand({
        RequestItems: { [this.name]: { Keys: unread, ConsistentRead: true } },
      });
      const page = await this.client.send(command, { abortSignal: signal });
      const found = page.Responses?.[this.name] ?? [];
      items.push(...found);
      unread = page.UnprocessedKeys?.[this.name]?.Keys ?? [];
      // Large items are returned a few per call. That is progress, not throttling.
      triesWithoutProgress = found.length > 0 ? 1 : triesWithoutProgress + 1;
    }
    return items;
  }

  /** Deletes items, existing or not. */
  deleteAll(keys: readonly Key[], signal: AbortSignal): Promise<void> {
    return this.#writeAll(
      keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } })),
      signal,
    );
  }

  /** Writes items, and replaces existing ones. */
  putAll(items: readonly Item[], signal: AbortSignal): Promise<void> {
    return this.#writeAll(
      items.map((item) => ({ PutRequest: { Item: item } })),
      signal,
    );
  }

  async #writeAll(requests: readonly WriteRequest[], signal: AbortSignal): Promise<void> {
    await forEachConcurrent(chunksOf(requests, WRITES_PER_CALL), CALLS_IN_FLIGHT_MAX, async (chunk) => {
      let unwritten = chunk;
      let triesWithoutProgress = 0;
      while (unwritten.length > 0) {
        await this.#beforeTry(triesWithoutProgress, signal);
        const command = new BatchWriteItemCommand({ RequestItems: { [this.name]: [...unwritten] } });
        const result = await this.client.send(command, { abortSignal: signal });
        const left: readonly WriteRequest[] = result.UnprocessedItems?.[this.name] ?? [];
        triesWithoutProgress = left.length < unwritten.length ? 1 : triesWithoutProgress + 1;
        unwritten = left;
      }
    });
  }

  /** Sleeps before every try but the first, longer after each try without progress. Throws after the last one. */
  async #beforeTry(tries: number, signal: AbortSignal): Promise<void> {
    if (tries >= TRIES_MAX)
      throw new Error(`The table ${this.name} made no progress with a batch in ${TRIES_MAX} attempts.`);
    if (tries > 0) await this.#sleep(TRY_AGAIN_MS * 2 ** (tries - 1), signal);
    signal.throwIfAborted();
  }
}

/** Returns whether the condition of a write held. Throws all other errors. */
export const whether = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};
