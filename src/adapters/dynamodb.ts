/** The state table. Until the checkpoint moves in it keeps only letters that are too large for the dead-letter queue. */

import { gzipSync } from 'node:zlib';
import { DynamoDBClient, PutItemCommand } from '@aws-sdk/client-dynamodb';
import type { Deadline } from '../sink/deadline.ts';
import type { Letter } from '../sink/letter.ts';
import { AWS_TIMEOUTS } from './sqs.ts';

export const dynamoClient = (): DynamoDBClient => new DynamoDBClient({ requestHandler: AWS_TIMEOUTS, maxAttempts: 3 });

/** An item may have 400 KB with its keys and attributes. */
const PART_BYTES = 350 * 1024;
const FORMAT = 1;

/**
 * Keeps a letter under `pk = letter#<sink>#<deduplication id>`: its packed body in parts, then the head, without which
 * the parts mean nothing. No expiry. The id is the same in every attempt, so a repetition overwrites itself.
 */
export const keepLetter = async (
  client: DynamoDBClient,
  table: string,
  sink: string,
  letter: Letter,
  deadline: Deadline,
): Promise<void> => {
  const packed = gzipSync(letter.body);
  const parts = Math.ceil(packed.length / PART_BYTES);
  const pk = { S: `letter#${sink}#${letter.deduplicationId}` };
  const put = (item: Record<string, { S: string } | { N: string } | { B: Uint8Array }>): Promise<unknown> =>
    client.send(new PutItemCommand({ TableName: table, Item: { pk, ...item } }), { abortSignal: deadline.signal });
  for (let part = 0; part < parts; part++) {
    const body = packed.subarray(part * PART_BYTES, (part + 1) * PART_BYTES);
    await put({ sk: { S: `part#${String(part).padStart(4, '0')}` }, body: { B: body } });
  }
  const attributes = Object.entries(letter.attributes).map(([name, value]) => [name, { S: value }] as const);
  await put({
    sk: { S: 'head' },
    format: { N: String(FORMAT) },
    parts: { N: String(parts) },
    ...Object.fromEntries(attributes),
  });
};
