/**
 * Message -> units: the JSON objects, or lines, that a body holds, with its wrappings (gzip, SNS, EventBridge) taken
 * off. What cannot be read is refused as a whole, or line by line for NDJSON and line protocol.
 */

import {
  hasTooManyValues,
  isObject,
  JSON_VALUES_MAX,
  type Json,
  type JsonObject,
  kindOf,
  parseJson,
  SourceNumber,
  SourceText,
} from '../json/json.ts';
import type { Message, MessageAttribute } from '../message.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { gunzipText, isGzipBase64, type Unzipped } from './gunzip.ts';
import { splitLines } from './influx-lines.ts';

/** More events than this in one message, and the message is quarantined: nothing real sends them. */
export const EVENTS_PER_MESSAGE_MAX = 100_000;

export const tooManyEvents = (): Refusal =>
  refuse('too-large', `the message holds more than ${EVENTS_PER_MESSAGE_MAX} events`);

export const INPUTS = ['auto', 'json', 'ndjson', 'line-protocol', 'sns', 'eventbridge', 'gzip', 'canonical'] as const;
export type Input = (typeof INPUTS)[number];

export interface DecodeOptions {
  readonly input: Input;
  /** Bound of one message's body after decompression. */
  readonly messageBytesMax: number;
}

/** One thing in a body that may become events: `text` is its own source where a body holds several by lines. */
export type Unit =
  | { readonly kind: 'object'; readonly root: JsonObject; readonly text: string | undefined }
  | { readonly kind: 'line'; readonly text: string }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly text: string | undefined };

/** How units lie in the text that holds them. */
export type Layout = 'single' | 'array' | 'lines';

/** An envelope around the text that holds the units, with its own text. */
export interface Envelope {
  readonly kind: 'sns' | 'eventbridge';
  readonly text: string;
}

export class Decoded {
  readonly units: readonly Unit[];
  readonly layout: Layout;
  /** Outermost first. */
  readonly envelopes: readonly Envelope[];
  /** The text that holds the units; for EventBridge that of the whole envelope, in which they are `detail`. */
  readonly source: SourceText;
  readonly envelope: JsonObject | undefined;
  /** Units are points spelled in JSON, whatever the mapping says. */
  readonly canonical: boolean;
  /** Bytes after decompression, for the bound of an invocation. */
  readonly bytes: number;
  readonly #message: Message;
  /** Attributes of an SNS message, which stand for those of the SQS message that carries it. */
  readonly #attributes: Record<string, MessageAttribute> | undefined;
  #view: JsonObject | undefined;

  constructor(units: readonly Unit[], layout: Layout, text: string, reader: BodyReader) {
    this.units = units;
    this.layout = layout;
    this.envelopes = reader.envelopes;
    this.source = new SourceText(text, reader.withSources);
    this.envelope = reader.envelope;
    this.canonical = reader.canonical;
    this.bytes = reader.bytes;
    this.#message = reader.message;
    this.#attributes = reader.attributes;
  }

  /** What `$message.` leads to: the first message, for a dead letter that came back. Made when first asked for. */
  messageView(): JsonObject {
    this.#view ??= viewOf(this.#message, this.#attributes);
    return this.#view;
  }
}

/** Throws nothing: a body that cannot be read is a refusal. */
export const decode = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  try {
    return decodeBody(message, options, withSources);
  } catch (error) {
    // A reviver calls itself for every level of nesting; JSON.parse without one does not.
    if (error instanceof RangeError) return refuse('undecodable', 'the JSON is nested too deeply to be read');
    throw error;
  }
};

const decodeBody = (message: Message, options: DecodeOptions, withSources: boolean): Decoded | Refusal => {
  const form = message.origin?.form ?? 'text';
  const zipped = form === 'gzip' || options.input === 'gzip' || isGzipBase64(message.body);
  const plain: Unzipped | Refusal = zipped
    ? gunzipText(message.body, options.messageBytesMax)
    : plainText(message.body, options);
  // The letter of one event out of a gzipped body is plain, even where all bodies are said to be gzipped.
  const unzipped =
    isRefusal(plain) && message.origin !== undefined && form !== 'gzip' ? plainText(message.body, options) : plain;
  if (isRefusal(unzipped)) return unzipped;
  const canonical = form === 'canonical' || options.input === 'canonical';
  const reader = new BodyReader(message, withSources, canonical, options.messageBytesMax, unzipped.bytes);
  return reader.read(unzipped.text, form === 'canonical' || options.input === 'gzip' ? 'auto' : options.input);
};

