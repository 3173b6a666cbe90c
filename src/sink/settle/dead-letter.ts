/** Dead letters: one refused event each, as source text, with the reason and with all that is needed to send it back. */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { canonicalText } from '../convert/canonical-point.ts';
import { type Decoded, type DecodeOptions, decode } from '../decode/decode.ts';
import { type EventPlace, findEvents } from '../decode/find-events.ts';
import { elementSpans, replaceSpan, type Span, spanAt, spanText, wholeSpan } from '../json/source-spans.ts';
import { parseOwnLine } from '../lines/parse-own-line.ts';
import type { Mapping } from '../mapping/mapping.ts';
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

/** SQS takes this many bytes in a message, names, types and values of its attributes included. */
export const DEAD_LETTER_BYTES_MAX = 1_048_576;

export interface DeadLetterContext {
  readonly decode: DecodeOptions;
  readonly mapping: Mapping | undefined;
  readonly sinkVersion: string;
}

/**
 * Cuts letters out of one message. The body is read again for it, once for all its letters: places are not kept for the
 * many events that are never refused.
 */
export const deadLetterFactory = (
  message: Message,
  context: DeadLetterContext,
): ((refused: RefusedEvent) => DeadLetter) => {
  const decoded = decode(message, context.decode, false);
  const events = isRefusal(decoded) ? decoded : findEvents(decoded, context.mapping);
  const form = message.origin?.form ?? 'text';
  const whole: Extract = { body: message.body, form, cut: undefined };
  if (isRefusal(decoded) || isRefusal(events) || events.length <= 1)
    return (refused) => deadLetterOf(message, refused, whole, context.sinkVersion);
  const scissors = new EventExtractor(decoded);
  return (refused) => {
    const place = events[refused.eventIndex]?.place;
    const extract = place === undefined ? whole : scissors.cut(place, form === 'canonical' ? form : 'text');
    return deadLetterOf(message, refused, extract, context.sinkVersion);
  };
};

/** A letter with the whole message, which is not looked into. */
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

/** What a letter holds. */
interface Extract {
  readonly body: string;
  readonly form: DeadLetterForm;
  readonly cut: Cut | undefined;
}

const deadLetterOf = (message: Message, refused: RefusedEvent, extract: Extract, sinkVersion: string): DeadLetter => {
  const { measurement, partlyStored } = refused;
  return addressed(message, refused, packed(message, refused, extract, { measurement, sinkVersion, partlyStored }));
};

interface Packed {
  readonly body: string;
  readonly origin: string;
}

/** Body and origin in the first form that SQS takes; if none is small enough, the caller must keep it elsewhere. */
const packed = (message: Message, refused: RefusedEvent, { body, form, cut }: Extract, notes: LetterNotes): Packed => {
  const origin = originJson(originOf(message, refused.eventIndex, form, cut), notes);
  if (origin.length > ATTRIBUTE_BYTES_MAX) return enclosed(message, refused, body, origin, notes);
  if (isSendable(body) && Buffer.byteLength(body) + ATTRIBUTES_ROOM <= DEAD_LETTER_BYTES_MAX) return { body, origin };
  if (form !== 'text') return enclosed(message, refused, body, origin, notes);
  return {
    body: gzipSync(body).toString('base64'),
    origin: originJson(originOf(message, refused.eventIndex, 'gzip', cut), notes),
  };
};

const enclosed = (
  message: Message,
  refused: RefusedEvent,
  body: string,
  origin: string,
  notes: LetterNotes,
): Packed => {
  const bare = { ...originOf(message, refused.eventIndex, 'enclosed', undefined), attributes: {} };
  // Group and measurement can be long too; whoever reads the letter finds them inside.
  const short = originJson({ ...bare, groupId: undefined }, { ...notes, measurement: undefined });
  return { body: enclose(origin, body), origin: short };
};

// Three attributes of 1 KiB with their names and types.
const ATTRIBUTES_ROOM = 3 * (ATTRIBUTE_BYTES_MAX + 16);

const UNSENDABLE = /[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/;

/** Whether all characters are in the range that SQS takes (the XML 1.0 characters). */
const isSendable = (body: string): boolean => body !== '' && !UNSENDABLE.test(body) && body.isWellFormed();

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
    // Of this very message: a letter that was sent back and is refused again must not be taken for its forerunner.
    deduplicationId: createHash('sha256').update(`${message.id} ${refused.eventIndex}`).digest('hex'),
  };
};

const attributeText = (text: string): string => {
  const ascii = printable(text);
  return ascii.length <= ATTRIBUTE_BYTES_MAX ? ascii || '-' : `${ascii.slice(0, ATTRIBUTE_BYTES_MAX - 3)}...`;
};

/** The message and the place that a line came from, when only the line is left of its event. */
export interface LineSource {
  readonly messageId: string;
  readonly sentAtMs: number;
  readonly firstReceivedAtMs: number;
  readonly eventIndex: number;
}

/** A letter with the canonical event of a line, which any mapping takes as it is. */
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

export const deadLetterBytes = (letter: DeadLetter): number =>
  Object.entries(letter.attributes).reduce(
    (sum, [name, value]) => sum + name.length + 'String'.length + value.length,
    Buffer.byteLength(letter.body),
  );

/**
 * Cuts the source text of single events out of one body, in the same wrappings as the whole. Where elements stand is found
 * once for each array, so that a thousand letters cost no more than reading the body a few times.
 */
class EventExtractor {
  readonly #decoded: Decoded;
  #units: readonly Span[] | undefined;
  /** The root that was cut last, and where the elements of its array stand. */
  #root: { readonly unit: number; readonly path: Path; readonly text: string; readonly spans: ArraySpans } | undefined;

  constructor(decoded: Decoded) {
    this.#decoded = decoded;
  }

  cut({ unit, element }: EventPlace, form: DeadLetterForm): Extract {
    const { layout, units, envelopes } = this.#decoded;
    const inner = element === undefined ? this.#unitText(unit) : this.#withOneElement(unit, element);
    const body = envelopes.reduceRight((text, envelope) => {
      const member = envelope.kind === 'sns' ? 'Message' : 'detail';
      const span = spanAt(envelope.text, wholeSpan(envelope.text), [member]) as Span;
      return replaceSpan(envelope.text, span, envelope.kind === 'sns' ? JSON.stringify(text) : text);
    }, inner);
    const kind = units[unit]?.kind === 'line' ? 'line' : 'json';
    return { body, form, cut: { unit: layout === 'single' ? undefined : kind, wraps: envelopes.length } };
  }

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

  /** A root with its array of events cut to one. */
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

interface ArraySpans {
  readonly array: Span;
  readonly elements: readonly Span[];
}
