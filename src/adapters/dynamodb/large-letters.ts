/** Dead letters that are too large for the dead-letter queue (docs/decisions/0008). */

import { gzipSync } from 'node:zlib';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { DeadLetter, Deadline } from '../../sink/ports.ts';
import { binary, number, text } from './attributes.ts';
import { type Item, keyItem, type TableAccess } from './table-access.ts';

/** Bytes of packed body per item. An item of DynamoDB may have 400 KB, keys and attributes included. */
const PART_BYTES = 350 * 1024;
/** Version of the stored form: parts of one gzip stream, and a head. */
const FORMAT = 1;

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
  const pk = `letter#${sink}#${letter.deduplicationId}`;
  const put = (sk: string, item: Item): Promise<unknown> =>
    table.client.send(new PutItemCommand({ TableName: table.name, Item: { ...keyItem({ pk, sk }), ...item } }), {
      abortSignal: signal,
    });
  for (let part = 0; part < parts; part++) {
    const body = packed.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    await put(`part#${String(part).padStart(4, '0')}`, { body: binary(body) });
  }
  const attributes = Object.entries(letter.attributes).map(([name, value]) => [name, text(value)] as const);
  await put('head', { format: number(FORMAT), parts: number(parts), ...Object.fromEntries(attributes) });
};
