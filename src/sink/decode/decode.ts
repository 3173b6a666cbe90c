/**
 * Decodes the body of a message: removes its envelopes (gzip, SNS, EventBridge) and returns its units, the JSON objects
 * or lines that it contains. An unreadable body is refused as a whole; NDJSON and line protocol are refused line by
 * line. A decoder of the user replaces the detection of formats.
 */

import type { BodyDecoder } from '../custom/hooks.ts';
import {
  hasTooManyValues,
  isObject,
  JSON_VALUES_MAX,
  type Json,
  type JsonObject,
  kindOf,
  parseJson,
} from '../json/json.ts';
import type { Message, MessageAttribute } from '../message.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { eventsByCode, withBigints } from './decode-by-code.ts';
import { Decoded, type DecodedParts, type Layout, type Unit } from './decoded.ts';
import { type Envelope, isEventBridge, isSns, messageInfo, snsAttributes } from './envelopes.ts';
import { gunzipText, isGzipBase64, type Unzipped } from './gunzip.ts';
import { splitLines } from './influx-lines.ts';

/** Events of one message, at most. A message with more is quarantined, because no real producer sends that many. */
export const EVENTS_PER_MESSAGE_MAX = 100_000;

/** Returns the refusal of a message with too many events. */
export const tooManyEvents = (): Refusal =>
  refuse('too-large', `the message contains more than ${EVENTS_PER_MESSAGE_MAX} events`);

/** Formats of bodies (`SINK_INPUT`). `auto` detects the format. */
export const INPUTS = ['auto', 'json', 'ndjson', 'line-protocol', 'sns', 'eventbridge', 'gzip', 'canonical'] as const;
/** Format of bodies. */
export type Input = (typeof INPUTS)[number];

/** Default of `SINK_MESSAGE_BYTES_MAX`. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;

/** Format and size limit of bodies. */
export interface DecodeOptions {
  readonly input: Input;
  /** Bytes of one body after decompression, at most (`SINK_MESSAGE_BYTES_MAX`). */
  readonly messageBytesMax: number;
  /** Decodes bodies instead of the sink. Canonical events in dead letters never pass it. */
  readonly decoder?: BodyDecoder | undefined;
  /** Whether functions of the user read the events. Integers beyond 2^53-1 are then of type `bigint`. */
  readonly forCode?: boolean;
}

/**
 * Decodes a message, or returns a refusal if its body is unreadable. Never throws.
 *
 * @param withSources - Whether to keep the source text of numbers (`parseJson`).
 */
export const decode = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  try {
    return options.forCode === true ? decodeForCode(message, options) : decodeBody(message, options, withSources);
  } catch (error) {
    // With a reviver JSON.parse recurses at every level of nesting; without one it does not.
    if (error instanceof RangeError) return refuse('undecodable', 'the JSON is nested too deeply to be parsed');
    throw error;
  }
};

/** Decodes a message whose events code of the user reads. Parses it with source texts only if it has long integers. */
const decodeForCode = (message: Message, options: DecodeOptions): Decoded | Refusal => {
  const decoded = decodeBody(message, options, false);
  const isSafe = isRefusal(decoded) || !decoded.source.hasLongIntegers();
  return isSafe ? decoded : decodeBody(message, options, true);
};

const decodeBody = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  const form = message.origin?.form ?? 'text';
  const compressed = form === 'gzip' || options.input === 'gzip' || looksCompressed(message.body, options);
  const plain: Unzipped | Refusal = compressed
    ? gunzipText(message.body, options.messageBytesMax)
    : plainText(message.body, options);
  // A dead letter with one event of a compressed body is not compressed, even where SINK_INPUT is gzip.
  const unzipped =
    isRefusal(plain) && message.origin !== undefined && form !== 'gzip' ? plainText(message.body, options) : plain;
  if (isRefusal(unzipped)) return unzipped;
  const canonical = form === 'canonical' || options.input === 'canonical';
  const reader = new BodyReader(message, withSources, canonical, options, unzipped.bytes);
  return reader.read(unzipped.text, form === 'canonical' || options.input === 'gzip' ? 'auto' : options.input);
};

/** A decoder gets a body as it is, unless the input is declared. */
const looksCompressed = (text: string, { decoder }: DecodeOptions): boolean =>
  decoder === undefined && isGzipBase64(text);

const BYTE_ORDER_MARK = 0xfeff;

