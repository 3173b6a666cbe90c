/** Limits of the server's index for series. */

import { type ByteText, quote } from './byte-text.ts';
import type { Row } from './row.ts';

const ITEM_BYTES_MAX = 65_536;
const SHARD_KEY_BYTES_MAX = 65_536;

/** Returns the name of a measurement with the version that the server adds internally, whose bytes count. */
const versioned = (measurement: ByteText): ByteText => `${measurement}_0000`;

/** Whether the shard key of a row exceeds 65,536 bytes. */
export const isShardKeyTooLong = ({ measurement, tags }: Row): boolean =>
  tags.reduce((sum, [key, value]) => sum + key.length + value.length + 2, versioned(measurement).length) >
  SHARD_KEY_BYTES_MAX;

const uint = (value: number, bytes: 1 | 2 | 4 | 8): ByteText => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.toString('latin1', 8 - bytes);
};

/** Returns the key of a series in the index, with the length of each name and value before it as big-endian number. */
const seriesKey = ({ measurement, tags }: Row): ByteText => {
  const name = versioned(measurement);
  const pairs = tags.map(([key, value]) => uint(key.length, 2) + key + uint(value.length, 2) + value).join('');
  const rest = uint(name.length, 2) + name + uint(tags.length, 2) + pairs;
  return uint(rest.length + 4, 4) + rest;
};

/** Returns the length of a text in the index, where the bytes 0 to 2 are separators and occupy two bytes each. */
const escapedBytes = (text: ByteText): number => text.length + (text.match(/[\x00-\x02]/g)?.length ?? 0);

const SERIES_NUMBER = uint(1, 8);

/**
 * Returns the error if a series does not fit into the index, or undefined. Each series is stored as several items: the
 * series key with its number, and one item per tag. Each item must fit into one block of the index. The item of the key
 * is the longest one unless a tag value contains many separators.
 */
export const indexError = (row: Row): ByteText | undefined => {
  const bytes = row.tags.reduce((sum, [key, value]) => sum + key.length + value.length + 4, row.measurement.length);
  if (bytes * 2 < ITEM_BYTES_MAX - 1_024) return undefined; // Below the limit even if all bytes are separators.
  const item = `\x00${seriesKey(row)}\x02${SERIES_NUMBER}`;
  const tagItems = row.tags.map(
    ([key, value]) => escapedBytes(`\xfe\x10${versioned(row.measurement)}${key}`) + escapedBytes(value) + 3 + 8,
  );
  const tooLong = [item.length, ...tagItems].find((length) => length > ITEM_BYTES_MAX);
  if (tooLong === undefined) return undefined;
  return `cannot insert data into "/data/index/mergeset": cannot insert an item ${quote(item)} into an empty inmemoryBlock; it looks like the item is too large? len(item)=${tooLong}`;
};
