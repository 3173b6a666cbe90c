/**
 * Builds dead letters. A dead letter contains one refused event as source text, the reason, and all data that a redrive
 * needs. docs/refusals.md describes the format.
 */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { canonicalText } from '../convert/canonical-point.ts';
import { type DecodeOptions, decode } from '../decode/decode.ts';
import type { Decoded } from '../decode/decoded.ts';
import { type EventRules, findEvents } from '../decode/find-events.ts';
import type { EventPlace } from '../decode/found-event.ts';
import { elementSpans, replaceSpan, type Span, spanAt, spanText, wholeSpan } from '../json/source-spans.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Path } from '../mapping/path.ts';
import type { Cut, DeadLetterForm, LetterOrigin, Message } from '../message.ts';
import type { DeadLetter } from '../ports.ts';
import { isRefusal, type Refusal, type RefusedEvent } from '../refusal.ts';
import {
  ATTRIBUTE_BYTES_MAX,
  enclose,
  type LetterNotes,
  ORIGIN_ATTRIBUTE,
  originJson,
  originOf,
  printable,
} from './letter-origin.ts';

/** Bytes of a message in SQS, at most, including names, types and values of its attributes. */
export const DEAD_LETTER_BYTES_MAX = 1_048_576;

/** Settings that determine the events of a message, in addition to its body. */
export interface DeadLetterContext extends EventRules {
  readonly decode: DecodeOptions;
  readonly sinkVersion: string;
}

/**
 * Returns a function that builds the dead letters of one message. Decodes the body again, once for all its dead
 * letters, because the converter keeps no positions for the many events that are never refused.
 */
export const deadLetterFactory = (
  message: Message,
  context: DeadLetterContext,
): ((refused: RefusedEvent) => DeadLetter) => {
  const decoded = decode(message, context.decode, false);
  const events = isRefusal(decoded) ? decoded : findEvents(decoded, context);
  const form = message.origin?.form ?? 'text';
  const whole: Extract = { body: message.body, form, cut: undefined };
  if (isRefusal(decoded) || isRefusal(events) || events.length <= 1)
    return (refused) => deadLetterOf(message, refused, whole, context.sinkVersion);
  const extractor = new EventExtractor(decoded, message.body);
  return (refused) => {
    const place = events[refused.eventIndex]?.place;
    const extract = place === undefined ? whole : extractor.extract(place, refused.eventIndex, form);
    return deadLetterOf(message, refused, extract, context.sinkVersion);
  };
};

/** Returns a dead letter with the whole body of a message, which is not decoded. */
export const wholeMessageLetter = (message: Message, refusal: Refusal, sinkVersion: string): DeadLetter => {
  const refused: RefusedEvent = {
    messageIndex: 0,
    eventIndex: 0,
    refusal,
    measurement: undefined,
    partlyStored: false,
  };
  const extract: Extract = { body: message.body, form: message.origin?.form ?? 'text', cut: undefined };
  return deadLetterOf(message, refused, extract, sinkVersion);
};

/** An event extracted from its message. */
interface Extract {
  /** Source text of the event, in the envelopes of the message. */
  readonly body: string;
  readonly form: DeadLetterForm;
  readonly cut: Cut | undefined;
}

const deadLetterOf = (message: Message, refused: RefusedEvent, extract: Extract, sinkVersion: string): DeadLetter => {
  const { measurement, partlyStored } = refused;
  return addressed(message, refused, packed(message, refused, extract, { measurement, sinkVersion, partlyStored }));
};

/** A body and an origin that SQS accepts, if they are small enough. */
interface Packed {
  readonly body: string;
  /** The attribute `origin`, as JSON. */
  readonly origin: string;
}

/**
 * Returns body and origin in the first form that SQS accepts. If none is small enough, the caller stores the dead
 * letter in the state table (docs/decisions/0008).
 */
const packed = (message: Message, refused: RefusedEvent, { body, form, cut }: Extract, notes: LetterNotes): Packed => {
  const origin = originJson(originOf(message, refused.eventIndex, form, cut), notes);
  if (origin.length > ATTRIBUTE_BYTES_MAX) return enclosed(message, refused, body, origin, notes);
  if (isSendable(body) && Buffer.byteLength(body) + ATTRIBUTES_BYTES_MAX <= DEAD_LETTER_BYTES_MAX)
    return { body, origin };
  if (form !== 'text') return enclosed(message, refused, body, origin, notes);
  return {
    body: gzipSync(body).toString('base64'),
    origin: originJson(originOf(message, refused.eventIndex, 'gzip', cut), notes),
  };
};

/** Moves the origin into the body and leaves a short origin in the attribute (docs/decisions/0004). */
const enclosed = (
  message: Message,
  refused: RefusedEvent,
  body: string,
  origin: string,
  notes: LetterNotes,
): Packed => {
  const bare = { ...originOf(message, refused.eventIndex, 'enclosed', undefined), attributes: {} };
  // Message group and measurement can be long too. They are in the enclosed origin.
  const short = originJson({ ...bare, groupId: undefined }, { ...notes, measurement: undefined });
  return { body: enclose(origin, body), origin: short };
};

/** Bytes of the three attributes, at most, including their names and types. */
const ATTRIBUTES_BYTES_MAX = 3 * (ATTRIBUTE_BYTES_MAX + 16);

