/** Reads the text of a body: removes envelopes and finds the units, the JSON values or lines that it contains. */

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
import { mayHaveNonFinite, parseNonFinite } from '../json/non-finite.ts';
import { elementSpans, spanText, wholeSpan } from '../json/source-spans.ts';
import { beginsContainer, firstVisible } from '../json/tokens.ts';
import type { Message, MessageAttribute } from '../message.ts';
import { isRefusal, type Refusal, refuse } from '../refusal.ts';
import { contentHint, notJsonDetail } from './content-hint.ts';
import { eventsByCode, withBigints } from './decode-by-code.ts';
import { type DecodeOptions, EVENTS_PER_MESSAGE_MAX, type Input, tooManyEvents } from './decode-options.ts';
import { Decoded, type DecodedParts, type Layout, type Unit } from './decoded.ts';
import { documentsIn, isTelemetry, LIKE_LINE_PROTOCOL, linesOf, textInJson } from './documents.ts';
import { type Envelope, isEventBridge, isSentBySns, isSns, messageInfo, snsAttributes } from './envelopes.ts';
import { splitLines } from './influx-lines.ts';
import { isGzipBase64, textInBase64, type Unpacked, unpackGzip, unpackZlib, withoutByteOrderMark } from './unpack.ts';

/**
 * Thrown when a body can only be read with source texts, because it contains NaN or an infinity. It is not an `Error`,
 * so that throwing it creates no stack trace.
 */
export class SourcesNeeded {}

const NO_ENVELOPES: readonly Envelope[] = [];
const EMPTY_LETTER: Unit = {
  kind: 'refused',
  refusal: refuse('undecodable', 'the dead letter is empty'),
  text: undefined,
};

const QUOTE = 34;

/** Removes envelopes until it finds the units. */
export class BodyReader implements DecodedParts {
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
  /** Whether a text inside JSON text, base64 or zlib has been opened. It is opened once. */
  #isOpened = false;

  /**
   * The single unit that an extracted dead letter contains, the number of envelopes around it, and whether it was an
   * element of an array, where any value may be an event. A line must be an object.
   */
  readonly #unit: { readonly unit: 'json' | 'line'; readonly wraps: number; readonly isElement: boolean } | undefined;

  constructor(message: Message, withSources: boolean, canonical: boolean, options: DecodeOptions, bytes: number) {
    const cut = message.origin?.cut;
    this.#unit =
      cut?.unit === undefined ? undefined : { unit: cut.unit, wraps: cut.wraps, isElement: cut.index !== undefined };
    this.message = message;
    this.withSources = withSources;
    this.canonical = canonical;
    this.isForCode = options.forCode === true && !canonical;
    this.#options = options;
    this.#decoder = canonical ? undefined : options.decoder;
    this.bytes = bytes;
  }

  /** Reads the text inside the envelopes that have been removed so far. */
  read(given: string, input: Input): Decoded | Refusal {
    // The mark belongs to the body, and a line of it may begin with another one.
    const unit = this.#unitHere();
    if (unit !== undefined) return this.#singleUnit(given, unit);
    const text = withoutByteOrderMark(given);
    if (this.#decoder !== undefined && input !== 'sns') return this.#byCode(text, this.#decoder);
    if (hasTooManyValues(text))
      return refuse('too-large', `the body contains more than ${JSON_VALUES_MAX} JSON values`);
    if (input === 'ndjson') return this.#jsonLines(text);
    if (input === 'line-protocol') return this.#lineProtocol(text);
    const first = firstVisible(text);
    if (first === undefined) return this.#found([], 'lines', text);
    const isJson = beginsContainer(first);
    if (!isJson && (input === 'auto' || input === 'canonical')) {
      const inner = this.#innerText(text, first);
      if (inner !== undefined) return isRefusal(inner) ? inner : this.#readInner(inner, input);
    }
    return isJson || input !== 'auto' ? this.#json(text, input) : this.#lineProtocolOrNothing(text);
  }

  /** Returns the kind of the single unit of a dead letter if all envelopes around it have been removed. */
  #unitHere(): 'json' | 'line' | undefined {
    return this.#unit?.wraps === this.envelopes.length ? this.#unit.unit : undefined;
  }