const BYTE_ORDER_MARK = 0xfeff;

const plainText = (given: string, { messageBytesMax }: DecodeOptions): Unzipped | Refusal => {
  const body = given.charCodeAt(0) === BYTE_ORDER_MARK ? given.slice(1) : given;
  const bytes = body.length * 3 <= messageBytesMax ? body.length : Buffer.byteLength(body);
  if (bytes <= messageBytesMax) return { text: body, bytes };
  return refuse('too-large', `the body has ${bytes} bytes, SINK_MESSAGE_BYTES_MAX allows ${messageBytesMax}`);
};

const NOT_WRAPPED: readonly Envelope[] = [];
const NOTHING_THERE: Unit = {
  kind: 'refused',
  refusal: refuse('undecodable', 'the letter is empty'),
  text: undefined,
};

/** Takes wrappings off until the units are found. */
class BodyReader {
  readonly message: Message;
  readonly withSources: boolean;
  readonly canonical: boolean;
  readonly #bytesMax: number;
  envelopes = NOT_WRAPPED;
  envelope: JsonObject | undefined = undefined;
  attributes: Record<string, MessageAttribute> | undefined = undefined;
  bytes: number;

  /** Of a letter that was cut out of several units: what is to be read as one. */
  readonly #unit: { readonly unit: 'json' | 'line'; readonly wraps: number } | undefined;

  constructor(message: Message, withSources: boolean, canonical: boolean, bytesMax: number, bytes: number) {
    const cut = message.origin?.cut;
    this.#unit = cut?.unit === undefined ? undefined : { unit: cut.unit, wraps: cut.wraps };
    this.message = message;
    this.withSources = withSources;
    this.canonical = canonical;
    this.#bytesMax = bytesMax;
    this.bytes = bytes;
  }

  read(text: string, input: Input): Decoded | Refusal {
    if (this.#unit?.wraps === this.envelopes.length) return this.#singleUnit(text, this.#unit.unit);
    if (hasTooManyValues(text))
      return refuse('too-large', `the body contains more than ${JSON_VALUES_MAX} JSON values`);
    if (input === 'ndjson') return this.#jsonLines(text);
    if (input === 'line-protocol') return this.#lineProtocol(text);
    const first = firstVisible(text);
    if (first === undefined) return this.#found([], 'lines', text);
    if (first === OPENING_BRACE || first === OPENING_BRACKET || input !== 'auto') return this.#json(text, input);
    return this.#lineProtocolOrNothing(text);
  }

  /** However much it looks like an envelope or a list: among others it was none. */
  #singleUnit(text: string, kind: 'json' | 'line'): Decoded {
    const unit: Unit = kind === 'line' ? { kind, text } : (this.#jsonLine(text) ?? NOTHING_THERE);
    return this.#found([unit], 'single', text);
  }

  #found(units: readonly Unit[], layout: Layout, text: string): Decoded {
    return new Decoded(units, layout, text, this);
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
    const open = input === 'auto' || (input === 'canonical' && object.measurement === undefined);
    if ((open || input === 'sns') && isSns(object) && this.envelopes.length === 0)
      return this.#sns(object, text, input);
    if ((open || input === 'eventbridge') && isEventBridge(object)) return this.#eventBridge(object, text);
    if (input === 'sns' || input === 'eventbridge')
      return refuse('undecodable', `expected an ${input} envelope, found another object`);
    return this.#found([{ kind: 'object', root: object, text: undefined }], 'single', text);
  }

  #sns(object: JsonObject & { readonly Message: string }, text: string, input: Input): Decoded | Refusal {
    this.envelopes = [...this.envelopes, { kind: 'sns', text }];
    this.envelope = object;
    this.attributes = snsAttributes(object.MessageAttributes);
    const inner = input === 'sns' ? 'auto' : input;
    if (!isGzipBase64(object.Message)) return this.read(object.Message, inner);
    const unzipped = gunzipText(object.Message, this.#bytesMax);
    if (isRefusal(unzipped)) return unzipped;
    this.bytes = Math.max(this.bytes, unzipped.bytes);
    return this.read(unzipped.text, inner);
  }

