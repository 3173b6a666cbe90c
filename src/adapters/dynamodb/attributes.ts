/** Values of items: written as DynamoDB wants them, and read without trusting what is there. */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Target } from '../../sink/ports.ts';
import type { Item } from './table-access.ts';

export const text = (value: string): AttributeValue => ({ S: value });
export const number = (value: number): AttributeValue => ({ N: String(value) });
export const binary = (value: Uint8Array): AttributeValue => ({ B: value });
/** Value of `EXPIRES_AT`. */
export const expiresIn = (seconds: number, nowMs: number): AttributeValue =>
  number(Math.floor(nowMs / 1_000) + seconds);

export const readText = (item: Item, name: string): string => item[name]?.S ?? '';
export const readBinary = (item: Item, name: string): Uint8Array => item[name]?.B ?? new Uint8Array();
/** NaN when there is none. */
export const readNumber = (item: Item, name: string): number => Number(item[name]?.N ?? Number.NaN);

/** 0 when there is none: for what is summed up and written again, of which a table takes nothing but numbers. */
export const readCount = (item: Item, name: string): number => Number(item[name]?.N ?? 0);

export const readOptionalNumber = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N);

export const targetItem = ({ database, retentionPolicy }: Target): Item => ({
  database: text(database),
  ...(retentionPolicy === undefined ? {} : { retentionPolicy: text(retentionPolicy) }),
});

export const readTarget = (item: Item): Target => ({
  database: readText(item, 'database'),
  retentionPolicy: item.retentionPolicy?.S,
});