/** A character outside the range of XML 1.0. */
const UNSENDABLE = /[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/;

/** Whether SQS accepts a text as a body: it is not empty, and all its characters are in the range of XML 1.0. */
const isSendable = (body: string): boolean => body !== '' && !UNSENDABLE.test(body) && body.isWellFormed();

/** Returns the dead letter of a packed event. */
const addressed = (message: Message, refused: RefusedEvent, { body, origin }: Packed): DeadLetter => {
  return {
    key: `${refused.messageIndex}-${refused.eventIndex}`,
    body,
    attributes: {
      reason: refused.refusal.code,
      detail: attributeText(refused.refusal.detail),
      [ORIGIN_ATTRIBUTE]: origin,
    },
    groupId: message.groupId ?? message.origin?.groupId,
    // The id is that of this message, not of the first one. Otherwise, if an event is sent back and refused again, a
    // FIFO queue would discard its new dead letter as a duplicate of the first.
    deduplicationId: createHash('sha256').update(`${message.id} ${refused.eventIndex}`).digest('hex'),
  };
};

/** Returns a text as an attribute: printable ASCII, truncated to `ATTRIBUTE_BYTES_MAX`, never empty. */
const attributeText = (text: string): string => {
  const ascii = printable(text);
  return ascii.length <= ATTRIBUTE_BYTES_MAX ? ascii || '-' : `${ascii.slice(0, ATTRIBUTE_BYTES_MAX - 3)}...`;
};

/** First message and position of an event, if only its line is stored. */
export interface LineSource {
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  /** Index of the event in its first message. */
  readonly eventIndex: number;
}

/**
 * Returns a dead letter with the canonical event of a stored line. No mapping applies to it when it is sent back.
 *
 * @param partlyStored - Whether the server may have stored other fields of the line.
 */
export const lineLetter = (
  line: string,
  source: LineSource,
  refusal: Refusal,
  partlyStored: boolean,
  sinkVersion: string,
): DeadLetter => {
  const point = parseOwnLine(line);
  const origin: LetterOrigin = {
    ...source,
    groupId: undefined,
    attributes: {},
    form: 'canonical',
    cut: { unit: 'json', wraps: 0 },
  };
  const notes: LetterNotes = { measurement: point.measurement, sinkVersion, partlyStored };
  return {
    key: `${source.messageId}-${source.eventIndex}`,
    body: printable(canonicalText(point)),
    attributes: {
      reason: refusal.code,
      detail: attributeText(refusal.detail),
      [ORIGIN_ATTRIBUTE]: originJson(origin, notes),
    },
    groupId: undefined,
    deduplicationId: createHash('sha256').update(`${source.messageId} ${source.eventIndex}`).digest('hex'),
  };
};

/** Returns the size of a dead letter as SQS counts it, in bytes. */
export const deadLetterBytes = (letter: DeadLetter): number =>
  Object.entries(letter.attributes).reduce(
    (sum, [name, value]) => sum + name.length + 'String'.length + value.length,
    Buffer.byteLength(letter.body),
  );

/**
 * Extracts the source text of single events from one body, each in the envelopes of the whole body. The positions of
 * elements are found once for each array, so that 1,000 dead letters cost only a few scans of the body.
 */
class EventExtractor {
  readonly #decoded: Decoded;
  /** The body as it was received. */
  readonly #body: string;
  #units: readonly Span[] | undefined;
  /** The root that was used last, and the positions of the elements of its array. */
  #root: { readonly unit: number; readonly path: Path; readonly text: string; readonly spans: ArraySpans } | undefined;

  constructor(decoded: Decoded, body: string) {
    this.#decoded = decoded;
    this.#body = body;
  }

  /**
   * Returns the event at a place.
   *
   * @param eventIndex - Index of the event in its message. Only a decoder of the user can find it in the body.
   * @param given - Format of the body.
   */
  extract({ unit, element, among }: EventPlace, eventIndex: number, given: DeadLetterForm): Extract {
    const { layout, units, envelopes } = this.#decoded;
    if (layout === 'code')
      return { body: this.#body, form: given, cut: { unit: undefined, wraps: 0, event: eventIndex } };
    const inner = element === undefined ? this.#unitText(unit) : this.#withOneElement(unit, element);
    const body = envelopes.reduceRight((text, envelope) => {
      const member = envelope.kind === 'sns' ? 'Message' : 'detail';
      const span = spanAt(envelope.text, wholeSpan(envelope.text), [member]) as Span;
      return replaceSpan(envelope.text, span, envelope.kind === 'sns' ? JSON.stringify(text) : text);
    }, inner);
    const kind = units[unit]?.kind === 'line' ? 'line' : 'json';
    const cut = { unit: layout === 'single' ? undefined : kind, wraps: envelopes.length, event: among } as const;
    return { body, form: given === 'canonical' ? given : 'text', cut };
  }

  /** Returns the source text of a unit. */
  #unitText(index: number): string {
    const unit = this.#decoded.units[index];
    if (unit?.text !== undefined) return unit.text;
    const { text } = this.#decoded.source;
    if (this.#decoded.layout === 'array') {
      this.#units ??= elementSpans(text, wholeSpan(text));
      return spanText(text, this.#units[index] as Span);
    }
    const whole = wholeSpan(text);
    const inEventBridge = this.#decoded.envelopes.at(-1)?.kind === 'eventbridge';
    return spanText(text, inEventBridge ? (spanAt(text, whole, ['detail']) as Span) : whole);
  }

  /** Returns the source text of a root with its array of events cut to one element. */
  #withOneElement(unit: number, { path, index }: NonNullable<EventPlace['element']>): string {
    if (this.#root?.unit !== unit || this.#root.path !== path) {
      const text = this.#unitText(unit);
      const array = spanAt(text, wholeSpan(text), path.segments) as Span;
      this.#root = { unit, path, text, spans: { array, elements: elementSpans(text, array) } };
    }
    const { text, spans } = this.#root;
    return replaceSpan(text, spans.array, `[${spanText(text, spans.elements[index] as Span)}]`);
  }
}

/** Positions of an array and of its elements. */
interface ArraySpans {
  readonly array: Span;
  readonly elements: readonly Span[];
}