  /** Returns the text that a JSON text, zlib or base64 contains; `undefined` if the text is none of them. */
  #innerText(text: string, first: number): Unpacked | Refusal | undefined {
    if (this.#isOpened) return undefined;
    if (first === QUOTE) return textInJson(text);
    const zlib = unpackZlib(text, this.#options.messageBytesMax);
    if (zlib !== undefined) return zlib;
    const decoded = textInBase64(text);
    return decoded !== undefined && isTelemetry(decoded) ? { text: decoded, bytes: decoded.length } : undefined;
  }

  #readInner({ text, bytes }: Unpacked, input: Input): Decoded | Refusal {
    this.#isOpened = true;
    this.bytes = Math.max(this.bytes, bytes);
    return this.read(text, input);
  }

  /**
   * Reads a text as a single unit, even if it looks like an envelope or an array, because it was one of several units.
   */
  #singleUnit(text: string, kind: 'json' | 'line'): Decoded {
    const unit: Unit = kind === 'line' ? { kind, text } : this.#singleJson(text.trim());
    return this.#found([unit], 'single', text);
  }

  #singleJson(text: string): Unit {
    if (text === '') return EMPTY_LETTER;
    if (this.#unit?.isElement !== true) return this.#jsonUnit(text);
    const root = this.#parsed(text);
    return root === undefined ? notJson(text) : { kind: 'json', root, text };
  }

  #byCode(text: string, decoder: BodyDecoder): Decoded | Refusal {
    const events = eventsByCode(decoder, text, messageInfo(this.message, this.attributes));
    if (isRefusal(events)) return events;
    if (events.length > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    // An event of a decoder need not be a JSON value. Only the functions of the same user read it.
    const units = events.map((root): Unit => ({ kind: 'json', root: root as Json, text: undefined }));
    return this.#found(units, 'code', '');
  }

  #found(units: readonly Unit[], layout: Layout, text: string): Decoded {
    const shown = this.isForCode && this.withSources ? units.map(unitWithBigints) : units;
    return new Decoded(shown, layout, text, this);
  }

  /**
   * Parses a JSON text, also with bare NaN and infinities.
   *
   * @throws SyntaxError if it is not JSON.
   * @throws SourcesNeeded
   */
  #parse(text: string): Json {
    try {
      return parseJson(text, this.withSources);
    } catch (error) {
      if (!(error instanceof SyntaxError) || !mayHaveNonFinite(text)) throw error;
      const value = parseNonFinite(text);
      // The numbers of other units must keep their source texts, too.
      if (!this.withSources) throw new SourcesNeeded();
      return value;
    }
  }

  #json(text: string, input: Input): Decoded | Refusal {
    let value: Json;
    try {
      value = this.#parse(text);
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
    if (array.length > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    if (this.#takesWhole(array)) return this.#found([{ kind: 'json', root: array, text: undefined }], 'single', text);
    return this.#found(
      array.map((root) => ({ kind: 'json', root, text: undefined })),
      'array',
      text,
    );
  }

  #object(object: JsonObject, text: string, input: Input): Decoded | Refusal {
    const detects = input === 'auto' || (input === 'canonical' && object.measurement === undefined);
    if ((detects || input === 'sns') && isSns(object) && this.envelopes.length === 0)
      return this.#sns(object, text, input);
    if ((detects || input === 'eventbridge') && isEventBridge(object)) return this.#eventBridge(object, text);
    if (input === 'eventbridge' || (input === 'sns' && !isSentBySns(object)))
      return refuse('undecodable', `expected an ${input} envelope, found another object`);
    return this.#found([{ kind: 'json', root: object, text: undefined }], 'single', text);
  }

  #sns(object: JsonObject & { readonly Message: string }, text: string, input: Input): Decoded | Refusal {
    this.envelopes = [...this.envelopes, { kind: 'sns', text }];
    this.envelope = object;
    this.attributes = snsAttributes(object.MessageAttributes);
    const inner = input === 'sns' ? 'auto' : input;
    const packed = withoutByteOrderMark(object.Message);
    // A decoder gets the text as it is, and one of several units is never packed.
    const isPlain = this.#options.decoder !== undefined || this.#unitHere() !== undefined;
    if (isPlain || !isGzipBase64(packed)) return this.read(object.Message, inner);
    const unzipped = unpackGzip(packed, this.#options.messageBytesMax);
    if (isRefusal(unzipped)) return unzipped;
    this.bytes = Math.max(this.bytes, unzipped.bytes);
    return this.read(unzipped.text, inner);
  }

  #eventBridge(object: JsonObject & { readonly detail: JsonObject }, text: string): Decoded {
    this.envelopes = [...this.envelopes, { kind: 'eventbridge', text }];
    this.envelope = object;
    return this.#found([{ kind: 'json', root: object.detail, text: undefined }], 'single', text);
  }

  /** Whether a value is an array that is one unit, because the mapping reads arrays as a whole. */
  #takesWhole(value: Json): boolean {
    return this.#options.wholeArrays === true && !this.canonical && Array.isArray(value);
  }

  /**
   * Reads a text that begins like JSON but is not one JSON document. It is NDJSON if at least half of its units are
   * objects, or a sequence of documents without line breaks between them; otherwise it is refused.
   */
  #brokenJson(text: string, input: Input): Decoded | Refusal {
    if (input === 'json' || input === 'sns' || input === 'eventbridge')
      return refuse(
        'undecodable',
        `the body is not one JSON document, which SINK_INPUT=${input} expects; the body ${contentHint(text)}`,
      );
    const found = this.#jsonLines(text);
    if (isRefusal(found)) return found;
    const objects = found.units.filter((unit) => unit.kind === 'json').length;
    if (found.units.length > 1 && 2 * objects >= found.units.length) return found;
    const documents = this.#documents(text);
    if (documents !== undefined)
      return documents.length > EVENTS_PER_MESSAGE_MAX ? tooManyEvents() : this.#found(documents, 'lines', text);
    return refuse('undecodable', notJsonDetail('body', text, 'a JSON object or array, or one object per line'));
  }

  /** Returns the units of documents that follow each other; `undefined` if a part of the text is no document. */
  #documents(text: string): Unit[] | undefined {
    const documents = documentsIn(text, EVENTS_PER_MESSAGE_MAX);
    if (documents === undefined || documents.length < 2) return undefined;
    const units: Unit[] = [];
    for (const document of documents) {
      const found = this.#unitsOfDocument(document);
      // Parsing stops here, because each error costs more than a document of its size.
      if (found === undefined) return undefined;
      for (const unit of found) if (units.push(unit) > EVENTS_PER_MESSAGE_MAX) return units;
    }
    return units;
  }

  #jsonLines(text: string): Decoded | Refusal {
    const units: Unit[] = [];
    for (const line of linesOf(text)) {
      for (const unit of this.#unitsOfLine(line.trim()))
        if (units.push(unit) > EVENTS_PER_MESSAGE_MAX) return tooManyEvents();
    }
    return this.#found(units, 'lines', text);
  }

  /** Returns the units of one line: usually one, none if it is blank, several if it has documents or an array. */
  #unitsOfLine(line: string): readonly Unit[] {
    if (line === '') return [];
    return this.#unitsOfDocument(line) ?? this.#documents(line) ?? [notJson(line)];
  }

  /** Returns the units of one of several documents: the document, or the elements of an array; `undefined` if it is no JSON. */
  #unitsOfDocument(text: string): readonly Unit[] | undefined {
    const root = this.#parsed(text);
    if (root === undefined) return undefined;
    if (!Array.isArray(root) || this.#takesWhole(root)) return [this.#unitOf(root, text)];
    const spans = elementSpans(text, wholeSpan(text)).slice(0, EVENTS_PER_MESSAGE_MAX + 1);
    return spans.map((span, index) => this.#unitOf((root as readonly Json[])[index] as Json, spanText(text, span)));
  }

  /** Returns the unit of a text that must be a JSON object. */
  #jsonUnit(text: string): Unit {
    const root = this.#parsed(text);
    return root === undefined ? notJson(text) : this.#unitOf(root, text);
  }

  /** Returns a value that must be an object as a unit. */
  #unitOf(root: Json, text: string): Unit {
    if (isObject(root) || this.#takesWhole(root)) return { kind: 'json', root, text };
    return { kind: 'refused', refusal: refuse('undecodable', `expected an object, found ${kindOf(root)}`), text };
  }

  /** Parses a JSON text. Returns `undefined` if it is not JSON. */
  #parsed(text: string): Json | undefined {
    try {
      return this.#parse(text);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return undefined;
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
    return refuse(
      'undecodable',
      `the body is neither a JSON object or array, nor line protocol, nor gzip in base64; the body ${contentHint(text)}`,
    );
  }
}

const notJson = (text: string): Unit => ({
  kind: 'refused',
  refusal: refuse('undecodable', notJsonDetail('line', text, 'a JSON object')),
  text,
});

const unitWithBigints = (unit: Unit): Unit =>
  unit.kind === 'json' ? { ...unit, root: withBigints(unit.root) as Json } : unit;