const plainText = (given: string, { messageBytesMax }: DecodeOptions): Unzipped | Refusal => {
  const body = given.charCodeAt(0) === BYTE_ORDER_MARK ? given.slice(1) : given;
  const bytes = body.length * 3 <= messageBytesMax ? body.length : Buffer.byteLength(body);
  if (bytes <= messageBytesMax) return { text: body, bytes };
  return refuse(
    'too-large',
    `the body has ${bytes} bytes, the limit that SINK_MESSAGE_BYTES_MAX sets is ${messageBytesMax}`,
  );
};

const NO_ENVELOPES: readonly Envelope[] = [];
const EMPTY_LETTER: Unit = {
  kind: 'refused',
  refusal: refuse('undecodable', 'the dead letter is empty'),
  text: undefined,
};

/** Removes envelopes until it finds the units. */
class BodyReader implements DecodedParts {
  readonly message: Message;
  readonly withSources: boolean;
  readonly canonical: boolean;
  readonly isForCode: boolean;
  readonly #options: DecodeOptions;
  readonly #decoder: BodyDecoder | undefined;
  envelopes = NO_ENVELOPES;
  envelope: JsonObject | undefined = undefined;
  attributes: Record<string, MessageAttribute> | undefined = undefined;
  bytes: number;

  /** The single unit that an extracted dead letter contains, and the number of envelopes around it. */
  readonly #unit: { readonly unit: 'json' | 'line'; readonly wraps: number } | undefined;

  constructor(message: Message, withSources: boolean, canonical: boolean, options: DecodeOptions, bytes: number) {
    const cut = message.origin?.cut;
    this.#unit = cut?.unit === undefined ? undefined : { unit: cut.unit, wraps: cut.wraps };
    this.message = message;
    this.withSources = withSources;
    this.canonical = canonical;
    this.isForCode = options.forCode === true && !canonical;
    this.#options = options;
    this.#decoder = canonical ? undefined : options.decoder;
    this.bytes = bytes;
  }

  /** Reads the text inside the envelopes that have been removed so far. */
  read(text: string, input: Input): Decoded | Refusal {
    if (this.#unit?.wraps === this.envelopes.length) return this.#singleUnit(text, this.#unit.unit);
    if (this.#decoder !== undefined && input !== 'sns') return this.#byCode(text, this.#decoder);
    if (hasTooManyValues(text))
      return refuse('too-large', `the body contains more than ${JSON_VALUES_MAX} JSON values`);
    if (input === 'ndjson') return this.#jsonLines(text);
    if (input === 'line-protocol') return this.#lineProtocol(text);
    const first = firstVisible(text);
    if (first === undefined) return this.#found([], 'lines', text);
    if (first === OPENING_BRACE || first === OPENING_BRACKET || input !== 'auto') return this.#json(text, input);
    return this.#lineProtocolOrNothing(text);
  }

  /**
   * Reads a text as a single unit, even if it looks like an envelope or an array, because it was one of several units.
   */
  #singleUnit(text: string, kind: 'json' | 'line'): Decoded {
    const unit: Unit = kind === 'line' ? { kind, text } : (this.#jsonLine(text) ?? EMPTY_LETTER);
    return this.#found([unit], 'single', text);
  }

  #byCode(text: string, decoder: BodyDecoder): Decoded | Refusal {
    const events = eventsByCode(decoder, text, messageInfo(this.message, this.attributes));
    if (isRefusal(events)) return events;
    if (events.length > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    // An event of a decoder need not be a JSON object. Only the functions of the same user read it.
    const units = events.map((root): Unit => ({ kind: 'object', root: root as JsonObject, text: undefined }));
    return this.#found(units, 'code', '');
  }

  #found(units: readonly Unit[], layout: Layout, text: string): Decoded {
    const shown = this.isForCode && this.withSources ? units.map(unitWithBigints) : units;
    return new Decoded(shown, layout, text, this);
  }

  #json(text: string, input: Input): Decoded | Refusal {
    let value: Json;
    try {
      value = parseJson(text, this.withSources);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#brokenJson(text, input);
    }
    if (Array.isArray(value)) return this.#array(value as readonly Json[], text, input);
    if (!isObject(value)) return refuse('undecodable', `expected a JSON object or array, found ${kindOf(value)}`);
    return this.#object(value, text, input);
  }

