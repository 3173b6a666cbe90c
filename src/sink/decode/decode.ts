/**
 * Decodes the body of a message: unpacks it (gzip, zlib, base64), removes its envelopes (SNS, EventBridge, JSON in JSON
 * text), and returns its units, the JSON values or lines that it contains. An unreadable body is refused as a whole;
 * NDJSON and line protocol are refused line by line. A decoder of the user replaces the detection of formats.
 */

import type { Message } from '../message.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { BodyReader, SourcesNeeded } from './body-reader.ts';
import type { DecodeOptions } from './decode-options.ts';
import type { Decoded } from './decoded.ts';
import { isGzipBase64, plainText, type Unpacked, unpackBase64, unpackGzip, withoutByteOrderMark } from './unpack.ts';

/**
 * Decodes a message, or returns a refusal if its body is unreadable. Never throws.
 *
 * @param withSources - Whether to keep the source text of numbers (`parseJson`).
 */
export const decode = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  try {
    return options.forCode === true ? decodeForCode(message, options) : decodeOnce(message, options, withSources);
  } catch (error) {
    // With a reviver JSON.parse recurses at every level of nesting; without one it does not.
    if (error instanceof RangeError) return refuse('undecodable', 'the JSON is nested too deeply to be parsed');
    throw error;
  }
};

/** Decodes a message, with source texts if a part of its body cannot be read without them. */
const decodeOnce = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  try {
    const decoded = decodeBody(message, options, withSources);
    const isExact = options.exactNumbers !== true || isRefusal(decoded) || decoded.source.numbersPlain();
    return isExact ? decoded : decodeBody(message, options, true);
  } catch (signal) {
    if (signal instanceof SourcesNeeded) return decodeBody(message, options, true);
    throw signal;
  }
};

/** Decodes a message whose events code of the user reads. Parses it with source texts only if it has long integers. */
const decodeForCode = (message: Message, options: DecodeOptions): Decoded | Refusal => {
  const decoded = decodeOnce(message, options, false);
  const isSafe = isRefusal(decoded) || !decoded.source.hasLongIntegers();
  return isSafe ? decoded : decodeBody(message, options, true);
};

const decodeBody = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  const unpacked = unpackMessage(message, options);
  if (isRefusal(unpacked)) return unpacked;
  const form = message.origin?.form;
  const canonical = form === 'canonical' || options.input === 'canonical';
  const reader = new BodyReader(message, withSources, canonical, options, unpacked.bytes);
  const isPacked = options.input === 'gzip' || options.input === 'base64';
  return reader.read(unpacked.text, form === 'canonical' || isPacked ? 'auto' : options.input);
};

/**
 * Unpacks the body of a message.
 *
 * A dead letter with one of several events of a packed body is not packed, even where SINK_INPUT is gzip or base64. A
 * dead letter with the whole body is packed as the body was. The sink packs a body that SQS does not accept once more.
 */
const unpackMessage = ({ body, origin }: Message, options: DecodeOptions): Unpacked | Refusal => {
  const isCut = origin?.cut !== undefined;
  if (origin?.form === 'text' && origin.cut?.unit !== undefined) return plainText(body, options);
  if (origin?.form === 'gzip') {
    const first = unpackGzip(body, options.messageBytesMax);
    return isRefusal(first) || isCut ? first : unpackBody(first.text, options);
  }
  const unpacked = unpackBody(body, options);
  return isRefusal(unpacked) && isCut ? plainText(body, options) : unpacked;
};

/** Unpacks a body that is packed as a whole. A decoder gets a body as it is, unless the input is declared. */
const unpackBody = (body: string, options: DecodeOptions): Unpacked | Refusal => {
  const text = withoutByteOrderMark(body);
  const isGzip = options.input === 'gzip' || (options.decoder === undefined && isGzipBase64(text));
  if (isGzip) return unpackGzip(text, options.messageBytesMax);
  return options.input === 'base64' ? unpackBase64(text, options) : plainText(body, options);
};
