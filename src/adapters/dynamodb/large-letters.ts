/** Dead letters that are too large for the dead-letter queue (docs/decisions/0008). */

import { gunzipSync, gzipSync } from 'node:zlib';
import { PutItemCommand, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { DeadLetter, Deadline } from '../../sink/ports.ts';
import { binary, number, readBinary, readCount, readText, text } from './attributes.ts';
import { type Item, type Key, keyItem, type TableAccess } from './table-access.ts';
import { PARTITION_KEY, SORT_KEY } from './table-schema.ts';

/** Bytes of packed body per item. An item of DynamoDB may have 400 KB, keys and attributes included. */
const PART_BYTES = 350 * 1024;
/** Version of the stored form: parts of one gzip stream, and a head. */
const FORMAT = 1;
/** Sort key of the item with the attributes. */
const HEAD = 'head';

const partitionOf = (sink: string, id: string): string => `letter#${sink}#${id}`;

const partKey = (part: number): string => `part#${String(part).padStart(4, '0')}`;

/**
 * Stores a dead letter in the partition `letter#<sink>#<deduplication id>`: first the parts of the packed body, then
 * the head with the attributes. Parts without a head are an incomplete attempt. The items never expire. The id is the
 * same in every attempt, so a repetition overwrites the same items.
 */
export const keepDeadLetter = async (
  table: TableAccess,
  sink: string,
  letter: DeadLetter,
  { signal }: Deadline,
): Promise<void> => {
  const packed = gzipSync(letter.body);
  const parts = Math.ceil(packed.length / PART_BYTES);
  const pk = partitionOf(sink, letter.deduplicationId);
  const put = (sk: string, item: Item): Promise<unknown> =>
    table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...keyItem({ pk, sk }), ...item } }), {
      abortSignal: signal,
    });
  for (let part = 0; part < parts; part++) {
    const body = packed.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    await put(partKey(part), { body: binary(body) });
  }
  const attributes = Object.entries(letter.attributes).map(([name, value]) => [name, text(value)] as const);
  await put(HEAD, { format: number(FORMAT), parts: number(parts), ...Object.fromEntries(attributes) });
};

/** The head of a stored dead letter. */
export interface KeptLetter {
  /** Deduplication id of the dead letter, unique in its sink. */
  readonly id: string;
  /** Attributes of the dead letter: `reason`, `detail`, and `origin`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Number of items with the body. */
  readonly parts: number;
}

/**
 * Returns the stored dead letters of a sink, without their bodies. Scans the whole table, because nothing lists them.
 * May throw.
 */
export const listKeptLetters = async (
  table: TableAccess,
  sink: string,
  signal: AbortSignal,
): Promise<readonly KeptLetter[]> => {
  const prefix = partitionOf(sink, '');
  const letters: KeptLetter[] = [];
  let from: Item | undefined;
  do {
    const command = new ScanCommand({
      TableName: table.name,
      FilterExpression: `begins_with(${PARTITION_KEY}, :prefix) AND ${SORT_KEY} = :head`,
      ExpressionAttributeValues: { ':prefix': text(prefix), ':head': text(HEAD) },
      ExclusiveStartKey: from,
    });
    const page = await table.client.send(command, { abortSignal: signal });
    for (const item of page.Items ?? []) letters.push(keptLetter(item, prefix));
    from = page.LastEvaluatedKey;
  } while (from !== undefined);
  return letters;
};

const OWN_ATTRIBUTES: readonly string[] = [PARTITION_KEY, SORT_KEY, 'format', 'parts'];

const keptLetter = (item: Item, prefix: string): KeptLetter => ({
  id: readText(item, PARTITION_KEY).slice(prefix.length),
  attributes: Object.fromEntries(
    Object.keys(item)
      .filter((name) => !OWN_ATTRIBUTES.includes(name))
      .map((name) => [name, readText(item, name)]),
  ),
  parts: readCount(item, 'parts'),
});

const partKeys = (sink: string, { id, parts }: KeptLetter): Key[] =>
  Array.from({ length: parts }, (_, part) => ({ pk: partitionOf(sink, id), sk: partKey(part) }));

/** Returns the body of a stored dead letter. Throws if a part is missing. */
export const readKeptBody = async (
  table: TableAccess,
  sink: string,
  letter: KeptLetter,
  signal: AbortSignal,
): Promise<string> => {
  const items = await table.getAll(partKeys(sink, letter), signal);
  const bodies = new Map(items.map((item) => [readText(item, SORT_KEY), readBinary(item, 'body')]));
  if (bodies.size < letter.parts)
    throw new Error(`The dead letter ${letter.id} in the table has ${bodies.size} of its ${letter.parts} parts.`);
  const packed = Array.from({ length: letter.parts }, (_, part) => bodies.get(partKey(part)) as Uint8Array);
  return gunzipSync(Buffer.concat(packed)).toString();
};

/** Deletes a stored dead letter. A crash after the head was deleted leaves parts, which no command lists. */
export const deleteKeptLetter = async (
  table: TableAccess,
  sink: string,
  letter: KeptLetter,
  signal: AbortSignal,
): Promise<void> => {
  await table.deleteAll([{ pk: partitionOf(sink, letter.id), sk: HEAD }], signal);
  await table.deleteAll(partKeys(sink, letter), signal);
};