  #array(array: readonly Json[], text: string, input: Input): Decoded | Refusal {
    if (input === 'sns' || input === 'eventbridge')
      return refuse('undecodable', `expected an ${input} envelope, found an array`);
    return array.length > EVENTS_PER_MESSAGE_MAX ? tooManyEvents() : this.#found(array.map(unitOf), 'array', text);
  }

  #object(object: JsonObject, text: string, input: Input): Decoded | Refusal {
    const detects = input === 'auto' || (input === 'canonical' && object.measurement === undefined);
    if ((detects || input === 'sns') && isSns(object) && this.envelopes.length === 0)
      return this.#sns(object, text, input);
    if ((detects || input === 'eventbridge') && isEventBridge(object)) return this.#eventBridge(object, text);
    if (input === 'sns' || input === 'eventbridge')
      return refuse('undecodable', `expected an ${input} envelope, found another object`);
    return this.#found([{ kind: 'object', root: object, text: undefined }], 'single', text);
  }

  #sns(object: JsonObject & { readonly Message: string }, text: string, input: Input): Decoded | Refusal {
    this.envelopes = [...this.envelopes, { kind: 'sns', text }];
    this.envelope = object;
    this.attributes = snsAttributes(object.MessageAttributes);
    const inner = input === 'sns' ? 'auto' : input;
    if (!looksCompressed(object.Message, this.#options)) return this.read(object.Message, inner);
    const unzipped = gunzipText(object.Message, this.#options.messageBytesMax);
    if (isRefusal(unzipped)) return unzipped;
    this.bytes = Math.max(this.bytes, unzipped.bytes);
    return this.read(unzipped.text, inner);
  }

  #eventBridge(object: JsonObject & { readonly detail: JsonObject }, text: string): Decoded {
    this.envelopes = [...this.envelopes, { kind: 'eventbridge', text }];
    this.envelope = object;
    return this.#found([{ kind: 'object', root: object.detail, text: undefined }], 'single', text);
  }

  /**
   * Reads a text that begins like JSON but is not JSON. It is NDJSON if at least half of its lines are objects;
   * otherwise it is refused.
   */
  #brokenJson(text: string, input: Input): Decoded | Refusal {
    if (input !== 'json' && input !== 'sns' && input !== 'eventbridge') {
      const found = this.#jsonLines(text);
      if (isRefusal(found)) return found;
      const objects = found.units.filter((unit) => unit.kind === 'object').length;
      if (found.units.length > 1 && 2 * objects >= found.units.length) return found;
    }
    return refuse('undecodable', 'the body is not complete JSON, expected an object, an array, or one object per line');
  }

  #jsonLines(text: string): Decoded | Refusal {
    const units: Unit[] = [];
    for (const line of linesOf(text)) {
      const unit = this.#jsonLine(line);
      if (unit !== undefined && units.push(unit) > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    }
    return this.#found(units, 'lines', text);
  }

  /** Returns the unit of one line; `undefined` if the line is blank. */
  #jsonLine(line: string): Unit | undefined {
    const text = line.trim();
    if (text === '') return undefined;
    try {
      return { ...unitOf(parseJson(text, this.withSources)), text };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { kind: 'refused', refusal: refuse('undecodable', 'the line is not JSON'), text };
    }
  }

  #lineProtocol(text: string): Decoded | Refusal {
    const units: Unit[] = [];
    for (const line of splitLines(text))
      if (units.push({ kind: 'line', text: line }) > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    return this.#found(units, 'lines', text);
  }

  /**
   * Reads a text that is not JSON. It is line protocol if at least one of its lines looks like it; otherwise it is
   * refused.
   */
  #lineProtocolOrNothing(text: string): Decoded | Refusal {
    const content = this.canonical ? undefined : this.#lineProtocol(text);
    if (content !== undefined && isRefusal(content)) return content;
    const likely = content?.units.some((unit) => unit.kind === 'line' && LIKE_LINE_PROTOCOL.test(unit.text));
    if (content !== undefined && (content.units.length === 0 || likely)) return content;
    return refuse('undecodable', 'the body is neither a JSON object or array, nor line protocol, nor gzip in base64');
  }
}

/**
 * Yields the lines of a text one by one, because a list of all lines of a body of line breaks could exhaust the memory.
 */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length + 1 : end + 1;
  }
}

const OPENING_BRACE = 123;
const OPENING_BRACKET = 91;

/** Returns the code of the first character that is not space; `undefined` if there is none. */
const firstVisible = (text: string): number | undefined => {
  const code = text.charCodeAt(0);
  if (code > 32 && code < 127) return code;
  const at = text.search(/\S/);
  return at < 0 ? undefined : text.charCodeAt(at);
};

const LIKE_LINE_PROTOCOL = /^[^\s].*=/;

const unitWithBigints = (unit: Unit): Unit =>
  unit.kind === 'object' ? { ...unit, root: withBigints(unit.root) as JsonObject } : unit;

const unitOf = (value: Json): Unit =>
  isObject(value)
    ? { kind: 'object', root: value, text: undefined }
    : {
        kind: 'refused',
        refusal: refuse('undecodable', `expected an object, found ${kindOf(value)}`),
        text: undefined,
      };
