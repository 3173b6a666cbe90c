/**
 * Message -> units: the JSON objects, or lines, that a body holds, with its wrappings (gzip, SNS, EventBridge) taken
 * off. What cannot be read is refused as a whole, or line by line for NDJSON and line protocol.
 */

import { isObject, type Json, type JsonObject, kindOf, parseJson, SourceNumber, SourceText } from './json.ts';
import { splitLines } from './line-protocol.ts';
import type { Message, MessageAttribute } from './message.ts';
import { isRefusal, type Refusal, refuse } from './refusal.ts';
import { gunzipText, isGzipBase64, type Unzipped } from './unzip.ts';

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
export interface Wrapping {
  readonly kind: 'sns' | 'eventbridge';
  readonly text: string;
}

export interface Decoded {
  readonly units: readonly Unit[];
  readonly layout: Layout;
  /** Outermost first. */
  readonly wrappings: readonly Wrapping[];
  /** The text that holds the units; for EventBridge that of the whole envelope, in which they are `detail`. */
  readonly source: SourceText;
  readonly envelope: JsonObject | undefined;
  /** What `$message.` leads to: of the first message, for a dead letter that came back. */
  readonly message: JsonObject;
  /** Units are points spelled in JSON, whatever the mapping says. */
  readonly canonical: boolean;
  /** Bytes after decompression, for the bound of an invocation. */
  readonly bytes: number;
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
  const reader = new BodyReader(withSources, canonical, options.messageBytesMax);
  const content = reader.read(unzipped.text, form === 'canonical' || options.input === 'gzip' ? 'auto' : options.input);
  if (isRefusal(content)) return content;
  return {
    ...content,
    message: messageView(message, reader.attributes),
    canonical,
    bytes: Math.max(unzipped.bytes, reader.bytes),
  };
};

const plainText = (body: string, { messageBytesMax }: DecodeOptions): Unzipped | Refusal => {
  const bytes = body.length * 3 <= messageBytesMax ? body.length : Buffer.byteLength(body);
  if (bytes <= messageBytesMax) return { text: body, bytes };
  return refuse('too-large', `the body has ${bytes} bytes, SINK_MESSAGE_BYTES_MAX allows ${messageBytesMax}`);
};

type Content = Pick<Decoded, 'units' | 'layout' | 'wrappings' | 'source' | 'envelope'>;

/** Takes wrappings off until the units are found. */
class BodyReader {
  readonly #withSources: boolean;
  readonly #canonical: boolean;
  readonly #wrappings: Wrapping[] = [];
  readonly #bytesMax: number;
  #envelope: JsonObject | undefined;
  /** Of what was unpacked inside an envelope. */
  bytes = 0;
  /** Attributes of an SNS message, which stand for those of the SQS message that carries it. */
  attributes: Record<string, MessageAttribute> | undefined;

  constructor(withSources: boolean, canonical: boolean, bytesMax: number) {
    this.#withSources = withSources;
    this.#canonical = canonical;
    this.#bytesMax = bytesMax;
  }

  read(text: string, input: Input): Content | Refusal {
    if (input === 'ndjson')
      return this.#lines(
        text,
        text.split('\n').map((line) => this.#jsonLine(line)),
      );
    if (input === 'line-protocol') return this.#lineProtocol(text);
    const first = /\S/.exec(text)?.[0];
    if (first === undefined) return this.#content([], 'lines', text);
    if (first === '{' || first === '[' || input !== 'auto') return this.#json(text, input);
    return this.#lineProtocolOrNothing(text);
  }

