/** Reads sample events from files: bodies as they are on the queue, with their envelopes removed. */

import { decode } from '../../src/sink/decode/decode.ts';
import { MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { isObject, type JsonObject } from '../../src/sink/json/json.ts';
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
  readonly roots: readonly JsonObject[];
}

/** Sample events that are read, at most. */
const ROOTS_MAX = 10_000;

/**
 * Reads samples.
 *
 * @throws {UsageError} if a file cannot be read, contains something else than events in JSON, or needs no mapping.
 */
export const readSamples = async (files: readonly string[]): Promise<Samples> => {
  const bodies: string[] = [];
  const roots: JsonObject[] = [];
  for await (const input of inputDocuments(files)) {
    const { text, line, file } = input;
    const place = `${file ?? 'standard input'}, line ${line}`;
    const found = rootsIn(text, incompleteJson(input));
    if (typeof found === 'string') throw new UsageError(`${place} ${found}.`);
    roots.push(...found);
    bodies.push(onOneLine(text));
    if (roots.length >= ROOTS_MAX) break;
  }
  if (roots.length === 0) throw new UsageError('The files contain no events.');
  return { bodies, roots };
};

/**
 * Returns the decoded events of a body. If no mapping can convert one of them, it returns the reason as the end of a
 * sentence that begins with the place of the body.
 *
 * @param fault - Why the text is not a complete body. Undefined if that is not known.
 */
export const rootsIn = (body: string, fault?: string): readonly JsonObject[] | string => {
  const decoded = decode(buildMessage(body), { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX }, true);
  if (isRefusal(decoded)) return `is no event: ${fault ?? decoded.detail}`;
  const roots: JsonObject[] = [];
  for (const unit of decoded.units) {
    if (unit.kind === 'line') return 'is line protocol, which needs no mapping';
    if (unit.kind === 'refused') return `is no event: ${fault ?? unit.refusal.detail}`;
    if (!isObject(unit.root)) return 'is not a JSON object, which an event must be';
    if (isCanonical(unit.root)) return 'is a canonical event, which needs no mapping';
    roots.push(unit.root);
  }
  return roots;
};

/** Returns JSON without the white space between its tokens. Other bodies, such as gzip in base64, are on one line already. */
const onOneLine = (text: string): string =>
  text.includes('\n')
    ? text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))
    : text.trim();
