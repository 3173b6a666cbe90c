/** Turns a dead letter of the queue into what the page shows: the unpacked event, and the place of its fault. */

import { gunzipSync } from 'node:zlib';
import type { QueuedLetter } from './dead-letter-source.ts';
import { failingSpan } from './letter-place.ts';
import type { LetterView } from './protocol.ts';

/** Characters of a body that the page shows, at most. */
export const BODY_CHARS_MAX = 20_000;

/** Bytes of a body after decompression, at most: a dead letter with more is shown packed. */
const UNPACKED_BYTES_MAX = 4_194_304;

/** Returns a text that is not longer than the page shows. */
export const shortened = (text: string): string =>
  text.length <= BODY_CHARS_MAX ? text : `${text.slice(0, BODY_CHARS_MAX)}…`;

/** Returns the view of a dead letter. Never throws: attributes that the sink has not written are ignored. */
export const letterView = ({ id, body: packed, attributes }: QueuedLetter): LetterView => {
  const { reason = 'none', detail = '' } = attributes;
  const { form, measurement, sentAt } = parsedObject(attributes.origin);
  const body = unpacked(packed, form);
  const span = failingSpan(body, detail);
  const isShown = span !== undefined && span.end <= BODY_CHARS_MAX;
  return {
    id,
    reason,
    detail: reason === 'none' ? 'The queue moved this message here, because it was received too often.' : detail,
    body: shortened(body),
    mark: isShown ? [span.start, span.end] : null,
    measurement: typeof measurement === 'string' ? measurement : null,
    sentAtMs: typeof sentAt === 'number' ? sentAt : null,
  };
};

const unpacked = (body: string, form: unknown): string => {
  if (form !== 'gzip' && form !== 'enclosed') return body;
  try {
    const text = gunzipSync(Buffer.from(body, 'base64'), { maxOutputLength: UNPACKED_BYTES_MAX }).toString();
    const { body: inner } = form === 'enclosed' ? parsedObject(text) : { body: text };
    return typeof inner === 'string' ? inner : body;
  } catch {
    return body;
  }
};

const parsedObject = (text: string | undefined): Readonly<Record<string, unknown>> => {
  try {
    return Object(JSON.parse(text ?? '{}')) as Record<string, unknown>;
  } catch {
    return {};
  }
};
