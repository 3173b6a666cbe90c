/**
 * Attribute values of items. Reading never throws: a missing attribute, or one of another type, has the value that each
 * function documents.
 */

import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Target } from '../../sink/ports.ts';
import type { Item } from './table-access.ts';

/** Returns a value of type String. */
export const text = (value: string): AttributeValue => ({ S: value });
/** Returns a value of type Number. */
export const number = (value: number): AttributeValue => ({ N: String(value) });
/** Returns a value of type Binary. */
export const binary = (value: Uint8Array): AttributeValue => ({ B: value });
/** Returns the value of `EXPIRES_AT` for an item that expires after a duration. */
export const expiresIn = (seconds: number, nowMs: number): AttributeValue =>
  number(Math.floor(nowMs / 1_000) + seconds);

/** Returns a text, empty if the attribute is missing. */
export const readText = (item: Item, name: string): string => item[name]?.S ?? '';
/** Returns bytes, empty if the attribute is missing. */
export const readBinary = (item: Item, name: string): Uint8Array => item[name]?.B ?? new Uint8Array();
/** Returns a number, NaN if the attribute is missing. */
export const readNumber = (item: Item, name: string): number => Number(item[name]?.N ?? Number.NaN);

/**
 * Returns a number, 0 if the attribute is missing. For values that are summed and written again, because DynamoDB
 * refuses NaN.
 */
export const readCount = (item: Item, name: string): number => Number(item[name]?.N ?? 0);

/** Returns a number, or undefined if the attribute is missing. */
export const readOptionalNumber = (item: Item, name: string): number | undefined =>
  item[name]?.N === undefined ? undefined : Number(item[name].N);

/** Returns the attributes that store a target. The server's default retention policy has no attribute. */
export const targetItem = ({ database, retentionPolicy }: Target): Item => ({
  database: text(database),
  ...(retentionPolicy === undefined ? {} : { retentionPolicy: text(retentionPolicy) }),
});

/** Returns the target that `targetItem` stored. */
export const readTarget = (item: Item): Target => ({
  database: readText(item, 'database'),
  retentionPolicy: item.retentionPolicy?.S,
});
