/** Reads sample events from files: bodies as they are on the queue, with their envelopes removed. */

import { decode } from '../../src/sink/decode/decode.ts';
import { MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { isObject, isScalar, type Json, type JsonObject } from '../../src/sink/json/json.ts';
import { isRefusal } from '../../src/sink/refusal.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { incompleteJson } from '../document-reader.ts';
import { inputDocuments } from '../input-documents.ts';
import { UsageError } from '../usage-error.ts';
import { isCanonical } from './points.ts';

/** Sample events. */
export interface Samples {
  /** Bodies as they are in the files, each on one line. */
  readonly bodies: readonly string[];
  /** The decoded events of all bodies. */
  readonly events: readonly SampleEvent[];
}

/** A decoded event of a body. */
export interface SampleEvent {
  /** An object or an array. */
  readonly root: Json;
  /** The envelope that was around it. Undefined if there was none. */
  readonly envelope: JsonObject | undefined;
}

/** Sample events that are read, at most. */
const EVENTS_MAX = 10_000;

/**
 * Reads samples.
 *
 * @throws {UsageError} if a file cannot be read, contains something else than events in JSON, or needs no mapping.
 */
export const readSamples = async (files: readonly string[]): Promise<Samples> => {
  const bodies: string[] = [];
  const events: SampleEvent[] = [];
  for await (const input of inputDocuments(files)) {
    const { text, line, file } = input;
    const place = `${file ?? 'standard input'}, line ${line}`;
    const found = eventsIn(text, incompleteJson(input));
    if (typeof found === 'string') throw new UsageError(`${place} ${found}.`);
    events.push(...found);
    bodies.push(onOneLine(text));
    if (events.length >= EVENTS_MAX) break;
  }
  if (events.length === 0) throw new UsageError('The files contain no events.');
  return { bodies, events };
};

/**
 * Returns the decoded events of a body. If no mapping can convert one of them, it returns the reason as the end of a
 * sentence that begins with the place of the body.
 *
 * @param fault - Why the text is not a complete body. Undefined if that is not known.
 */
export const eventsIn = (body: string, fault?: string): readonly SampleEvent[] | string => {
  const decoded = decode(buildMessage(body), { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX }, true);
  if (isRefusal(decoded)) return `is no event: ${fault ?? decoded.detail}`;
  const events: SampleEvent[] = [];
  for (const unit of decoded.units) {
    if (unit.kind === 'line') return 'is line protocol, which needs no mapping';
    if (unit.kind === 'refused') return `is no event: ${fault ?? unit.refusal.detail}`;
    if (isScalar(unit.root)) return 'is neither an object nor an array, which an event must be';
    if (isObject(unit.root) && isCanonical(unit.root)) return 'is a canonical event, which needs no mapping';
    events.push({ root: unit.root, envelope: decoded.envelope });
  }
  return events;
};

/** Returns JSON without the white space between its tokens. Other bodies, such as gzip in base64, are on one line already. */
const onOneLine = (text: string): string =>
  text.includes('\n')
    ? text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))
    : text.trim();
