import { type ByteText, quote } from './byte-text.ts';
import type { Row } from './row.ts';

const ITEM_BYTES_MAX = 65_536;
const SHARD_KEY_BYTES_MAX = 65_536;

/** Inside the server a measurement's name carries a version, and its bytes count. */
const versioned = (measurement: ByteText): ByteText => `${measurement}_0000`;

export const isShardKeyTooLong = ({ measurement, tags }: Row): boolean =>
  tags.reduce((sum, [key, value]) => sum + key.length + value.length + 2, versioned(measurement).length) >
  SHARD_KEY_BYTES_MAX;

const uint = (value: number, bytes: 1 | 2 | 4 | 8): ByteText => {
  const buffer = Buffer.alloc(8);
  buffer.writeBigUInt64BE(BigInt(value));
  return buffer.toString('latin1', 8 - bytes);
};

/** The key of a series as the index keeps it: lengths as big-endian numbers before each name and value. */
const seriesKey = ({ measurement, tags }: Row): ByteText => {
  const name = versioned(measurement);
  const pairs = tags.map(([key, value]) => uint(key.length, 2) + key + uint(value.length, 2) + value).join('');
  const rest = uint(name.length, 2) + name + uint(tags.length, 2) + pairs;
  return uint(rest.length + 4, 4) + rest;
};

/** Bytes 0 to 2 are separators in the index and take two bytes there. */
const escapedBytes = (text: ByteText): number => text.length + (text.match(/[\x00-\x02]/g)?.length ?? 0);

const SERIES_NUMBER = uint(1, 8);

/**
 * Each series becomes a few items in the index, and each must fit into one block of it: the series key with its number,
 * and every tag with it. The key is the longer one unless a tag value is full of separators.
 */
export const indexError = (row: Row): ByteText | undefined => {
  const bytes = row.tags.reduce((sum, [key, value]) => sum + key.length + value.length + 4, row.measurement.length);
  if (bytes * 2 < ITEM_BYTES_MAX - 1_024) return undefined; // Far from the limit, whatever the bytes are.
  const item = `\x00${seriesKey(row)}\x02${SERIES_NUMBER}`;
  const tagItems = row.tags.map(
    ([key, value]) => escapedBytes(`\xfe\x10${versioned(row.measurement)}${key}`) + escapedBytes(value) + 3 + 8,
  );
  const tooLong = [item.length, ...tagItems].find((length) => length > ITEM_BYTES_MAX);
  if (tooLong === undefined) return undefined;
  return `cannot insert data into "/data/index/mergeset": cannot insert an item ${quote(item)} into an empty inmemoryBlock; it looks like the item is too large? len(item)=${tooLong}`;
};
