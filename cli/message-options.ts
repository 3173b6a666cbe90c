/** Reads the members of a message from text: attributes, and the time at which it was sent. */

import type { MessageAttribute } from '../src/sink/message.ts';
import { UsageError } from './usage-error.ts';

/** Attributes of a message by name. */
export type Attributes = Readonly<Record<string, MessageAttribute>>;

/** Names as SQS allows them. */
const ATTRIBUTE = /^([A-Za-z0-9_.-]+)(?::((?:String|Number|Binary)(?:\.[\w.-]+)?))?=(.*)$/s;

/**
 * Returns the attributes with one more, from `NAME=VALUE` or `NAME:TYPE=VALUE`.
 *
 * @throws {UsageError} if the text is not of this form, or if the name is given twice.
 */
export const withAttribute = (text: string, others: Attributes = {}): Attributes => {
  const [, name, type = 'String', value] = ATTRIBUTE.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(
      `--attribute must be NAME=VALUE or NAME:TYPE=VALUE with the type String, Number, or Binary, got "${text}".`,
    );
  if (Object.hasOwn(others, name)) throw new UsageError(`--attribute ${name} is given twice. Remove one of them.`);
  return { ...others, [name]: { type, value } };
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/;

/** Returns a time in ms since 1970, from a number of ms or ISO 8601 with a zone. Undefined if the text is neither. */
export const instantMs = (text: string): number | undefined => {
  const ms = /^\d+$/.test(text) ? Number(text) : INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isSafeInteger(ms) && ms >= 0 ? ms : undefined;
};

/** Reads the value of `--sent-at`. */
export const readSentAt = (text: string, name: string): number => {
  const ms = instantMs(text);
  if (ms !== undefined) return ms;
  throw new UsageError(
    `${name} must be a whole number from 0 to ${Number.MAX_SAFE_INTEGER} (milliseconds since 1970), or ISO 8601 with a zone, like 2026-06-01T12:00:00Z, got "${text}".`,
  );
};