  #content(units: readonly Unit[], layout: Layout, text: string): Content {
    const source = new SourceText(text, this.#withSources);
    return { units, layout, wrappings: this.#wrappings, source, envelope: this.#envelope };
  }

  #json(text: string, input: Input): Content | Refusal {
    let value: Json;
    try {
      value = parseJson(text, this.#withSources);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return this.#brokenJson(text, input);
    }
    if (Array.isArray(value)) {
      return input === 'sns' || input === 'eventbridge'
        ? refuse('undecodable', `expected an ${input} envelope, found an array`)
        : this.#content((value as readonly Json[]).map(unitOf), 'array', text);
    }
    if (!isObject(value)) return refuse('undecodable', `expected a JSON object or array, found ${kindOf(value)}`);
    return this.#object(value, text, input);
  }

  #object(object: JsonObject, text: string, input: Input): Content | Refusal {
    const open = input === 'auto' || (input === 'canonical' && object.measurement === undefined);
    if ((open || input === 'sns') && isSns(object) && this.#wrappings.length === 0)
      return this.#sns(object, text, input);
    if ((open || input === 'eventbridge') && isEventBridge(object)) return this.#eventBridge(object, text);
    if (input === 'sns' || input === 'eventbridge')
      return refuse('undecodable', `expected an ${input} envelope, found another object`);
    return this.#content([{ kind: 'object', root: object, text: undefined }], 'single', text);
  }

  #sns(object: JsonObject & { readonly Message: string }, text: string, input: Input): Content | Refusal {
    this.#wrappings.push({ kind: 'sns', text });
    this.#envelope = object;
    this.attributes = snsAttributes(object.MessageAttributes);
    const inner = input === 'sns' ? 'auto' : input;
    if (!isGzipBase64(object.Message)) return this.read(object.Message, inner);
    const unzipped = gunzipText(object.Message, this.#bytesMax);
    if (isRefusal(unzipped)) return unzipped;
    this.bytes = unzipped.bytes;
    return this.read(unzipped.text, inner);
  }

  #eventBridge(object: JsonObject & { readonly detail: JsonObject }, text: string): Content {
    this.#wrappings.push({ kind: 'eventbridge', text });
    this.#envelope = object;
    return this.#content([{ kind: 'object', root: object.detail, text: undefined }], 'single', text);
  }

  /** Text that begins like JSON but is not: NDJSON if at least half of its lines are objects, else unreadable. */
  #brokenJson(text: string, input: Input): Content | Refusal {
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    if (lines.length > 1 && input !== 'json' && input !== 'sns' && input !== 'eventbridge') {
      const units = lines.map((line) => this.#jsonLine(line)).filter((unit) => unit !== undefined);
      if (2 * units.filter((unit) => unit.kind === 'object').length >= lines.length) return this.#lines(text, units);
    }
    return refuse(
      'undecodable',
      'the body begins like JSON but is none; expected an object, an array or one object a line',
    );
  }

  #lines(text: string, units: readonly (Unit | undefined)[]): Content {
    return this.#content(
      units.filter((unit) => unit !== undefined),
      'lines',
      text,
    );
  }

  #jsonLine(line: string): Unit | undefined {
    const text = line.trim();
    if (text === '') return undefined;
    try {
      return { ...unitOf(parseJson(text, this.#withSources)), text };
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return { kind: 'refused', refusal: refuse('undecodable', 'the line is not JSON'), text };
    }
  }

  #lineProtocol(text: string): Content {
    return this.#content(
      splitLines(text).map((line) => ({ kind: 'line', text: line })),
      'lines',
      text,
    );
  }

  /** Anything that is not JSON is line protocol, if at least one of its lines looks like it. */
  #lineProtocolOrNothing(text: string): Content | Refusal {
    const content = this.#canonical ? undefined : this.#lineProtocol(text);
    const likely = content?.units.some((unit) => unit.kind === 'line' && LIKE_LINE_PROTOCOL.test(unit.text));
    if (content !== undefined && (content.units.length === 0 || likely)) return content;
    return refuse('undecodable', 'the body is neither JSON nor line protocol nor gzip in base64');
  }
}

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

const messageView = (message: Message, wrapped: Record<string, MessageAttribute> | undefined): JsonObject => {
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
