import type { ByteText } from './byte-text.ts';

export type FieldType = 'integer' | 'float' | 'string' | 'boolean';
export type FieldValue = bigint | number | string | boolean;
export type Tag = readonly [key: ByteText, value: ByteText];

export interface Field {
  readonly key: ByteText;
  readonly type: FieldType;
  readonly value: FieldValue;
}

/** One line, un-escaped. `timestamp` is still in the request's precision; undefined means the server's clock. */
export interface Row {
  readonly measurement: ByteText;
  readonly tags: readonly Tag[];
  readonly fields: readonly Field[];
  readonly timestamp: bigint | undefined;
}

/** The same words for names in a line, fields, and shards: a client must look at the text, not at the status. */
export const NO_FIELDS = 'parse fail, point without fields is unsupported';

/** Names of tags and fields. */
export const KEY_BYTES_MAX = 255;

/** `what` holds its own space or lack of one; the server is not consistent. */
export const tooLong = (what: string, name: ByteText, bytesMax: number, bytes: number): ByteText =>
  `${what}${name}. upper limit: ${bytesMax}; current: ${bytes}`;
