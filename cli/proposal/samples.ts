/** Reads sample events from files: bodies as they are on the queue, with their envelopes removed. */

import { decode } from '../../src/sink/decode/decode.ts';
import { MESSAGE_BYTES_MAX } from '../../src/sink/decode/decode-options.ts';
import { isObject, type JsonObject } from '../../src/sink/json/json.ts';
import { isRefusal } from '../../src/sink/refusal.ts';
import { buildMessage } from '../../src/testing/messages.ts';
import { incompleteJson } from '../document-reader.ts';
import { inputDocuments } from '../input-documents.ts';
import { UsageError } from '../usage-error.ts';

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
    const decoded = decode(buildMessage(text), { input: 'auto', messageBytesMax: MESSAGE_BYTES_MAX }, true);
    if (isRefusal(decoded)) throw new UsageError(`${place} is no event: ${incompleteJson(input) ?? decoded.detail}.`);
    for (const unit of decoded.units) {
      if (unit.kind === 'line') throw new UsageError(`${place} is line protocol, which needs no mapping.`);
      if (unit.kind === 'refused')
        throw new UsageError(`${place} is no event: ${incompleteJson(input) ?? unit.refusal.detail}.`);
      if (!isObject(unit.root)) throw new UsageError(`${place} is not a JSON object, which an event must be.`);
      if (isCanonical(unit.root)) throw new UsageError(`${place} is a canonical event, which needs no mapping.`);
      roots.push(unit.root);
    }
    bodies.push(onOneLine(text));
    if (roots.length >= ROOTS_MAX) break;
  }
  if (roots.length === 0) throw new UsageError('The files contain no events.');
  return { bodies, roots };
};

const isCanonical = ({ measurement, fields }: JsonObject): boolean =>
  typeof measurement === 'string' && isObject(fields);

/** Returns JSON without the white space between its tokens. Other bodies, such as gzip in base64, are on one line already. */
const onOneLine = (text: string): string =>
  text.includes('\n')
    ? text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))
    : text.trim();
