/** Decodes a value inside an event: base64, hexadecimal, gzip, zlib, JSON and text, in the order of a mapping. */

import { gunzipSync, inflateSync } from 'node:zlib';
import { hasTooManyValues, JSON_VALUES_MAX, type Json, kindOf, parseWithSources } from '../json/json.ts';
import { mayHaveNonFinite, parseNonFinite } from '../json/non-finite.ts';
import type { DecodeStep } from '../mapping/mapping.ts';
import { type Refusal, refuse } from '../refusal.ts';
import { base64Bytes } from './base64.ts';
import { contentHint } from './content-hint.ts';
import { isTooLarge, utf8, withoutByteOrderMark } from './unpack.ts';

/** A value that was decoded. */
export interface DecodedValue {
  readonly value: Json;
  /** Bytes of the largest intermediate result, for the limit of the message. */
  readonly bytes: number;
}

/**
 * Decodes a value, or returns a refusal. Never throws.
 *
 * @param where - Place and path of the value, for the refusal.
 * @param bytesMax - Bytes of the decoded value, at most.
 */
export const decodeValue = (
  given: Json,
  steps: readonly DecodeStep[],
  where: string,
  bytesMax: number,
): DecodedValue | Refusal => {
  let value: Json | Buffer = given;
  // A document takes as much of the limit as its text, also if no step decompresses it.
  let bytes = typeof given === 'string' && steps[0] === 'json' ? given.length : 0;
  for (const step of steps) {
    try {
      value = STEPS[step](value, bytesMax);
    } catch (error) {
      return stepRefusal(error, `${where}, step ${step}`, bytesMax);
    }
    bytes = Buffer.isBuffer(value) || typeof value === 'string' ? Math.max(bytes, value.length) : bytes;
  }
  return { value: value as Json, bytes };
};

/** Thrown by a step that cannot decode its input. The message is the end of a sentence. */
class StepFailed extends Error {
  readonly code: 'undecodable' | 'too-large';

  constructor(message: string, code: StepFailed['code'] = 'undecodable') {
    super(message);
    this.code = code;
  }
}

type Step = (value: Json | Buffer, bytesMax: number) => Json | Buffer;

const textOf = (value: Json | Buffer): string => {
  if (Buffer.isBuffer(value)) {
    const decoded = utf8(value);
    if (decoded === undefined) throw new StepFailed('expected UTF-8 text, found other bytes');
    return withoutByteOrderMark(decoded.text);
  }
  if (typeof value === 'string') return value;
  throw new StepFailed(`expected text, found ${kindOf(value)}`);
};

const bytesOf = (value: Json | Buffer): Buffer => value as Buffer;

const HEX = /^(?:[0-9A-Fa-f]{2})*$/;

const limited = (text: string, bytesMax: number): string => {
  if (text.length <= bytesMax) return text;
  throw new StepFailed(tooLarge(bytesMax), 'too-large');
};

const tooLarge = (bytesMax: number): string =>
  `the value has more than ${bytesMax} bytes, the limit that SINK_MESSAGE_BYTES_MAX sets`;

const STEPS: Readonly<Record<DecodeStep, Step>> = {
  base64: (value, bytesMax) => {
    const text = limited(textOf(value), 2 * bytesMax);
    const bytes = base64Bytes(text);
    if (bytes === undefined) throw new StepFailed(`expected base64, found text that ${contentHint(text)}`);
    return bytes;
  },
  hex: (value, bytesMax) => {
    const text = limited(textOf(value), 2 * bytesMax);
    if (!HEX.test(text)) throw new StepFailed('expected pairs of hexadecimal digits, found other text');
    return Buffer.from(text, 'hex');
  },
  gzip: (value, bytesMax) => gunzipSync(bytesOf(value), { maxOutputLength: bytesMax }),
  zlib: (value, bytesMax) => inflateSync(bytesOf(value), { maxOutputLength: bytesMax }),
  text: (value, bytesMax) => limited(textOf(value), bytesMax),
  json: (value, bytesMax) => {
    const text = limited(textOf(value), bytesMax).replace(/^\uFEFF/, '');
    if (hasTooManyValues(text))
      throw new StepFailed(`the document contains more than ${JSON_VALUES_MAX} JSON values`, 'too-large');
    try {
      return parsed(text);
    } catch (error) {
      throw error instanceof SyntaxError
        ? new StepFailed(`expected JSON, found text that ${contentHint(text)}`)
        : error;
    }
  },
};

/**
 * Parses a JSON text with source texts, also with bare NaN and infinities.
 *
 * @throws SyntaxError if it is not JSON.
 */
const parsed = (text: string): Json => {
  try {
    return parseWithSources(text, (source) => source);
  } catch (error) {
    if (!(error instanceof SyntaxError) || !mayHaveNonFinite(text)) throw error;
    return parseNonFinite(text);
  }
};

const stepRefusal = (error: unknown, where: string, bytesMax: number): Refusal => {
  if (error instanceof StepFailed) return refuse(error.code, `${where}: ${error.message}`);
  if (isTooLarge(error)) return refuse('too-large', `${where}: ${tooLarge(bytesMax)}`);
  if (error instanceof RangeError) return refuse('undecodable', `${where}: the JSON is nested too deeply to be parsed`);
  return refuse('undecodable', `${where}: the bytes are not of this format, or they are truncated`);
};