  #eventBridge(object: JsonObject & { readonly detail: JsonObject }, text: string): Decoded {
    this.envelopes = [...this.envelopes, { kind: 'eventbridge', text }];
    this.envelope = object;
    return this.#found([{ kind: 'object', root: object.detail, text: undefined }], 'single', text);
  }

  /** Text that begins like JSON but is not: NDJSON if at least half of its lines are objects, else unreadable. */
  #brokenJson(text: string, input: Input): Decoded | Refusal {
    if (input !== 'json' && input !== 'sns' && input !== 'eventbridge') {
      const found = this.#jsonLines(text);
      if (isRefusal(found)) return found;
      const objects = found.units.filter((unit) => unit.kind === 'object').length;
      if (found.units.length > 1 && 2 * objects >= found.units.length) return found;
    }
    return refuse('undecodable', 'the body is not whole JSON; expected an object, an array, or one object a line');
  }

  #jsonLines(text: string): Decoded | Refusal {
    const units: Unit[] = [];
    for (const line of linesOf(text)) {
      const unit = this.#jsonLine(line);
      if (unit !== undefined && units.push(unit) > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    }
    return this.#found(units, 'lines', text);
  }

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

  /** Anything that is not JSON is line protocol, if at least one of its lines looks like it. */
  #lineProtocolOrNothing(text: string): Decoded | Refusal {
    const content = this.canonical ? undefined : this.#lineProtocol(text);
    if (content !== undefined && isRefusal(content)) return content;
    const likely = content?.units.some((unit) => unit.kind === 'line' && LIKE_LINE_PROTOCOL.test(unit.text));
    if (content !== undefined && (content.units.length === 0 || likely)) return content;
    return refuse('undecodable', 'the body is neither a JSON object or array, nor line protocol, nor gzip in base64');
  }
}

/** Without a list of all: a body may be nothing but line breaks. */
function* linesOf(text: string): Generator<string> {
  for (let at = 0; at <= text.length; ) {
    const end = text.indexOf('\n', at);
    yield text.slice(at, end < 0 ? text.length : end);
    at = end < 0 ? text.length + 1 : end + 1;
  }
}

const OPENING_BRACE = 123;
const OPENING_BRACKET = 91;

/** Code of the first character that is not space; undefined when there is none. */
const firstVisible = (text: string): number | undefined => {
  const code = text.charCodeAt(0);
  if (code > 32 && code < 127) return code;
  const at = text.search(/\S/);
  return at < 0 ? undefined : text.charCodeAt(at);
};

const LIKE_LINE_PROTOCOL = /^[^\s].*=/;

const unitOf = (value: Json): Unit =>
  isObject(value)
    ? { kind: 'object', root: value, text: undefined }
    : {
        kind: 'refused',
        refusal: refuse('undecodable', `expected an object, found ${kindOf(value)}`),
        text: undefined,
      };

const isSns = (object: JsonObject): object is JsonObject & { readonly Message: string } =>
  object.Type === 'Notification' && typeof object.Message === 'string' && typeof object.TopicArn === 'string';

const isEventBridge = (object: JsonObject): object is JsonObject & { readonly detail: JsonObject } =>
  typeof object['detail-type'] === 'string' && typeof object.source === 'string' && isObject(object.detail);

const snsAttributes = (declared: Json | undefined): Record<string, MessageAttribute> => {
  const attributes: Record<string, MessageAttribute> = {};
  if (!isObject(declared)) return attributes;
  for (const [name, attribute] of Object.entries(declared)) {
    if (!isObject(attribute) || typeof attribute.Value !== 'string') continue;
    Object.defineProperty(attributes, name, {
      value: { type: String(attribute.Type), value: attribute.Value },
      enumerable: true,
    });
  }
  return attributes;
};

const viewOf = (message: Message, wrapped: Record<string, MessageAttribute> | undefined): JsonObject => {
  const first = message.origin ?? { ...message, messageId: message.id };
  const attributes = Object.entries(wrapped ?? first.attributes).map(([name, attribute]) => [
    name,
    attributeValue(attribute),
  ]);
  return {
    id: first.messageId,
    sentAt: first.sentAtMs,
    ...(first.groupId === undefined ? {} : { groupId: first.groupId }),
    attributes: Object.fromEntries(attributes) as JsonObject,
  };
};

/** Attributes of type Number are numbers with their digits; all others are text (binary ones in base64). */
const attributeValue = ({ type, value }: MessageAttribute): Json =>
  /^Number(?:\.|$)/.test(type) && /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(value)
    ? new SourceNumber(Number(value), value)
    : value;
