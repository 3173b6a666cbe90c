/**
 * Builds dead letters. A dead letter contains one refused event as source text, the reason, and all data that a redrive
 * needs. docs/refusals.md describes the format.
 */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { canonicalText } from '../convert/canonical-point.ts';
import { decode } from '../decode/decode.ts';
import type { DecodeOptions } from '../decode/decode-options.ts';
import type { Decoded } from '../decode/decoded.ts';
import { decodeOptionsOf, type EventRules, findEvents } from '../decode/find-events.ts';
import type { EventPlace } from '../decode/found-event.ts';
import {
  elementSpans,
  type MemberSpan,
  memberAt,
  replaceSpan,
  type Span,
  spanAt,
  spanText,
  wholeSpan,
} from '../json/source-spans.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Path, Position } from '../mapping/path.ts';
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
  const decoded = decode(message, decodeOptionsOf(context), false);
  const found = isRefusal(decoded) ? decoded : findEvents(decoded, context);
  const events = isRefusal(found) ? found : found.events;
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
  /** Positions in the texts of the elements that were cut last, outermost first. Elements are cut in their order. */
  #cuts: LevelCut[] = [];
  /** The unit that was cut last. Its end is found once, because that takes a scan of the whole text. */
  #cutUnit: { readonly unit: number; readonly text: string; readonly whole: Span } | undefined;

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
  extract({ unit, position, among }: EventPlace, eventIndex: number, given: DeadLetterForm): Extract {
    const { layout, units, envelopes, cut: before } = this.#decoded;
    const whole: Extract = { body: this.#body, form: given, cut: { unit: undefined, wraps: 0, event: eventIndex } };
    if (layout === 'code') return whole;
    const inner = position === undefined ? this.#unitText(unit) : this.#cutUnitText(unit, position);
    const body = envelopes.reduceRight((text, envelope) => {
      const member = envelope.kind === 'sns' ? 'Message' : 'detail';
      const span = spanAt(envelope.text, wholeSpan(envelope.text), [member]) as Span;
      return replaceSpan(envelope.text, span, envelope.kind === 'sns' ? JSON.stringify(text) : text);
    }, inner);
    // Half of a surrogate pair, which a text inside JSON text can contain, cannot be sent.
    if (!body.isWellFormed()) return whole;
    const kind = units[unit]?.kind === 'line' ? 'line' : 'json';
    const cut: Cut = {
      unit: layout === 'single' ? undefined : kind,
      wraps: envelopes.length,
      event: among,
      index: layout === 'array' ? unit : before?.index,
      levels: position === undefined ? undefined : chainOf(position).map(({ index }) => index),
    };
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

  /** Returns the source text of a unit that is cut to the one element on every level. */
  #cutUnitText(unit: number, position: Position): string {
    if (this.#cutUnit?.unit !== unit) {
      const unitText = this.#unitText(unit);
      this.#cutUnit = { unit, text: unitText, whole: wholeSpan(unitText) };
      this.#cuts = [];
    }
    const { text, whole } = this.#cutUnit;
    let around = whole;
    const cuts = chainOf(position).map((one, depth) => {
      const cut = this.#levelCut(text, around, one, depth);
      around = cut.element;
      return cut;
    });
    const innermost = spanText(text, around);
    return cuts.reduceRight((inner, { opening, closing, array }, depth) => {
      const outside = depth === 0 ? whole : (cuts[depth - 1] as LevelCut).element;
      const cut = opening + inner + closing;
      return text.slice(outside.start, array.start) + cut + text.slice(array.end, outside.end);
    }, innermost);
  }

  /** Returns where an element is, and keeps the positions of its neighbors, so that each array is scanned once. */
  #levelCut(text: string, around: Span, { path, key, indexInBody }: Position, depth: number): LevelCut {
    const known = this.#cuts[depth];
    const isKnown = known !== undefined && known.path === path && known.around.start === around.start;
    const array = isKnown ? known.array : (spanAt(text, around, path.segments) as Span);
    if (key !== undefined) {
      const member = memberAt(text, array, key) as MemberSpan;
      const opening = `{${spanText(text, member.name)}:`;
      return { path, around, array, elements: [], element: member.value, opening, closing: '}' };
    }
    const elements = isKnown ? known.elements : elementSpans(text, array);
    const cut = { path, around, array, elements, element: elements[indexInBody] as Span, opening: '[', closing: ']' };
    this.#cuts[depth] = cut;
    return cut;
  }
}

/** Position of an array or object, and of the element that remains of it. */
interface LevelCut {
  readonly path: Path;
  /** The element, or the unit, that contains the array. */
  readonly around: Span;
  readonly array: Span;
  /** All elements of an array. */
  readonly elements: readonly Span[];
  readonly element: Span;
  /** Text before and after the element. */
  readonly opening: string;
  readonly closing: string;
}

/** Returns the positions from the outermost level to the innermost. */
const chainOf = (position: Position): readonly Position[] => {
  const chain: Position[] = [];
  for (let one: Position | undefined = position; one !== undefined; one = one.outer) chain.unshift(one);
  return chain;
};
