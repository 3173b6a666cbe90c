/** Calls the decoder of a user, and brings its events into the form that mappings read. */

import type { BodyDecoder, MessageInfo } from '../custom/hooks.ts';
import { callCode, wrongResult } from '../custom/user-code.ts';
import { type Json, numberOf, SourceNumber, sourceOf } from '../json/json.ts';
import { isRefusal, type Refusal } from '../refusal.ts';

/** Returns the events that a decoder finds in a body, or a refusal. */
export const eventsByCode = (
  decoder: BodyDecoder,
  body: string,
  message: MessageInfo,
): readonly unknown[] | Refusal => {
  const result = callCode('decode', () => decoder(body, message));
  if (isRefusal(result)) return result;
  if (!Array.isArray(result)) return isMissing(result) ? wrongResult('decode', EXPECTED, String(result)) : [result];
  // `some` skips the holes of an array.
  return Array.from(result).some(isMissing)
    ? wrongResult('decode', EXPECTED, 'an array with an element that is missing')
    : result;
};

const EXPECTED = 'an event or an array of events';

const isMissing = (event: unknown): boolean => event === undefined || event === null;

/** Returns a JSON value for code of the user: integers beyond 2^53-1 as `bigint`, all other numbers as doubles. */
export const withBigints = (value: Json): unknown => {
  if (typeof value === 'number' || value instanceof SourceNumber) {
    const source = sourceOf(value);
    return /^-?\d+$/.test(source) && !Number.isSafeInteger(numberOf(value)) ? BigInt(source) : numberOf(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(withBigints);
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withBigints(inner)]));
};

/**
 * Returns a decoded event as JSON, for a mapping: a `bigint` is a number with all its digits, a `Date` is text according
 * to RFC 3339, bytes are base64, and a `Map` is an object. As in JSON, a member that is `undefined` is absent, and such an
 * element is null. Other values that JSON does not have stay as they are, and a mapping that reads them refuses the event.
 */
export const jsonOf = (value: unknown): Json => {
  if (typeof value === 'bigint') return new SourceNumber(Number(value), String(value));
  if (typeof value !== 'object' || value === null || value instanceof SourceNumber) return value as Json;
  if (Array.isArray(value)) return Array.from(value, (inner) => (inner === undefined ? null : jsonOf(inner)));
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  const members =
    value instanceof Map ? [...value].map(([name, inner]) => [String(name), inner]) : Object.entries(value);
  const known = members.filter(([, inner]) => inner !== undefined);
  return Object.fromEntries(known.map(([name, inner]) => [name, jsonOf(inner)])) as Json;
};
