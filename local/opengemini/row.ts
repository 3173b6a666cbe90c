/** A parsed line of line protocol. */

import type { ByteText } from './byte-text.ts';

/** Types of fields in openGemini. */
export type FieldType = 'integer' | 'float' | 'string' | 'boolean';
/** Value of a field: bigint for an integer, number for a float. */
export type FieldValue = bigint | number | string | boolean;
/** Key and value of a tag, unescaped. */
export type Tag = readonly [key: ByteText, value: ByteText];

/** A field, unescaped. */
export interface Field {
  readonly key: ByteText;
  readonly type: FieldType;
  readonly value: FieldValue;
}

/** One line, unescaped. `timestamp` is in the precision of the request; undefined means the server's clock. */
export interface Row {
  readonly measurement: ByteText;
  readonly tags: readonly Tag[];
  readonly fields: readonly Field[];
  readonly timestamp: bigint | undefined;
}

/**
 * Error text of the server for a line, a field, or a shard without fields. A client must therefore read the text, not
 * only the status.
 */
export const NO_FIELDS = 'parse fail, point without fields is unsupported';

/** Limit for the keys of tags and fields, in bytes. */
export const KEY_BYTES_MAX = 255;

/**
 * Returns the error text for a name that is too long. `what` must end with a space where the server has one, because
 * its texts differ.
 */
export const tooLong = (what: string, name: ByteText, bytesMax: number, bytes: number): ByteText =>
  `${what}${name}. upper limit: ${bytesMax}; current: ${bytes}`;
