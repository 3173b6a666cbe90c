/** The calls to one table that the sink makes, with the loops that batches need. */

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

export type Item = Record<string, AttributeValue>;

export interface Key {
  readonly pk: string;
  readonly sk: string;
}

type KeyItem = Record<typeof PARTITION_KEY | typeof SORT_KEY, { S: string }>;

export const keyItem = ({ pk, sk }: Key): KeyItem => ({ [PARTITION_KEY]: { S: pk }, [SORT_KEY]: { S: sk } });

/** Condition of a query for the partition `:pk`. */
export const IN_PARTITION = `${PARTITION_KEY} = :pk`;

/** Condition of a write that may only create its item. */
export const IS_ABSENT = `attribute_not_exists(${PARTITION_KEY})`;

/** Control is waited for no longer than this: data goes on with what was known before. */
const CONTROL_MS = 1_000;

export interface Limit {
  readonly abortSignal: AbortSignal;
}

/** For calls that nothing may wait for long. */
export const soon = (): Limit => ({ abortSignal: AbortSignal.timeout(CONTROL_MS) });

/** Ends early, without an error, when the signal aborts. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<void>;

/** What DynamoDB takes in one call. */
const READS_PER_CALL = 100;
const WRITES_PER_CALL = 25;
const CALLS_AT_ONCE = 8;
/** A batch that was done in part is asked for the rest so often, a little later each time. */
const TRIES_MAX = 8;
const TRY_AGAIN_MS = 25;

export class TableAccess {
  readonly client: DynamoDBClient;
  readonly name: string;
  readonly #sleep: Sleep;

  constructor(client: DynamoDBClient, name: string, sleep: Sleep) {
    this.client = client;
    this.name = name;
    this.#sleep = sleep;
  }

  /** All items of a partition, page by page. */
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

  /** Those that are there, in no order. */
  async getAll(keys: readonly Key[], signal: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    await forEachConcurrent(chunksOf(keys, READS_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      items.push(...(await this.#getChunk(chunk, signal)));
    });
    return items;
  }

  async #getChunk(keys: readonly Key[], signal: AbortSignal): Promise<Item[]> {
    const items: Item[] = [];
    let rest: Item[] = keys.map(keyItem);
    for (let tries = 0; rest.length > 0; tries++) {
      await this.#beforeTry(tries, signal);
      const command = new BatchGetItemCommand({ RequestItems: { [this.name]: { Keys: rest, ConsistentRead: true } } });
      const found = await this.client.send(command, { abortSignal: signal });
      const more = found.Responses?.[this.name] ?? [];
      items.push(...more);
      rest = found.UnprocessedKeys?.[this.name]?.Keys ?? [];
      // Large items come a few at a time: that is progress, not a refusal.
      if (more.length > 0) tries = 0;
    }
    return items;
  }

  deleteAll(keys: readonly Key[], signal: AbortSignal): Promise<void> {
    return this.#writeAll(
      keys.map((key) => ({ DeleteRequest: { Key: keyItem(key) } })),
      signal,
    );
  }

  putAll(items: readonly Item[], signal: AbortSignal): Promise<void> {
    return this.#writeAll(
      items.map((item) => ({ PutRequest: { Item: item } })),
      signal,
    );
  }

  async #writeAll(requests: readonly WriteRequest[], signal: AbortSignal): Promise<void> {
    await forEachConcurrent(chunksOf(requests, WRITES_PER_CALL), CALLS_AT_ONCE, async (chunk) => {
      let rest = chunk;
      for (let tries = 0; rest.length > 0; tries++) {
        await this.#beforeTry(tries, signal);
        const command = new BatchWriteItemCommand({ RequestItems: { [this.name]: [...rest] } });
        const done = await this.client.send(command, { abortSignal: signal });
        const left: readonly WriteRequest[] = done.UnprocessedItems?.[this.name] ?? [];
        if (left.length < rest.length) tries = 0;
        rest = left;
      }
    });
  }

  async #beforeTry(tries: number, signal: AbortSignal): Promise<void> {
    if (tries >= TRIES_MAX) throw new Error(`the table ${this.name} did not take a batch in ${TRIES_MAX} attempts`);
    if (tries > 0) await this.#sleep(TRY_AGAIN_MS * 2 ** (tries - 1), signal);
    signal.throwIfAborted();
  }
}

/** False when the condition of a write did not hold. */
export const whether = async (write: Promise<unknown>): Promise<boolean> => {
  try {
    await write;
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
};
