/** Dead letters: one refused event each, as source text, with the reason and with all that is needed to send it back. */

import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { type Decoded, type DecodeOptions, decode } from './decode.ts';
import { type EventPlace, findEvents } from './events.ts';
import { elementSpans, replaceSpan, type Span, spanAt, spanText, wholeSpan } from './json-spans.ts';
import type { Mapping } from './mapping.ts';
import type { LetterForm, Message } from './message.ts';
import {
  ATTRIBUTE_BYTES_MAX,
  enclose,
  type LetterNotes,
  ORIGIN_ATTRIBUTE,
  originJson,
  originOf,
  printable,
} from './origin.ts';
import { isRefusal, type Refusal } from './refusal.ts';

/** SQS takes this many bytes in a message, names, types and values of its attributes included. */
export const LETTER_BYTES_MAX = 1_048_576;

export interface Letter {
  /** Unique among the letters of an invocation. */
  readonly key: string;
  readonly body: string;
  /** All of type String, printable ASCII, never empty, at most 1 KiB. */
  readonly attributes: Readonly<Record<string, string>>;
  /** Only for FIFO queues: the group of the source message, and an id that is the same in every delivery of it. */
  readonly groupId: string | undefined;
  readonly deduplicationId: string;
}

/** An event to be quarantined. */
export interface Refused {
  readonly messageIndex: number;
  /** Place in its message, as `findEvents` counts. */
  readonly eventIndex: number;
  readonly refusal: Refusal;
  readonly measurement: string | undefined;
  readonly partlyStored: boolean;
}

export interface LetterContext {
  readonly decode: DecodeOptions;
  readonly mapping: Mapping | undefined;
  readonly sinkVersion: string;
}

/**
 * Cuts letters out of one message. The body is read again for it, once for all its letters: places are not kept for the
 * many events that are never refused.
 */
export const letterCutter = (message: Message, context: LetterContext): ((refused: Refused) => Letter) => {
  const decoded = decode(message, context.decode, false);
  const events = isRefusal(decoded) ? decoded : findEvents(decoded, context.mapping);
  const bodyOf = (eventIndex: number): { body: string; form: LetterForm } => {
    const form = message.origin?.form ?? 'text';
    if (isRefusal(decoded) || isRefusal(events) || events.length <= 1) return { body: message.body, form };
    const place = events[eventIndex]?.place;
    if (place === undefined) return { body: message.body, form };
    return { body: cut(decoded, place), form: form === 'canonical' ? 'canonical' : 'text' };
  };
  return (refused) => {
    const { body, form } = bodyOf(refused.eventIndex);
    const notes: LetterNotes = {
      measurement: refused.measurement,
      sinkVersion: context.sinkVersion,
      partlyStored: refused.partlyStored,
    };
    return addressed(message, refused, packed(message, refused, body, form, notes));
  };
};

interface Packed {
  readonly body: string;
  readonly origin: string;
}

/** Body and origin in the first form that SQS takes; if none is small enough, the caller must keep it elsewhere. */
const packed = (message: Message, refused: Refused, body: string, form: LetterForm, notes: LetterNotes): Packed => {
  const origin = originJson(originOf(message, refused.eventIndex, form), notes);
  if (origin.length > ATTRIBUTE_BYTES_MAX) return enclosed(message, refused, body, origin, notes);
  if (isSendable(body) && Buffer.byteLength(body) + ATTRIBUTES_ROOM <= LETTER_BYTES_MAX) return { body, origin };
  if (form !== 'text') return enclosed(message, refused, body, origin, notes);
  return {
    body: gzipSync(body).toString('base64'),
    origin: originJson(originOf(message, refused.eventIndex, 'gzip'), notes),
  };
};

const enclosed = (message: Message, refused: Refused, body: string, origin: string, notes: LetterNotes): Packed => {
  const bare = { ...originOf(message, refused.eventIndex, 'enclosed'), attributes: {} };
  // Group and measurement can be long too; whoever reads the letter finds them inside.
  const short = originJson({ ...bare, groupId: undefined }, { ...notes, measurement: undefined });
  return { body: enclose(origin, body), origin: short };
};

// Three attributes of 1 KiB with their names and types.
const ATTRIBUTES_ROOM = 3 * (ATTRIBUTE_BYTES_MAX + 16);

const UNSENDABLE = /[^\t\n\r\x20-\ud7ff\ud800-\udfff\ue000-\ufffd]/;

/** Whether all characters are in the range that SQS takes (the XML 1.0 characters). */
const isSendable = (body: string): boolean => body !== '' && !UNSENDABLE.test(body) && body.isWellFormed();

const addressed = (message: Message, refused: Refused, { body, origin }: Packed): Letter => {
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

export const letterBytes = (letter: Letter): number =>
  Object.entries(letter.attributes).reduce(
    (sum, [name, value]) => sum + name.length + 'String'.length + value.length,
    Buffer.byteLength(letter.body),
  );

/** The source text of one of several events, in the same wrappings as the whole. */
const cut = (decoded: Decoded, place: EventPlace): string => {
  const unit = unitText(decoded, place.unit);
  const inner = place.element === undefined ? unit : withOneElement(unit, place.element);
  return decoded.wrappings.reduceRight((text, wrapping) => {
    const member = wrapping.kind === 'sns' ? 'Message' : 'detail';
    const span = spanAt(wrapping.text, wholeSpan(wrapping.text), [member]) as Span;
    return replaceSpan(wrapping.text, span, wrapping.kind === 'sns' ? JSON.stringify(text) : text);
  }, inner);
};

const unitText = (decoded: Decoded, index: number): string => {
  const unit = decoded.units[index];
  if (unit?.text !== undefined) return unit.text;
  const { text } = decoded.source;
  const whole = wholeSpan(text);
  if (decoded.layout === 'array') return spanText(text, elementSpans(text, whole)[index] as Span);
  const inEventBridge = decoded.wrappings.at(-1)?.kind === 'eventbridge';
  return spanText(text, inEventBridge ? (spanAt(text, whole, ['detail']) as Span) : whole);
};

/** A root with its array of events cut to one. */
const withOneElement = (root: string, { path, index }: NonNullable<EventPlace['element']>): string => {
  const array = spanAt(root, wholeSpan(root), path.segments) as Span;
  return replaceSpan(root, array, `[${spanText(root, elementSpans(root, array)[index] as Span)}]`);
};
